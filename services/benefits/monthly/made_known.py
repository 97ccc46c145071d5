"""A measure lowers no month before its letter left: until then the run decides as if it were not there, and says so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from services.benefits.monthly.ask import Client, Plan
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.periods import month_of
from services.benefits.monthly.shares import measures
from services.contracts.monthly import MeasureImposed
from services.contracts.monthly_money import MonthDecided


def in_effect(own: Dossier, day: date) -> Dossier:
    """The dossier without measures that were not made known before a day (Awb art. 3:40).

    A letter that leaves later opens the months of its measure again (`dossier.py`): what they came to more is claimed.
    """
    untold = _untold(own, day)
    return own if not untold else replace(own, decisions=tuple(each for each in own.decisions if each not in untold))


def noting_untold(client: Client, day: date, due: Plan) -> Plan:
    """The plan with a reason for each month that it decides without a measure that was not made known before a day."""
    untold = _untold(client.own, day)
    for reason in dict.fromkeys(_reasons(client.own, due, untold)):
        due = due.because(reason)
    return due


def _reasons(own: Dossier, due: Plan, untold: list[MeasureImposed]) -> Iterator[str]:
    for fact in due.money:
        if isinstance(fact, MonthDecided):
            held = (each for each in measures(own, month_of(fact.month)) if each in untold)
            yield from (f"{fact.month}:measure-not-notified:{each.decision_ref}" for each in held)


def _untold(own: Dossier, day: date) -> list[MeasureImposed]:
    told = {each.decision_ref for each in own.notified if each.notified_on < day}
    return [each for each in own.decisions if isinstance(each, MeasureImposed) and each.decision_ref not in told]
