"""The commands of handover as work for its log."""

from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction
from services.handover import directory
from services.handover.commands import AssignContactPerson, Command, FormTeam, JoinStaff, LeaveStaff, OpenBaton, Waiting
from services.handover.domain import HANDOVER
from services.handover.policy import chosen_for
from services.handover.state import Handover

HandoverWork = Work[Command, Handover]


def forming(command: FormTeam, origin: Origin, body_hash: bytes) -> HandoverWork:
    """A team is formed; the answer names it."""

    def refs(_recorded: Recorded) -> dict[str, str]:
        return {"team_ref": command.team_ref}

    return Work(HANDOVER, lambda _tx: command, origin, body_hash, refs=refs)


def joining(command: JoinStaff, municipality: str, origin: Origin, body_hash: bytes) -> HandoverWork:
    """Somebody joins, and whoever waited in the municipality is taken."""

    def with_waiting(tx: Transaction) -> Command:
        waiting = directory.waiting(tx, municipality)
        return JoinStaff(command.team_ref, command.staff_ref, command.on, command.today, waiting)

    return Work(HANDOVER, with_waiting, origin, body_hash, beside=directory.note)


def leaving(command: LeaveStaff, origin: Origin, body_hash: bytes, expected: int | None) -> HandoverWork:
    """Somebody leaves, and their clients go to others."""

    def with_clients(tx: Transaction) -> Command:
        clients = directory.clients(tx, command.staff_ref)
        return LeaveStaff(command.team_ref, command.staff_ref, command.on, command.today, clients)

    return Work(HANDOVER, with_clients, origin, body_hash, expected, beside=directory.note)


def opening(municipality: str, client: Waiting, origin: Origin, body_hash: bytes) -> HandoverWork:
    """A client in care is taken by a team of the municipality, or waits until there is one."""

    def by_a_team(tx: Transaction) -> Command | Refused:
        teams = directory.teams(tx, municipality)
        if not teams:
            directory.wait(tx, municipality, client)
            return Refused("no-team-yet", f"no team with staff works for {municipality}; the client waits for one")
        return OpenBaton(client.client, municipality, chosen_for(client.client, teams), client.accepted_on)

    return Work(HANDOVER, by_a_team, origin, body_hash, beside=directory.note)


def assigning(command: AssignContactPerson, origin: Origin, body_hash: bytes, expected: int | None) -> HandoverWork:
    """A client gets another contact person."""
    return Work(HANDOVER, lambda _tx: command, origin, body_hash, expected, beside=directory.note)
