"""How much two persons are alike by name, birth date and address; the rule is dated data, the comparison of names RapidFuzz."""

import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from rapidfuzz import fuzz, utils

from services.contracts.persons import Alike

LIKENESS = Path(__file__).parent / "policies" / "likeness.toml"
WHOLE = 100


@dataclass(frozen=True, slots=True)
class LikenessRule:
    """Weights in percent, from which score on two persons are told, and from which on their names count as alike."""

    version: str
    name_percent: int
    birth_date_percent: int
    address_percent: int
    told_from_percent: int
    name_alike_from_percent: int


@dataclass(frozen=True, slots=True)
class Described:
    """What a person is compared by; `dwelling` is the reference of the dwelling."""

    name: str
    birth_date: date
    dwelling: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """A score in percent, and what is alike."""

    score_percent: int
    alike: tuple[Alike, ...]


def installed(path: Path = LIKENESS) -> LikenessRule:
    """The rule in a file."""
    text = path.read_bytes()
    rows = tomllib.loads(text.decode())
    numbers = {name: int(value) for name, value in rows.items() if name.endswith("_percent")}
    return LikenessRule(version=f"likeness+{sha256(text).hexdigest()[:8]}", **numbers)


def likeness(rule: LikenessRule, one: Described, other: Described) -> Likeness | None:
    """How much two persons are alike; None below what is told."""
    named = _names(one.name, other.name)
    born, lives = _birth_dates(one.birth_date, other.birth_date), WHOLE if one.dwelling == other.dwelling else 0
    weighed = named * rule.name_percent + born * rule.birth_date_percent + lives * rule.address_percent
    score = weighed // WHOLE
    if score < rule.told_from_percent:
        return None
    found: tuple[tuple[Alike, bool], ...] = (
        ("name", named >= rule.name_alike_from_percent),
        ("birth-date", born > 0),
        ("address", lives > 0),
    )
    return Likeness(score, tuple(what for what, is_alike in found if is_alike))


def _names(one: str, other: str) -> int:
    """Without accents, capitals and points, in the order in which they are more alike: `de Vries, J.` is `J de Vries`."""
    plain, beside = _plain(one), _plain(other)
    return int(max(fuzz.ratio(plain, beside), fuzz.token_sort_ratio(plain, beside)))


def _plain(name: str) -> str:
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return utils.default_process(bare)


def _birth_dates(one: date, other: date) -> int:
    """The same day, or half for day and month that were swapped."""
    if one == other:
        return WHOLE
    return WHOLE // 2 if swapped(one) == other else 0


def swapped(day: date) -> date | None:
    """The date that is read when day and month are taken for each other; None where there is none."""
    try:
        return date(day.year, day.day, day.month)
    except ValueError:
        return None
