"""What a run does otherwise than the one before it: who is new, gone, higher or lower, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.benefits.manifest import Line

Change = Literal["new", "gone", "higher", "lower", "same"]
PAID = ("granted", "again")


@dataclass(frozen=True, slots=True)
class Difference:
    """One household in both runs, in euro cents; `why` holds the reasons of the line that is not paid, or what changed."""

    household_ref: str
    municipality: str
    change: Change
    before_cents: int
    now_cents: int
    why: tuple[str, ...]


def differences(before: Iterable[Line], now: Iterable[Line]) -> Iterator[Difference]:
    """Every household that is paid in one of the two, by reference; an unpaid line counts for nothing but its reasons."""
    earlier, later = {line.household_ref: line for line in before}, {line.household_ref: line for line in now}
    for ref in sorted(earlier.keys() | later.keys()):
        one, other = earlier.get(ref), later.get(ref)
        change = _change(_cents(one), _cents(other))
        if change is not None:
            line = other or one
            assert line is not None
            yield Difference(ref, line.municipality, change, _cents(one), _cents(other), _why(change, one, other))


def totals(rows: Iterable[Difference]) -> list[dict[str, object]]:
    """Households and cents per municipality and change."""
    counts: Counter[tuple[str, Change]] = Counter()
    cents: Counter[tuple[str, Change]] = Counter()
    for row in rows:
        counts[row.municipality, row.change] += 1
        cents[row.municipality, row.change] += row.now_cents - row.before_cents
    return [
        {"municipality": code, "change": change, "households": counts[code, change], "cents": cents[code, change]}
        for code, change in sorted(counts)
    ]


def _cents(line: Line | None) -> int:
    return line.amount_cents if line is not None and line.standing in PAID else 0


def _change(before_cents: int, now_cents: int) -> Change | None:
    if before_cents == now_cents:
        return "same" if now_cents else None
    if before_cents == 0:
        return "new"
    if now_cents == 0:
        return "gone"
    return "higher" if now_cents > before_cents else "lower"


def _why(change: Change, before: Line | None, now: Line | None) -> tuple[str, ...]:
    if change == "new":
        return ("first-seen",) if before is None else (*(f"was-{reason}" for reason in before.reasons), *_changed(before, now))
    if change == "gone":
        return ("not-in-this-run",) if now is None else (*now.reasons, *_changed(before, now))
    return _changed(before, now)


def _changed(before: Line | None, now: Line | None) -> tuple[str, ...]:
    if before is None or now is None:
        return ()
    said = (("rules", before.rule_version != now.rule_version), ("facts", before.facts_hash != now.facts_hash))
    return tuple(f"{what}-changed" for what, differs in said if differs)
