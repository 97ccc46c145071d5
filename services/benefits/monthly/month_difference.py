"""What the runs of a month pay otherwise than those of the month before: who is new, gone, higher or lower, and what made it so."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from services.benefits.difference import Change, Difference, change_of
from services.benefits.manifest import BenefitLine, EntitledLine, Line
from services.benefits.monthly.grounds import INCOME
from services.contracts.monthly_money import MonthDecided

SETTLED = {"advance": "advance-settled", "recovery": "claim", "attachment": "attachment"}
"""Parts of a month that the client does not get, by what they are called here."""
Lines = Sequence[BenefitLine]


def differences_of_months(before: Iterable[Line], now: Iterable[Line]) -> Iterator[Difference]:
    """Every client whom a municipality pays in one of the two months, by reference; runs of one month are taken together."""
    earlier, later = _by_payer(before), _by_payer(now)
    for client, municipality in sorted(earlier.keys() | later.keys()):
        one, other = earlier.get((client, municipality), []), later.get((client, municipality), [])
        change = change_of(_cents(one), _cents(other))
        if change is not None:
            line = (other or one)[-1]
            why = _why(change, one, other)
            yield Difference(line.household_ref, municipality, change, _cents(one), _cents(other), why, client)


def _by_payer(lines: Iterable[Line]) -> dict[tuple[str, str], list[BenefitLine]]:
    """By client and the municipality that pays."""
    by_payer: dict[tuple[str, str], list[BenefitLine]] = defaultdict(list)
    for line in lines:
        if isinstance(line, BenefitLine):
            by_payer[line.client, line.municipality].append(line)
    return by_payer


def _cents(lines: Lines) -> int:
    return sum(line.amount_cents for line in lines if isinstance(line, EntitledLine))


@dataclass(frozen=True, slots=True)
class Made:
    """What a client's payment in a month is made of: names of grounds, income that counted in cents, and things that come now and then."""

    grounds: frozenset[str]
    counted_cents: int
    apart: frozenset[str]


def _made(lines: Lines) -> Made:
    entitled = [line for line in lines if isinstance(line, EntitledLine)]
    months = [month for line in entitled for month in line.months]
    own = [month for month in months if month.sequence == 1 and month.month == max(each.month for each in months)]
    return Made(
        grounds=frozenset(name for month in own for name in month.rests_on),
        counted_cents=sum(month.amounts.received_cents - month.amounts.exempt_cents for month in own),
        apart=frozenset(chain(_parts(own), _besides(entitled, own))),
    )


def _parts(own: Iterable[MonthDecided]) -> Iterator[str]:
    """What the month itself gave to others than the client."""
    for month in own:
        for part in month.parts:
            if part.kind in SETTLED:
                yield f"{SETTLED[part.kind]}/{part.payee or part.ref}".rstrip("/")


def _besides(lines: Iterable[EntitledLine], own: Sequence[MonthDecided]) -> Iterator[str]:
    """What was paid or claimed besides the month itself."""
    for line in lines:
        yield from (f"month/{month.month}/{month.sequence}" for month in line.months if month not in own)
        yield from ("holiday-allowance" for _ in line.holidays)
        yield from ("advance" for _ in line.advances)
        yield from (f"refund/{each.claim_ref}" for each in line.refunds)


def _why(change: Change, before: Lines, now: Lines) -> tuple[str, ...]:
    """Names of what is there now only; `was/` before those of what was there then only; and why somebody is not paid."""
    reasons = tuple(dict.fromkeys(reason for line in now for reason in line.reasons))
    if change == "new" and not before:
        return ("first-seen", *_new_names(_made(before), _made(now)))
    if change == "gone":
        return reasons or ("not-in-this-run",)
    earlier = tuple(dict.fromkeys(f"was/{reason}" for line in before for reason in line.reasons)) if change == "new" else ()
    one, other = _made(before), _made(now)
    gone = () if change == "new" else tuple(f"was/{name}" for name in _new_names(other, one))
    return (*reasons, *earlier, *_new_names(one, other), *gone)


def _new_names(before: Made, now: Made) -> tuple[str, ...]:
    """What is in one and not in the other; a form of income only where other income counted."""
    same_income = before.counted_cents == now.counted_cents
    grounds = (name for name in now.grounds - before.grounds if not (same_income and name.startswith(INCOME)))
    return tuple(sorted((*grounds, *(now.apart - before.apart))))
