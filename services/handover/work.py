"""The commands of handover as work for its log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.contracts.envelope import Envelope, Event
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction
from services.handover import directory, offers
from services.handover.baton import Baton
from services.handover.commands import (
    AssignContactPerson,
    Command,
    FormTeam,
    JoinStaff,
    LeaveStaff,
    NameStaff,
    OpenBaton,
    StaffCommand,
    Waiting,
)
from services.handover.domain import HANDOVER
from services.handover.holding import NOT_OPEN
from services.handover.policy import chosen_for
from services.handover.state import Handover, baton_stream
from services.vault.erasure import barred, is_erased
from services.vault.vault import Vault

HandoverWork = Work[Command, Handover]
Beside = Callable[[Transaction, Sequence[Envelope[Event]]], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A command's origin, the hash of its body, and the version of the first stream that its caller saw."""

    origin: Origin
    body_hash: bytes
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Free text of a client, for the vault."""

    vault: Vault
    text_ref: str
    text: str


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """What lies beside the facts of handover, in their transaction."""
    directory.note(tx, recorded)
    offers.note(tx, recorded)


def noting(text: Note | None) -> Beside:
    """The same, and the free text of the first fact sealed under the client's key."""
    if text is None:
        return note

    def with_text(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
        note(tx, recorded)
        client = recorded[0].client
        assert client is not None, "a note is about a client"
        text.vault.seal(tx, text.text_ref, client, recorded[0].event_id, {"note": text.text})

    return with_text


def forming(command: FormTeam, asked: Asked) -> HandoverWork:
    """A team is formed; the answer names it."""

    def refs(_recorded: Recorded) -> dict[str, str]:
        return {"team_ref": command.team_ref}

    return Work(HANDOVER, lambda _tx: command, asked.origin, asked.body_hash, refs=refs)


def staffing(command: StaffCommand, asked: Asked) -> HandoverWork:
    """Something changes in a team and for nobody else."""
    return Work(HANDOVER, lambda _tx: command, asked.origin, asked.body_hash, asked.expected, note)


def naming(command: NameStaff, name: str, vault: Vault, asked: Asked) -> HandoverWork:
    """The name of a staff member goes to the vault, under a key of their own."""

    def beside(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
        vault.seal(tx, command.name_ref, command.staff_ref, recorded[0].event_id, {"name": name})

    return Work(HANDOVER, lambda _tx: command, asked.origin, asked.body_hash, asked.expected, beside)


def joining(command: JoinStaff, municipality: str, asked: Asked) -> HandoverWork:
    """Somebody joins, and whoever waited in the municipality is taken."""

    def with_waiting(tx: Transaction) -> Command:
        return replace(command, waiting=directory.waiting(tx, municipality))

    return Work(HANDOVER, with_waiting, asked.origin, asked.body_hash, beside=note)


def leaving(command: LeaveStaff, asked: Asked) -> HandoverWork:
    """Somebody leaves, and their clients go to others."""

    def with_clients(tx: Transaction) -> Command:
        return replace(command, clients=directory.clients(tx, command.staff_ref))

    return Work(HANDOVER, with_clients, asked.origin, asked.body_hash, asked.expected, note)


def opening(municipality: str, client: Waiting, asked: Asked) -> HandoverWork:
    """A client in care is taken by a team of the municipality, or waits until there is one."""

    def by_a_team(tx: Transaction) -> Command | Refused:
        refused = barred(tx, client.client)
        if refused is not None:
            return refused
        teams = directory.teams(tx, municipality)
        if not teams:
            directory.wait(tx, municipality, client)
            return Refused("no-team-yet", f"no team with staff works for {municipality}; the client waits for one")
        return OpenBaton(client.client, municipality, chosen_for(client.client, teams), client.accepted_on)

    return Work(HANDOVER, by_a_team, asked.origin, asked.body_hash, beside=note)


def assigning(command: AssignContactPerson, asked: Asked, text: Note | None = None) -> HandoverWork:
    """A client gets another contact person."""

    def unless_barred(tx: Transaction) -> Command | Refused:
        return barred(tx, command.client) or command

    return Work(HANDOVER, unless_barred, asked.origin, asked.body_hash, asked.expected, noting(text))


def of_baton(client: str, make: Callable[[Baton], Command], asked: Asked, text: Note | None = None) -> HandoverWork:
    """A command on a baton, made from the baton as it is inside the transaction."""

    def command(tx: Transaction) -> Command | Refused:
        baton = baton_of(tx, client)
        return NOT_OPEN if baton is None else barred(tx, client) or make(baton)

    def refs(recorded: Recorded) -> dict[str, str]:
        return {"offer": str(offer)} if (offer := getattr(recorded[0].event, "offer", None)) else {}

    return Work(HANDOVER, command, asked.origin, asked.body_hash, asked.expected, noting(text), refs)


def baton_of(tx: Transaction, client: str) -> Baton | None:
    """The baton of a client, if one was opened and the client was not erased."""
    if is_erased(tx, client):
        return None
    return HANDOVER.fold(tx.read(baton_stream(client))).batons().get(client)
