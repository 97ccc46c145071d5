"""Everything that benefits knows of one client's monthly benefit, and where the client stands with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import assert_never

from services.benefits.monthly.carried import Carried
from services.benefits.monthly.condition import Applied, Condition, Ended, NeverApplied, Reopened, Running, Suspended, TurnedDown
from services.benefits.monthly.periods import named
from services.contracts.monthly import (
    BenefitApplied,
    BenefitChanged,
    BenefitDecision,
    BenefitEnded,
    BenefitGranted,
    BenefitRefused,
    BenefitResumed,
    BenefitShared,
    BenefitShareEnded,
    BenefitSuspended,
    BenefitWithdrawn,
    Decision,
    DecisionNotified,
    DecisionReopened,
    IncomeReported,
    MeasureImposed,
    ObjectionDecided,
    ObjectionLodged,
    PaymentBlocked,
    PaymentUnblocked,
)
from services.contracts.monthly_money import (
    AdvanceDecided,
    AdvancesReclaimed,
    BenefitTakenOver,
    EntitlementHeld,
    HolidayAllowanceDecided,
    MonthDecided,
    RecoveryFact,
    RecoveryOpened,
    RefundDecided,
)

OtherMoney = HolidayAllowanceDecided | AdvanceDecided | AdvancesReclaimed | RefundDecided
Money = MonthDecided | OtherMoney
Ground = BenefitTakenOver | BenefitApplied | Decision | BenefitShared | BenefitShareEnded | IncomeReported | Money
"""What amounts rest on."""
Rare = BenefitTakenOver | BenefitApplied | Decision | BenefitShared | BenefitShareEnded | IncomeReported | OtherMoney
Legal = DecisionNotified | ObjectionLodged | ObjectionDecided | DecisionReopened
Aside = Legal | EntitlementHeld | RecoveryFact
"""What leaves amounts as they are."""
DossierFact = Ground | Aside


@dataclass(frozen=True, slots=True)
class Span:
    """A right from its first day up to, and not including, `until`."""

    first: date
    until: date = date.max


@dataclass(frozen=True, slots=True)
class Taken:
    """When a decision was taken and by whom: a person, or the run that claimed something back."""

    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """In the order in which it was recorded. Months and income by name, such as `2024-03`.

    `version` counts what amounts rest on; letters and objections leave it as it was.
    `settled` are the months that were last decided on everything that is known about them. `claims` are only those that were looked up.
    `shared_until` is the first day on which the client shared no longer in somebody else's benefit.
    Of the months in `carried` a run has the sums only; their decisions and income are not among `money` and `income`.
    """

    version: int = 0
    condition: Condition = field(default_factory=NeverApplied)
    blocked: bool = False
    shares_with: str | None = None
    shared_until: date = date.min
    spans: tuple[Span, ...] = ()
    decisions: tuple[BenefitDecision, ...] = ()
    income: Mapping[str, IncomeReported] = field(default_factory=lambda: MappingProxyType({}))
    money: tuple[Money, ...] = ()
    notified: tuple[DecisionNotified, ...] = ()
    objections: tuple[ObjectionLodged, ...] = ()
    outcomes: tuple[ObjectionDecided, ...] = ()
    reopened: tuple[DecisionReopened, ...] = ()
    settled: frozenset[str] = frozenset()
    claims: Mapping[str, RecoveryOpened] = field(default_factory=lambda: MappingProxyType({}))
    carried: Carried = field(default_factory=Carried)
    taken_over: BenefitTakenOver | None = None

    @property
    def paid_upto(self) -> str:
        """The last month that the system before this one paid, such as `2024-03`; empty where it paid none."""
        return "" if self.taken_over is None else self.taken_over.upto

    def taken(self, ref: str) -> Taken | None:
        """The decision of this name, or the recovery claim, which is a decision as well."""
        decision, claim = self.decision(ref), self.claims.get(ref)
        if decision is not None:
            return Taken(decision.decided_on, decision.decided_by)
        return None if claim is None else Taken(claim.opened_on, claim.opened_by)

    def decision(self, decision_ref: str) -> BenefitDecision | None:
        """The decision of this name."""
        return next((each for each in self.decisions if each.decision_ref == decision_ref), None)

    @property
    def circumstances(self) -> tuple[BenefitGranted | BenefitChanged, ...]:
        """Grants and changes, the earliest first; of two from one day the later recorded one last."""
        told = [each for each in self.decisions if isinstance(each, BenefitGranted | BenefitChanged)]
        return tuple(sorted(told, key=lambda each: each.effective_on))

    @property
    def since(self) -> date | None:
        """From when a benefit that runs or is suspended was granted."""
        match self.condition:
            case Running(since=since) | Suspended(Running(since=since)):
                return since
            case _:
                return None

    @property
    def sharing_partner(self) -> str | None:
        """Who shares in a benefit that runs or is suspended."""
        return None if self.since is None else self.partner

    @property
    def partner(self) -> str | None:
        """Who shares in the benefit as of the last change."""
        return self.circumstances[-1].circumstances.partner if self.circumstances else None


def evolve(state: Dossier, fact: DossierFact) -> Dossier:
    """The dossier after one more fact."""
    match fact:
        case DecisionNotified() | ObjectionLodged() | ObjectionDecided() | DecisionReopened():
            return _legal(state, fact)
        case RecoveryFact():
            return replace(state, claims={**state.claims, fact.claim_ref: fact}) if isinstance(fact, RecoveryOpened) else state
        case EntitlementHeld():
            return state
        case MonthDecided():
            version, settled = state.version + 1, state.settled | {fact.month}
            return replace(state, version=version, money=(*state.money, fact), settled=settled)
        case _:
            return _grounds(replace(state, version=state.version + 1), fact)


def _grounds(state: Dossier, fact: Rare) -> Dossier:
    match fact:
        case BenefitDecision():
            # What holds from a day says nothing of the months before that day.
            settled = frozenset(month for month in state.settled if month < named(fact.effective_on))
            return _decided(replace(state, decisions=(*state.decisions, fact), settled=settled), fact)
        case BenefitTakenOver():
            return replace(state, taken_over=fact)
        case BenefitApplied() | IncomeReported() | BenefitShared() | BenefitShareEnded():
            return _told(state, fact)
        case HolidayAllowanceDecided() | AdvanceDecided() | AdvancesReclaimed() | RefundDecided():
            return replace(state, money=(*state.money, fact))
        case _:
            assert_never(fact)


def _told(state: Dossier, fact: BenefitApplied | IncomeReported | BenefitShared | BenefitShareEnded) -> Dossier:
    match fact:
        case BenefitApplied():
            return replace(state, condition=Applied(fact))
        case IncomeReported():
            return replace(state, income={**state.income, fact.month: fact}, settled=state.settled - {fact.month})
        case BenefitShared():
            return replace(state, shares_with=fact.with_client)
        case BenefitShareEnded():
            return replace(state, shares_with=None, shared_until=fact.on)
        case _:
            assert_never(fact)


def _legal(state: Dossier, fact: Legal) -> Dossier:
    match fact:
        case DecisionNotified():
            return _told_of(replace(state, notified=(*state.notified, fact)), fact)
        case ObjectionLodged():
            return replace(state, objections=(*state.objections, fact))
        case ObjectionDecided():
            return replace(state, outcomes=(*state.outcomes, fact))
        case DecisionReopened():
            return replace(state, reopened=(*state.reopened, fact), condition=_opened(state, fact))
        case _:
            assert_never(fact)


def _told_of(state: Dossier, letter: DecisionNotified) -> Dossier:
    """A measure lowers its months once its letter left: those were decided without it."""
    measure = state.decision(letter.decision_ref)
    if not isinstance(measure, MeasureImposed):
        return state
    return replace(state, settled=frozenset(month for month in state.settled if month < named(measure.effective_on)))


def _decided(state: Dossier, fact: BenefitDecision) -> Dossier:
    match fact:
        case BenefitGranted():
            running = Running(_application(state.condition), fact.effective_on)
            return replace(state, condition=running, spans=(*state.spans, Span(fact.effective_on)))
        case BenefitEnded() | BenefitWithdrawn():
            gone = Ended(_running(state.condition), fact.effective_on)
            return replace(state, condition=gone, spans=cut(state.spans, fact.effective_on), blocked=False)
        case PaymentBlocked() | PaymentUnblocked():
            return replace(state, blocked=isinstance(fact, PaymentBlocked))
        case _:
            return replace(state, condition=_moved(state.condition, fact))


def _moved(condition: Condition, fact: BenefitDecision) -> Condition:
    """Where a refusal, suspension or resumption leaves the client; other decisions change amounts only."""
    match fact:
        case BenefitRefused():
            return TurnedDown(_application(condition))
        case BenefitSuspended():
            return Suspended(_running(condition), fact)
        case BenefitResumed():
            return _running(condition)
        case _:
            return condition


def _opened(state: Dossier, fact: DecisionReopened) -> Condition:
    """A refusal or an end that is the client's last decision on the right opens the right; others are changed as they stand."""
    match state.condition, state.decision(fact.decision_ref):
        case TurnedDown(application), BenefitRefused():
            return Reopened(application, application.reported_on)
        case Ended(running, gone_from), BenefitEnded() | BenefitWithdrawn():
            return Reopened(running.application, gone_from)
        case _:
            return state.condition


def _application(condition: Condition) -> BenefitApplied:
    assert isinstance(condition, Applied | Reopened), "a decision on an application that nobody made"
    return condition.application


def _running(condition: Condition) -> Running:
    match condition:
        case Running():
            return condition
        case Suspended(running) | Ended(running):
            return running
        case _:
            raise AssertionError("a decision on a benefit that was not granted")


def cut(spans: tuple[Span, ...], day: date) -> tuple[Span, ...]:
    """What is left of the rights before a day."""
    return tuple(Span(span.first, min(span.until, day)) for span in spans if span.first < day)
