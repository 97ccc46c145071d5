"""Intake's desk: what every command needs beside its decision, and who asks for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services.contracts.intake import Member
from services.eventlog.log import Origin
from services.intake.likeness import LikenessRule
from services.vault.keyed_hash import KeyedHash
from services.vault.vault import Kept, Unopened, Vault

DUTCH_TIME = ZoneInfo("Europe/Amsterdam")
"""Ages, terms and dates of the law follow the local day."""

BSN = "bsn"
LIVES_IN = "household-of"


class Absent(Exception):
    """There is no such household or client here; `what` names which of the two."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Hashes:
    """Keyed hashes, each under a secret of its own: to find a person by BSN, and to tell dwellings apart."""

    bsn: KeyedHash
    address: KeyedHash


@dataclass(frozen=True, slots=True)
class Desk:
    """`new_ref` draws a random reference behind a prefix: `new_ref("h-")`."""

    vault: Vault
    hashes: Hashes
    new_ref: Callable[[str], str]
    likeness: LikenessRule


@dataclass(frozen=True, slots=True)
class Asked:
    """A command's origin. `permit` raises where the caller may not touch a municipality; `expected` is the version it saw."""

    origin: Origin
    body_hash: bytes
    permit: Callable[[str], None]
    expected: int | None = None

    @property
    def today(self) -> date:
        """The local day on which this is asked."""
        return local_day(self.origin.at)


def local_day(moment: datetime) -> date:
    """The day in the Netherlands at a moment."""
    return moment.astimezone(DUTCH_TIME).date()


def begin_of(day: date) -> datetime:
    """The moment (UTC) at which a day begins in the Netherlands."""
    return datetime(day.year, day.month, day.day, tzinfo=DUTCH_TIME).astimezone(UTC)


def person_of(source: Kept, hashes: Hashes, bsn: str) -> str | None:
    """Reference of the person with a BSN, if we know one."""
    found = source.kept(BSN, hashes.bsn.of(bsn))
    return None if found is None else found.decode()


def household_of(source: Kept, person_ref: str) -> str | None:
    """The household in which a person lives now."""
    found = source.kept(LIVES_IN, person_ref)
    return None if found is None else found.decode()


def births(source: Kept, vault: Vault, members: Iterable[Member]) -> dict[str, date]:
    """Birth dates by person; who was erased has none. Raises `Unopened` with `damaged` where a value was tampered with."""
    born: dict[str, date] = {}
    for member in members:
        try:
            born[member.person_ref] = date.fromisoformat(vault.open(source, member.person_ref)["birth_date"])
        except Unopened as closed:
            if closed.reason == "damaged":
                raise
    return born
