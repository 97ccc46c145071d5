"""What a client had a right to on a day, by what was known at a moment: the two clocks of a benefit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.calculation import Stretch
from services.benefits.monthly.condition import Ended, Suspended, TurnedDown
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.one_benefit import dossier_in
from services.benefits.monthly.periods import days_in, last_day
from services.benefits.monthly.shares import measure_percent, measures
from services.contracts.circumstances import Circumstances
from services.contracts.envelope import Envelope, Event
from services.contracts.monthly import (
    BenefitChanged,
    BenefitDecision,
    BenefitEnded,
    BenefitGranted,
    BenefitRefused,
    BenefitSuspended,
    BenefitWithdrawn,
    PaymentBlocked,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A right on a day: `grounds` is the decision whose circumstances hold, None without a right."""

    grounds: BenefitGranted | BenefitChanged | None
    suspended: bool
    blocked: bool
    measure_percent: int

    @property
    def circumstances(self) -> Circumstances | None:
        """What the amount rests on."""
        return None if self.grounds is None else self.grounds.circumstances


def known_at(history: Iterable[Envelope[Event]], client: str, municipality: str, moment: datetime) -> Dossier:
    """A municipality's dossier as it was known at a moment: what was recorded later is left out, whatever day it is about."""
    known = BENEFIT.fold(envelope.event for envelope in history if envelope.recorded_at <= moment)
    return dossier_in(known, client, municipality)


def on(own: Dossier, day: date) -> Standing:
    """What the dossier says of a day, also one in the past."""
    return Standing(
        grounds=_grounds(own, day) if _entitled(own, day) else None,
        suspended=isinstance(own.condition, Suspended) and own.condition.suspension.effective_on <= day,
        blocked=own.blocked,
        measure_percent=measure_percent(own, day.replace(day=1)),
    )


def stretches(own: Dossier, month: date) -> list[Stretch]:
    """The days of the month that begins on `month` with a right, by the circumstances that hold on them."""
    size = days_in(month)
    if not _changes_within(own, month, size):
        grounds = _grounds(own, month) if _entitled(own, month) else None
        return [] if grounds is None else [Stretch(grounds.circumstances, size)]
    days = (month + timedelta(days=n) for n in range(size))
    entitled = [_grounds(own, day) for day in days if _entitled(own, day)]
    same = groupby(each.circumstances for each in entitled if each is not None)
    return [Stretch(circumstances, len(list(stretch))) for circumstances, stretch in same]


def deciding(own: Dossier, month: date) -> list[BenefitDecision]:
    """The decisions that make the month what it is: on its circumstances, on its end, and measures."""
    begins = {month, *(each.effective_on for each in own.circumstances if month <= each.effective_on <= last_day(month))}
    held = [_grounds(own, day) for day in sorted(begins) if _entitled(own, day)]
    gone = [each for each in own.decisions if isinstance(each, BenefitEnded | BenefitWithdrawn) and each.effective_on <= last_day(month)]
    ends = [] if _entitled(own, last_day(month)) else gone[-1:]
    return [*(each for each in held if each is not None), *ends, *measures(own, month)]


def standing_against(own: Dossier, day: date) -> BenefitDecision | None:
    """The decision, taken by a day, because of which nothing is paid; None where there is none."""
    against = BenefitEnded | BenefitWithdrawn | BenefitSuspended | BenefitRefused | PaymentBlocked
    known = [each for each in own.decisions if each.decided_on <= day]
    stopped = isinstance(own.condition, Ended | Suspended | TurnedDown) or own.blocked
    return next((each for each in reversed(known) if isinstance(each, against)), None) if stopped else None


def _changes_within(own: Dossier, month: date, size: int) -> bool:
    """Whether anything begins or ends on a later day of the month; of most months nothing does."""
    days = [day for span in own.spans for day in (span.first, span.until)] + [each.effective_on for each in own.circumstances]
    return any(0 < (day - month).days < size for day in days)


def _entitled(own: Dossier, day: date) -> bool:
    return any(span.first <= day < span.until for span in own.spans)


def _grounds(own: Dossier, day: date) -> BenefitGranted | BenefitChanged | None:
    held = [each for each in own.circumstances if each.effective_on <= day]
    return held[-1] if held else None
