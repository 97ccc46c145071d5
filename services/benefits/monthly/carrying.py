"""Settled months are carried forward: their sums stay, their facts are read again only where something new touches them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import assert_never, cast

from services.benefits.monthly import dossier
from services.benefits.monthly.ask import Ask, Client, Plan
from services.benefits.monthly.balances import decided_months
from services.benefits.monthly.carried import Carried
from services.benefits.monthly.dossier import Dossier, DossierFact
from services.benefits.monthly.entitlement import as_before
from services.benefits.monthly.periods import named
from services.benefits.monthly.recovery import is_claim
from services.contracts.envelope import Event
from services.contracts.monthly import (
    BenefitApplied,
    BenefitDecision,
    BenefitShared,
    BenefitShareEnded,
    DecisionNotified,
    DecisionReopened,
    IncomeReported,
    ObjectionDecided,
    ObjectionLodged,
)
from services.contracts.monthly_money import (
    AdvanceDecided,
    AdvancesReclaimed,
    BenefitTakenOver,
    EntitlementHeld,
    HolidayAllowanceDecided,
    MonthDecided,
    RecoveryFact,
    RefundDecided,
)


def folded(facts: Iterable[Event], carried: Carried) -> Dossier:
    """The dossier from what was carried forward and the facts that were not left out."""
    return reduce(dossier.evolve, cast("Iterable[DossierFact]", facts), Dossier(version=carried.facts, carried=carried))


def touches(fact: DossierFact, carried: Carried) -> bool:
    """Whether a later fact says something about months that were carried forward, so that they must be read again."""
    match fact:
        case MonthDecided() | IncomeReported():
            return fact.month in carried.months
        case BenefitDecision():
            return any(named(fact.effective_on) <= month for month in carried.months)
        case DecisionNotified():
            # It may be that of a measure, whose months are open again (`dossier.py`); claims are none.
            return bool(carried.months) and not is_claim(fact.decision_ref)
        case BenefitTakenOver() | BenefitApplied() | BenefitShared() | BenefitShareEnded():
            return False
        case ObjectionLodged() | ObjectionDecided() | DecisionReopened():
            return False
        case HolidayAllowanceDecided() | AdvanceDecided() | AdvancesReclaimed() | RefundDecided() | EntitlementHeld() | RecoveryFact():
            return False
        case _:
            assert_never(fact)


def answers(ask: Ask, client: Client, due: Plan) -> bool:
    """Whether a plan may rest on what was carried forward: by other rules, and for a holiday allowance, each month counts."""
    carried = client.own.carried
    by_these_rules = not carried.months or carried.rules == ask.norms.rule_version
    return by_these_rules and not any(isinstance(each, HolidayAllowanceDecided) for each in due.money)


def carry(ask: Ask, client: Client) -> Carried:
    """What was carried forward, with every further month that comes to the same by the rules of a run."""
    carried, own = client.own.carried, client.own
    settled = {name: month for name, month in decided_months(own).items() if as_before(ask, client, month)}
    facts = [each for each in own.money if isinstance(each, MonthDecided) and each.month in settled]
    parts = [part for each in facts for part in each.parts]
    attached = Counter(carried.attached)
    for part in parts:
        if part.kind == "attachment":
            attached[part.payee] += part.cents
    reserved = sum(each.amounts.reserved_cents for each in settled.values()) + sum(each.reserve_claimed_cents for each in facts)
    return replace(
        carried,
        months=carried.months | settled.keys(),
        rules=ask.norms.rule_version,
        reserve_cents=carried.reserve_cents + reserved,
        advance_cents=carried.advance_cents + sum(part.cents for part in parts if part.kind == "advance"),
        attached=attached,
    )


def left_out(fact: Event, carried: Carried) -> bool:
    """Whether a fact is about a month that is carried forward and nothing else."""
    return isinstance(fact, MonthDecided | IncomeReported) and fact.month in carried.months
