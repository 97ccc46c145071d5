"""What decided months come to by what is known now: the draft of what the next run pays after all or claims back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.benefits.monthly.balances import decided_months
from services.benefits.monthly.calculation import NotWorkedOut
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.grounds import new_names, rests_on
from services.benefits.monthly.made_known import in_effect
from services.benefits.monthly.month_plan import amounts_of
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import month_of
from services.contracts.monthly_money import MonthDecided


@dataclass(frozen=True, slots=True)
class Correction:
    """A decided month that comes to something else now, in cents with holiday allowance; `problem` where that cannot be worked out."""

    month: str
    decided_cents: int
    now_cents: int
    because: tuple[str, ...]
    problem: str = ""

    @property
    def cents(self) -> int:
        """Above zero a back-payment, below it a claim."""
        return self.now_cents - self.decided_cents


def corrections(norms: Norms, own: Dossier) -> Iterator[Correction]:
    """Every decided month that comes to something else, the earliest first; a measure counts once its letter left."""
    own = in_effect(own, date.max)
    for _, before in sorted(decided_months(own).items()):
        draft = _draft(norms.noting(), own, before)
        if draft.cents or draft.problem:
            yield draft


def _draft(norms: Norms, own: Dossier, before: MonthDecided) -> Correction:
    month, then = month_of(before.month), before.amounts.total_cents
    try:
        now = amounts_of(norms, own, month).total_cents
    except NotWorkedOut as wrong:
        return Correction(before.month, then, then, (), wrong.reason)
    except RuleMissing as missing:
        return Correction(before.month, then, then, (), f"rule-missing:{missing.what.replace(' ', '-')}")
    return Correction(before.month, then, now, new_names(before, rests_on(own, month, norms.noted), norms.rule_version))
