"""I6: every accepted command has its facts, every fact its command, and what was refused left nothing behind."""

from services.audit.finding import Tally
from services.audit.log_file import LogFile

_WHY = {"unknown": "has no command", "refused": "comes from a refused command", "unchanged": "comes from a command that changed nothing"}


def commands(log: LogFile, head: int, tally: Tally) -> None:
    """Compare commands and facts of one log up to its head, those of clock and reactors as well. Raises `Unreachable`."""
    tally.looked_at(log.count_of_commands())
    for stream, version, outcome in log.events_without_command(head):
        tally.fault(f"{stream}@{version} {_WHY.get(outcome, 'comes after what its command was answered')}")
    for stream, version, position in log.commands_without_event(head):
        tally.fault(f"a command was told {stream}@{version} at position {position} of {log.service}, which is not its own fact")
