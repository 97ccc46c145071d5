"""The decisions on a client's monthly benefit: who may get one, and what can be decided on it where it stands."""

from datetime import date, timedelta
from types import MappingProxyType
from typing import assert_never, cast

from services.benefits.monthly import dossier, legal, shares, taking_over
from services.benefits.monthly.advances import claimed_back, outstanding_cents
from services.benefits.monthly.commands import (
    ApplyForBenefit,
    BenefitCommand,
    BlockPayment,
    ChangeBenefit,
    EndBenefit,
    GrantBenefit,
    LegalCommand,
    RefuseBenefit,
    ReportIncome,
    ResumeBenefit,
    RightCommand,
    ShareCommand,
    StopAdvances,
    SuspendBenefit,
    TakeOverBenefit,
    Terms,
    UnblockPayment,
    Whose,
    WithdrawBenefit,
)
from services.benefits.monthly.condition import Applied, Ended, NeverApplied, Reopened, Running, Suspended, TurnedDown
from services.benefits.monthly.dossier import Dossier, DossierFact
from services.benefits.monthly.one_benefit import Dossiers, all_of, dossier_in, elsewhere, lodged_elsewhere, partner_elsewhere, sharing
from services.benefits.monthly.recovery import is_claim, recovery_stream
from services.contracts.circumstances import AssetsTested
from services.contracts.envelope import Event
from services.contracts.monthly import (
    AdvancesStopped,
    BenefitApplied,
    BenefitChanged,
    BenefitEnded,
    BenefitGranted,
    BenefitRefused,
    BenefitResumed,
    BenefitSuspended,
    BenefitWithdrawn,
    PaymentBlocked,
    PaymentUnblocked,
)
from services.eventlog.decider import Decider, Refused, refusal

STREAMS = "benefits/benefit/"

Decision = list[Event] | Refused


def benefit_stream(client: str) -> str:
    """Stream of a client's monthly benefit."""
    return STREAMS + client


def whose(command: BenefitCommand) -> Whose | Terms:
    """Whose benefit a command is about."""
    return command.whose if isinstance(command, TakeOverBenefit | ApplyForBenefit | ReportIncome | LegalCommand) else command.terms


def _decide(state: Dossiers, command: BenefitCommand) -> Decision:
    about = whose(command)
    own = dossier_in(state, about.client, about.municipality)
    if isinstance(command, LegalCommand):
        return lodged_elsewhere(state, command) or legal.decide(own, command)
    if isinstance(command, ShareCommand):
        return shares.decide(own, command)
    if isinstance(command, TakeOverBenefit):
        return taking_over.decide(own, command)
    if isinstance(command, ApplyForBenefit):
        return _apply(state, own, command)
    if own.decision(command.terms.decision_ref) is not None:
        return []
    return _on_right(state, own, command)


def _apply(state: Dossiers, own: Dossier, command: ApplyForBenefit) -> Decision:
    if command.reported_on > command.applied_on:
        return Refused("applied-before-the-report")
    first = command.reported_on + timedelta(weeks=command.search_weeks)
    if command.applied_on < first:
        return Refused("search-period-runs", f"somebody under 27 applies from {first} (art. 41(4)), unless it is waived")
    match own.condition:
        case Applied(application):
            return [] if application.applied_on == command.applied_on else Refused("already-applied")
        case Running() | Suspended():
            return Refused("benefit-is-running")
        case NeverApplied() | TurnedDown() | Ended() | Reopened():
            return _applied(state, command)
        case _:
            assert_never(own.condition)


def _applied(state: Dossiers, command: ApplyForBenefit) -> Decision:
    """A client who moves applies once the right there has an end, of which this report is not before."""
    known = [each.condition for each in all_of(state, command.whose.client)]
    refused = refusal(
        (any(isinstance(each, Applied) for each in known), Refused("already-applied")),
        (any(isinstance(each, Running | Suspended) for each in known), Refused("benefit-is-running")),
        (
            any(isinstance(each, Ended) and command.reported_on < each.gone_from for each in known),
            Refused("reported-before-the-end"),
        ),
    )
    return refused or [_application(command)]


def _application(command: ApplyForBenefit) -> BenefitApplied:
    return BenefitApplied(
        **command.whose.said,
        declared=command.declared,
        reported_on=command.reported_on,
        applied_on=command.applied_on,
        decide_by=command.applied_on + timedelta(weeks=command.weeks),
        search_waived=command.search_waived,
    )


def _on_right(state: Dossiers, own: Dossier, command: RightCommand) -> Decision:
    match command:
        case GrantBenefit():
            return _grant(state, own, command)
        case RefuseBenefit() | StopAdvances():
            return _against(own, command)
        case ChangeBenefit():
            return _change(state, own, command)
        case SuspendBenefit() | ResumeBenefit():
            return _suspension(own, command)
        case BlockPayment() | UnblockPayment():
            return _block(own, command)
        case EndBenefit() | WithdrawBenefit():
            return _end(own, command)
        case _:
            assert_never(command)


def _grant(state: Dossiers, own: Dossier, command: GrantBenefit) -> Decision:
    first = _first_day(own)
    if isinstance(first, Refused):
        return first
    if command.terms.effective_on < first:
        return Refused("before-the-report", f"the first day that can be granted is {first}")
    if command.assets is not None and (refused := _above_the_limit(command.assets)) is not None:
        return refused
    refused = elsewhere(state, command)
    if refused is not None:
        return refused
    cents = 0 if command.covered_cents is None else max(0, outstanding_cents(own) - command.covered_cents)
    granted = BenefitGranted(**command.terms.said, circumstances=command.circumstances, reclaimed_cents=cents, assets=command.assets)
    claimed = claimed_back(command.terms, command.claim_ref, "advance-not-settled", cents)
    return [granted, *sharing(command.terms, None, command.circumstances.partner), *claimed]


def _above_the_limit(assets: AssetsTested) -> Refused | None:
    """Art. 34: above the limit there is no right; above that of the home a benefit is a loan on it (art. 50)."""
    if assets.assets_cents > assets.limit_cents:
        return Refused("assets-above-limit", f"at most {assets.limit_cents} cents")
    if assets.home_cents > assets.home_limit_cents:
        return Refused("home-above-limit", f"above {assets.home_limit_cents} cents it is a loan on the home, which is not decided here")
    return None


def _first_day(own: Dossier) -> date | Refused:
    """From when a benefit can be granted."""
    match own.condition:
        case Applied(application):
            return application.reported_on
        case Reopened():
            return own.condition.not_before
        case Running() | Suspended():
            return Refused("benefit-is-running")
        case NeverApplied() | TurnedDown() | Ended():
            return Refused("no-application")
        case _:
            assert_never(own.condition)


def _against(own: Dossier, command: RefuseBenefit | StopAdvances) -> Decision:
    if not isinstance(own.condition, Applied | Reopened):
        return Refused("no-application")
    if isinstance(command, StopAdvances):
        return [AdvancesStopped(**command.terms.said)]
    return _refuse(outstanding_cents(own), command)


def _refuse(advanced_cents: int, command: RefuseBenefit) -> list[Event]:
    refused = BenefitRefused(**command.terms.said, reclaimed_cents=advanced_cents)
    return [refused, *claimed_back(command.terms, command.claim_ref, "advance-refused", advanced_cents)]


def _change(state: Dossiers, own: Dossier, command: ChangeBenefit) -> Decision:
    since = own.since
    if since is None:
        return Refused("no-benefit")
    if command.terms.effective_on < since:
        return Refused("before-the-grant")
    reason = partner_elsewhere(state, command.terms, command.circumstances.partner)
    if reason:
        return Refused(reason)
    changed = BenefitChanged(**command.terms.said, circumstances=command.circumstances)
    return [changed, *sharing(command.terms, own.partner, command.circumstances.partner)]


def _suspension(own: Dossier, command: SuspendBenefit | ResumeBenefit) -> Decision:
    match own.condition, command:
        case Running(since=since), SuspendBenefit():
            return _suspend(command) if command.terms.effective_on >= since else Refused("before-the-grant")
        case Suspended(), SuspendBenefit():
            return Refused("already-suspended")
        case Suspended(), ResumeBenefit():
            return [BenefitResumed(**command.terms.said)]
        case Running(), ResumeBenefit():
            return Refused("not-suspended")
        case _:
            return Refused("no-benefit")


def _suspend(command: SuspendBenefit) -> Decision:
    if command.recover_by <= command.terms.decided_on:
        return Refused("recovery-term-in-the-past")
    if command.recover_by > command.terms.effective_on + timedelta(weeks=command.most_weeks):
        return Refused("suspended-too-long", f"a right is suspended for {command.most_weeks} weeks at most")
    return [BenefitSuspended(**command.terms.said, recover_by=command.recover_by)]


def _block(own: Dossier, command: BlockPayment | UnblockPayment) -> Decision:
    if own.since is None:
        return Refused("no-benefit")
    if isinstance(command, BlockPayment):
        return Refused("already-blocked") if own.blocked else [PaymentBlocked(**command.terms.said)]
    return [PaymentUnblocked(**command.terms.said)] if own.blocked else Refused("not-blocked")


def _end(own: Dossier, command: EndBenefit | WithdrawBenefit) -> Decision:
    match own.condition:
        case Running() | Suspended():
            since = own.since
        case Ended(running, gone_from) if isinstance(command, WithdrawBenefit) and command.terms.effective_on < gone_from:
            since = running.since
        case Ended():
            return Refused("ended-already")
        case _:
            return Refused("no-benefit")
    if since is None or command.terms.effective_on < since:
        return Refused("before-the-grant")
    kind = BenefitEnded if isinstance(command, EndBenefit) else BenefitWithdrawn
    return [kind(**command.terms.said), *sharing(command.terms, own.sharing_partner, None)]


def concerned(command: BenefitCommand) -> tuple[str, ...]:
    """The client whom a command is about, and the partner who is to share."""
    client = whose(command).client
    partner = command.circumstances.partner if isinstance(command, GrantBenefit | ChangeBenefit) else None
    return (client,) if partner in (None, client) else (client, str(partner))


def _reads(command: BenefitCommand) -> tuple[str, ...]:
    about = command.decision_ref if isinstance(command, LegalCommand) else ""
    return (*map(benefit_stream, concerned(command)), *((recovery_stream(about),) if is_claim(about) else ()))


def evolve(state: Dossiers, fact: DossierFact) -> Dossiers:
    """The dossiers after one more fact."""
    place = fact.client, str(fact.municipality)
    return {**state, place: dossier.evolve(state.get(place, Dossier()), fact)}


BENEFIT: Decider[BenefitCommand, Dossiers] = Decider(
    initial=MappingProxyType({}),
    reads=_reads,
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("DossierFact", event)),
)
