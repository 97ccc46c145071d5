"""What a run does otherwise than the one before it: who is new, gone, higher or lower, and why."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.benefits.manifest import Line

Change = Literal["new", "gone", "higher", "lower", "same"]
PAID = ("granted", "again")
CONTROL = ("before", "before_cents", "now", "now_cents")


@dataclass(frozen=True, slots=True)
class Difference:
    """One household in both, or one client of the monthly benefit, in euro cents; `why` says why a line is not paid, or what changed."""

    household_ref: str
    municipality: str
    change: Change
    before_cents: int
    now_cents: int
    why: tuple[str, ...]
    client: str = ""


def differences(before: Iterable[Line], now: Iterable[Line]) -> Iterator[Difference]:
    """Every household that is paid in one of the two, by reference; an unpaid line counts for nothing but its reasons."""
    earlier, later = {line.household_ref: line for line in before}, {line.household_ref: line for line in now}
    for ref in sorted(earlier.keys() | later.keys()):
        one, other = earlier.get(ref), later.get(ref)
        change = change_of(_cents(one), _cents(other))
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


def control_totals(rows: Iterable[Difference]) -> list[dict[str, object]]:
    """How many were paid and how many cents, before and now, per municipality."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        of = sums[row.municipality]
        of.update(before=row.before_cents > 0, before_cents=row.before_cents, now=row.now_cents > 0, now_cents=row.now_cents)
    return [{"municipality": code, **{name: of[name] for name in CONTROL}} for code, of in sorted(sums.items())]


def _cents(line: Line | None) -> int:
    return line.amount_cents if line is not None and line.standing in PAID else 0


def change_of(before_cents: int, now_cents: int) -> Change | None:
    """How one amount stands to the one before; None where nothing was paid and nothing is."""
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
