"""The rules of handovers as dated data: terms, what may be shared on which ground, and who directs at which level."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contracts.handover import Director
from services.contracts.teams import Domain

POLICIES = Path(__file__).parent / "policies"
LEVELS = (1, 2, 3, 4)

TermKind = Literal["within-organisation", "between-organisations", "urgent", "call-back", "break-glass-review"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sourced(_Strict):
    """A row in force from `from_on`; `assumed` where no rule of the region itself was found."""

    from_on: date
    source: Annotated[str, Field(min_length=1)]
    assumed: bool = False


R = TypeVar("R", bound=Sourced)


class Term(Sourced):
    """An answer is due after so many working days; it is near so many hours before, and the offer is over so many working days later."""

    kind: TermKind
    answer_working_days: Annotated[int, Field(ge=1)]
    near_hours_before: Annotated[int, Field(ge=1, lt=24 * 7)]
    fall_back_working_days: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _near_comes_first(self) -> Self:
        if self.near_hours_before > self.answer_working_days * 24:
            raise ValueError("near before the offer was made")
        return self


class Holidays(_Strict):
    """Days on which nobody works."""

    source: Annotated[str, Field(min_length=1)]
    days: tuple[date, ...]


class Purpose(Sourced):
    """The most that may be shared for a purpose: the minimal data set."""

    code: str
    shares: tuple[str, ...]


class Crossing(_Strict):
    """From one domain to another."""

    origin: Domain = Field(alias="from")
    target: Domain = Field(alias="to")


class LegalBasis(Sourced):
    """A ground on which data may cross; within one domain every ground will do."""

    code: str
    crosses: tuple[Crossing, ...]
    needs_consent: bool

    def allows(self, origin: Domain, target: Domain) -> bool:
        """Whether data may go from one domain to the other on this ground."""
        return origin == target or any((row.origin, row.target) == (origin, target) for row in self.crosses)


class Step(_Strict):
    """Up to a level for a reason."""

    reason: str
    to: Annotated[int, Field(ge=2, le=4)]


class Level(Sourced):
    """Who directs at a level, on what grounds a case leaves it, and whether a baton that fell back raises it by itself."""

    level: Annotated[int, Field(ge=1, le=4)]
    name: str
    directs: Director
    up: tuple[Step, ...]
    down: tuple[str, ...]
    raised_by_fall_back: bool

    def raised_to(self, reason: str) -> int | None:
        """The level to which this reason leads, if it does."""
        return next((step.to for step in self.up if step.reason == reason), None)


class OpeningTerm(Sourced):
    """For how long a broken glass lets somebody in."""

    access_minutes: Annotated[int, Field(ge=1, le=8 * 60)]


class Emergency(Sourced):
    """A reason for which the glass may be broken, with its ground in law, and whether that ground opens care and youth (AVG art. 9)."""

    code: str
    legal_basis: str
    opens_special: bool


class HandoverRules(_Strict):
    """Every row; `version` names exactly these texts."""

    version: str
    terms: tuple[Term, ...]
    holidays: tuple[Holidays, ...]
    purposes: tuple[Purpose, ...]
    legal_bases: tuple[LegalBasis, ...]
    levels: tuple[Level, ...]
    openings: tuple[OpeningTerm, ...]
    emergencies: tuple[Emergency, ...]

    @model_validator(mode="after")
    def _four_levels(self) -> Self:
        if sorted({row.level for row in self.levels}) != list(LEVELS):
            raise ValueError("there are four levels")
        return self

    def term(self, kind: TermKind, on: date) -> Term | None:
        """The term of a kind on a day."""
        return _in_force((row for row in self.terms if row.kind == kind), on)

    def purpose(self, code: str, on: date) -> Purpose | None:
        """A purpose on a day."""
        return _in_force((row for row in self.purposes if row.code == code), on)

    def legal_basis(self, code: str, on: date) -> LegalBasis | None:
        """A legal basis on a day."""
        return _in_force((row for row in self.legal_bases if row.code == code), on)

    def level(self, level: int, on: date) -> Level | None:
        """A level on a day."""
        return _in_force((row for row in self.levels if row.level == level), on)

    def opening_term(self, on: date) -> OpeningTerm | None:
        """For how long a glass that is broken on a day lets somebody in."""
        return _in_force(self.openings, on)

    def emergency(self, code: str, on: date) -> Emergency | None:
        """An emergency on a day."""
        return _in_force((row for row in self.emergencies if row.code == code), on)

    def is_holiday(self, day: date) -> bool:
        """Whether nobody works on a day, because it is a holiday."""
        return any(day in row.days for row in self.holidays)


def _in_force(rows: Iterable[R], on: date) -> R | None:
    return max((row for row in rows if row.from_on <= on), key=lambda row: row.from_on, default=None)


def parse(texts: Sequence[bytes]) -> HandoverRules:
    """The rules in TOML files; raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`."""
    digest, found = sha256(), dict[str, tuple[object, ...]]()
    for text in texts:
        digest.update(text)
        for name, rows in tomllib.loads(text.decode()).items():
            found[name] = (*found.get(name, ()), *(_frozen(row) for row in rows))
    return HandoverRules.model_validate({**found, "version": f"handover+{digest.hexdigest()[:8]}"})


def _frozen(value: object) -> object:
    """TOML lists as tuples, which strict models want."""
    if isinstance(value, dict):
        return {name: _frozen(part) for name, part in value.items()}
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def installed(folder: Path = POLICIES) -> HandoverRules:
    """The rule files of a folder."""
    return parse([path.read_bytes() for path in sorted(folder.glob("*.toml"))])
