"""Commands about the route of a client as work for the log of intake."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Due, Origin, Transaction
from services.intake.applications import at_home
from services.intake.desk import Asked, local_day
from services.intake.route import standing
from services.intake.route.commands import Command, PassFlagMoment
from services.intake.route.course import Course, route_stream
from services.intake.route.deciding import ROUTE
from services.intake.route.rules import RouteRules
from services.vault.erasure import barred
from services.vault.vault import Vault

PREFIX = route_stream("")

RouteWork = Work[Command, Course]
Make = Callable[[dict[str, Any]], Command]
"""Makes the command from what every one has: client, household, municipality, today and rules."""


@dataclass(frozen=True, slots=True)
class Note:
    """Free text about a client on its way to the vault."""

    vault: Vault
    text_ref: str
    text: str


def of_client(client: str, rules: RouteRules, make: Make, asked: Asked, note: Note | None = None) -> RouteWork:
    """A command about the client where the client lives now; `Absent` where the client is not known."""

    def command(tx: Transaction) -> Command | Refused:
        found = at_home(tx, asked, client)
        refused = barred(tx, client)
        if refused is not None:
            return refused
        who = {"client": client, "household_ref": found.household_ref, "municipality": found.municipality}
        return make({**who, "today": asked.today, "rules": rules})

    def beside(tx: Transaction, recorded: Recorded) -> None:
        standing.note(tx, recorded)
        if note is not None:
            note.vault.seal(tx, note.text_ref, client, recorded[0].event_id, {"note": note.text})

    return Work(ROUTE, command, asked.origin, asked.body_hash, asked.expected, beside, _refs)


def passing(due: Due, origin: Origin) -> RouteWork:
    """A day of a flag has come."""
    moment, flag = standing.moment_of(due.kind)
    command = PassFlagMoment(due.stream.removeprefix(PREFIX), flag, moment, local_day(due.at))
    return Work(ROUTE, lambda _tx: command, origin, origin.command_id.encode(), beside=standing.note)


def _refs(recorded: Recorded) -> dict[str, str]:
    """What a caller needs to go on: the signal that was recorded, and the flag, also one that was proposed by it."""
    told = [
        (name, ref) for envelope in recorded for name in ("signal_ref", "flag") if (ref := getattr(envelope.event, name, None)) is not None
    ]
    return {name: str(ref) for name, ref in told}
