"""The income of a month that counts against the benefit, and the part of earnings that is left to the client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from services.benefits.monthly.norms import Norms
from services.benefits.monthly.rounding import half_up, share
from services.benefits.monthly.rules import FourWeeklyMethod
from services.contracts.circumstances import ExemptionKind, IncomeLine

EARNED = ("wages", "self-employed")
SATURDAY = 5
FOUR_WEEKS_OF_WORKING_DAYS = 20


@dataclass(frozen=True, slots=True)
class Income:
    """The income of one month in cents: what came in, and what of it is exempt."""

    received_cents: int
    exempt_cents: int

    @property
    def counted_cents(self) -> int:
        """What is taken off the norm."""
        return self.received_cents - self.exempt_cents


def income(norms: Norms, month: date, lines: Sequence[IncomeLine], exemption: ExemptionKind | None) -> Income:
    """The income of the month that begins on `month`; raises `RuleMissing`.

    Only earnings know an exemption, and never more than there is of them.
    """
    method = norms.four_weekly_method(month)
    cents = [(line.kind, _in_month(line, month, method)) for line in lines]
    earned_cents = sum(amount for kind, amount in cents if kind in EARNED)
    return Income(sum(amount for _, amount in cents), _exempt_cents(norms, month, earned_cents, exemption))


def _exempt_cents(norms: Norms, month: date, earned_cents: int, exemption: ExemptionKind | None) -> int:
    if exemption is None or not earned_cents:
        return 0
    rule = norms.exemption(exemption, month)
    return min(share(earned_cents, rule.percent), rule.most_cents_per_month)


def _in_month(line: IncomeLine, month: date, method: FourWeeklyMethod) -> int:
    """Of wages per four weeks either each slip counts in its own month, so that one month has two, or a twentieth per working day."""
    if line.period == "month" or method == "slips-received":
        return line.net_cents
    return half_up(Fraction(line.net_cents * working_days(month), FOUR_WEEKS_OF_WORKING_DAYS))


def working_days(month: date) -> int:
    """Mondays to Fridays in the month that begins on `month`, holidays included, as wages count them."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return sum((month + timedelta(days=n)).weekday() < SATURDAY for n in range((following - month).days))
