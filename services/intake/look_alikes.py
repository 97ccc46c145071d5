"""Who may be registered twice: persons born on the same day or living at the same address are compared, from the vault."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.contracts.persons import PossibleDuplicateFound
from services.eventlog.log import Transaction
from services.intake.desk import Desk, Hashes, household_of
from services.intake.household import Unknown, household, stream_of
from services.intake.likeness import Described, likeness, swapped
from services.vault.vault import Unopened

BORN_ON = "born-on"
LIVED_AT = "lived-at"
WITHOUT_BSN = "without-bsn"
ANYBODY = ("without-bsn-ever", "all")
"""Whether anybody ever came without a number; where nobody did, nobody needs to be compared."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who is compared with those who are known; `ref` and those of their household are left out."""

    ref: str
    described: Described
    municipality: str
    has_bsn: bool


def remember(tx: Transaction, hashes: Hashes, person_ref: str, born: date, *, has_bsn: bool) -> None:
    """Let a person be found by birth date; the key is a keyed hash, as the date is personal."""
    _add(tx, BORN_ON, _day(hashes, born), (person_ref,))
    if not has_bsn:
        tx.keep(WITHOUT_BSN, person_ref, b"1")
        tx.keep(*ANYBODY, b"1")


def remember_dwelling(tx: Transaction, dwelling_ref: str, persons: tuple[str, ...]) -> None:
    """Let persons be found by where they live or lived."""
    _add(tx, LIVED_AT, dwelling_ref, persons)


def forget(tx: Transaction, desk: Desk, person_ref: str) -> None:
    """Let nobody find a person by birth date any more, who is being erased; before their key is destroyed."""
    tx.drop(WITHOUT_BSN, person_ref)
    try:
        born = date.fromisoformat(desk.vault.open(tx, person_ref)["birth_date"])
    except Unopened as closed:
        if closed.reason == "damaged":
            raise
        return
    left = [ref for ref in _kept(tx, BORN_ON, _day(desk.hashes, born)) if ref != person_ref]
    tx.keep(BORN_ON, _day(desk.hashes, born), "\n".join(left).encode())


def found(tx: Transaction, desk: Desk, somebody: Somebody, beside: frozenset[str]) -> Iterator[PossibleDuplicateFound]:
    """Whom this person is so much alike that somebody must look; two who each have a number are different for certain."""
    if somebody.has_bsn and tx.kept(*ANYBODY) is None:
        return
    for other in sorted(_candidates(tx, desk.hashes, somebody.described) - beside - {somebody.ref}):
        if somebody.has_bsn and tx.kept(WITHOUT_BSN, other) is None:
            continue
        known = described(tx, desk, other)
        alike = None if known is None else likeness(desk.likeness, somebody.described, known[0])
        if known is not None and alike is not None:
            yield PossibleDuplicateFound(
                person_ref=somebody.ref,
                other_ref=other,
                municipality=somebody.municipality,
                other_municipality=known[1],
                score_percent=alike.score_percent,
                alike=alike.alike,
                rule_version=desk.likeness.version,
            )


def described(tx: Transaction, desk: Desk, person_ref: str) -> tuple[Described, str] | None:
    """What the vault knows of a person to compare them by, and their municipality; None for who was erased or lost their name."""
    home = household_of(tx, person_ref)
    state = Unknown() if home is None else household.fold(tx.read(stream_of(home)))
    try:
        told = desk.vault.open(tx, person_ref)
    except Unopened as closed:
        if closed.reason == "damaged":
            raise
        return None
    if isinstance(state, Unknown):
        return None
    facts = state.facts
    return Described(told["name"], date.fromisoformat(told["birth_date"]), facts.dwelling_ref), facts.municipality


def _candidates(tx: Transaction, hashes: Hashes, described: Described) -> set[str]:
    days = (described.birth_date, swapped(described.birth_date))
    born = {ref for day in days if day is not None for ref in _kept(tx, BORN_ON, _day(hashes, day))}
    return born | set(_kept(tx, LIVED_AT, described.dwelling))


def _day(hashes: Hashes, day: date) -> str:
    """Under the secret of addresses, which never begin with this word."""
    return hashes.address.of(f"born|{day.isoformat()}")


def _add(tx: Transaction, kind: str, key: str, persons: tuple[str, ...]) -> None:
    known = _kept(tx, kind, key)
    new = [ref for ref in persons if ref not in known]
    if new:
        tx.keep(kind, key, "\n".join((*known, *new)).encode())


def _kept(tx: Transaction, kind: str, key: str) -> list[str]:
    kept = tx.kept(kind, key)
    return kept.decode().split("\n") if kept else []
