"""What lies beside the facts to find them by: teams of a municipality, clients of a contact person, who works where, who waits."""

from collections.abc import Iterator, Sequence
from datetime import date

import orjson

from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonAccepted, BatonOpened, ContactPersonAssigned
from services.contracts.teams import StaffJoined
from services.eventlog.log import EventLog, Transaction
from services.handover.commands import Waiting
from services.vault.erasure import barred, is_erased

TEAMS = "teams-of-municipality"
CLIENTS = "clients-of-contact-person"
WAITING = "clients-without-team"
MUNICIPALITIES = "municipalities-of-staff"
BATONS = "batons"
COUNT = "/count"


def teams(tx: Transaction, municipality: str) -> list[str]:
    """Teams of a municipality in which somebody works."""
    return [] if (kept := tx.kept(TEAMS, municipality)) is None else list(orjson.loads(kept))


def clients(tx: Transaction, staff_ref: str) -> tuple[str, ...]:
    """Every client whose contact person this is, and some whose contact person this was; nobody who was erased."""
    found = dict.fromkeys(text.decode() for text in _entries(tx, CLIENTS, staff_ref))
    return tuple(client for client in found if not is_erased(tx, client))


def clients_behind(tx: Transaction, staff_ref: str, entry: int) -> Iterator[tuple[int, str]]:
    """Clients of a staff member, now or before, behind an entry, each with its own entry; the same client may come again."""
    for number in range(entry + 1, _count(tx, CLIENTS, staff_ref) + 1):
        kept = tx.kept(CLIENTS, f"{staff_ref}/{number}")
        if kept is not None:
            yield number, kept.decode()


def waiting(tx: Transaction, municipality: str) -> tuple[Waiting, ...]:
    """Clients of a municipality who wait for a team, in the order in which they came."""
    read = (orjson.loads(text) for text in _entries(tx, WAITING, municipality))
    return tuple({client: Waiting(client, date.fromisoformat(on)) for client, on in read if barred(tx, client) is None}.values())


def wait(tx: Transaction, municipality: str, client: Waiting) -> None:
    """Remember a client until a team is there."""
    _add(tx, WAITING, municipality, orjson.dumps([client.client, client.accepted_on]))


def trouble(log: EventLog) -> str | None:
    """A sentence for readiness while clients wait for a team."""
    counts = [(key, int(value)) for key, value in log.kept_all(WAITING + COUNT) if int(value)]
    return "; ".join(f"{n} clients wait for a team in {key}: POST /v1/teams and its staff" for key, n in counts) or None


def batons(log: EventLog) -> int:
    """How many batons are held: opened, and the client not erased."""
    return int(log.kept(BATONS, COUNT) or b"0")


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep the directory right, in the transaction of the facts."""
    for envelope in recorded:
        event = envelope.event
        if isinstance(event, BatonOpened):
            _held(tx, 1)
        if isinstance(event, BatonOpened | ContactPersonAssigned | BatonAccepted):
            _add(tx, CLIENTS, event.contact_person, event.client.encode())
        elif isinstance(event, StaffJoined):
            _staffed(tx, event)


def _held(tx: Transaction, more: int) -> None:
    tx.keep(BATONS, COUNT, str(int(tx.kept(BATONS, COUNT) or b"0") + more).encode())


def let_go(tx: Transaction) -> None:
    """A baton is held by nobody any more: its client was erased."""
    _held(tx, -1)


def municipalities(log: EventLog, staff_ref: str) -> list[str]:
    """Municipalities for which somebody works or worked."""
    return [] if (kept := log.kept(MUNICIPALITIES, staff_ref)) is None else list(orjson.loads(kept))


def name_ref(staff_ref: str) -> str:
    """Where the name of a staff member lies in the vault."""
    return f"name-of-{staff_ref}"


def _staffed(tx: Transaction, event: StaffJoined) -> None:
    works_for = orjson.loads(tx.kept(MUNICIPALITIES, event.staff_ref) or b"[]")
    if event.municipality not in works_for:
        tx.keep(MUNICIPALITIES, event.staff_ref, orjson.dumps([*works_for, event.municipality]))
    known = teams(tx, event.municipality)
    if event.team_ref not in known:
        tx.keep(TEAMS, event.municipality, orjson.dumps([*known, event.team_ref]))
    _clear(tx, WAITING, event.municipality)


def _count(tx: Transaction, kind: str, key: str) -> int:
    return int(tx.kept(kind + COUNT, key) or b"0")


def _add(tx: Transaction, kind: str, key: str, value: bytes) -> None:
    """One row per entry and a count, so that an entry costs the same however many there are."""
    number = _count(tx, kind, key) + 1
    tx.keep(kind, f"{key}/{number}", value)
    tx.keep(kind + COUNT, key, str(number).encode())


def _entries(tx: Transaction, kind: str, key: str) -> list[bytes]:
    rows = (tx.kept(kind, f"{key}/{number}") for number in range(1, _count(tx, kind, key) + 1))
    return [row for row in rows if row is not None]


def _clear(tx: Transaction, kind: str, key: str) -> None:
    for number in range(1, _count(tx, kind, key) + 1):
        tx.drop(kind, f"{key}/{number}")
    tx.drop(kind + COUNT, key)
