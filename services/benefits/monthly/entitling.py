"""What was approved for one client becomes facts in one transaction, if everything is still as it was when it was worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

from services.benefits.monthly import dossier, recovery
from services.benefits.monthly.ask import Plan
from services.benefits.monthly.benefit import benefit_stream
from services.benefits.monthly.commands import Whose
from services.benefits.monthly.dossier import Dossier, DossierFact
from services.benefits.monthly.recovery import Claim, Recovery, RecoveryFact, Unopened, recovery_stream
from services.benefits.references import right_stream
from services.contracts.benefits import RightEvent
from services.contracts.envelope import Event
from services.contracts.monthly_money import EntitlementHeld, RecoveryOffset, RecoveryOpened, RecoveryRepaid, RecoveryWrittenOff
from services.eventlog.decider import Decider, Refused

CHANGED, DECIDED, NOT_OPEN = "changed-since-approval", "right-decided-already", "claim-no-longer-open"


@dataclass(frozen=True, slots=True)
class DecideEntitlement:
    """Let a client have what was approved in a run; `seen_version` is that of the dossier on which it was worked out."""

    whose: Whose
    run_ref: str
    seen_version: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Books:
    """The dossier of the client, which rights were decided already, and the recovery claims that are drawn on."""

    own: Dossier = field(default_factory=Dossier)
    rights: frozenset[str] = frozenset()
    claims: Mapping[str, Recovery] = field(default_factory=lambda: MappingProxyType({}))


def evolve(state: Books, fact: Event) -> Books:
    """The books after one more fact."""
    match fact:
        case RightEvent():
            return replace(state, rights=state.rights | {fact.right_ref})
        case RecoveryOpened() | RecoveryOffset() | RecoveryRepaid() | RecoveryWrittenOff():
            return replace(state, claims={**state.claims, fact.claim_ref: _claim_after(state, fact)})
        case _:
            return replace(state, own=dossier.evolve(state.own, cast("DossierFact", fact)))


def _claim_after(state: Books, fact: RecoveryFact) -> Recovery:
    return recovery.evolve(state.claims.get(fact.claim_ref, Unopened()), fact)


def _decide(state: Books, command: DecideEntitlement) -> list[Event] | Refused:
    plan, run_ref = command.plan, command.run_ref
    if not plan.money:
        return Refused("nothing-due")
    if run_ref in state.own.held or any(each.run_ref == run_ref for each in state.own.money):
        return []
    reason = _hindrance(state, command)
    if reason:
        return [EntitlementHeld(**command.whose.said, run_ref=run_ref, reason_code=reason)]
    return [*plan.money, *plan.rights, *plan.offsets, *plan.opened]


def _hindrance(state: Books, command: DecideEntitlement) -> str:
    """What became otherwise since it was worked out; empty for nothing."""
    if state.own.version != command.seen_version:
        return CHANGED
    if any(right.right_ref in state.rights for right in command.plan.rights):
        return DECIDED
    wanted: dict[str, int] = {}
    for offset in command.plan.offsets:
        wanted[offset.claim_ref] = wanted.get(offset.claim_ref, 0) + offset.amount_cents
    claims = {ref: state.claims.get(ref) for ref in wanted}
    short = any(not isinstance(claim, Claim) or claim.open_cents < wanted[ref] for ref, claim in claims.items())
    return NOT_OPEN if short else ""


def _reads(command: DecideEntitlement) -> tuple[str, ...]:
    rights = (right_stream(right.right_ref) for right in command.plan.rights)
    claims = dict.fromkeys(recovery_stream(offset.claim_ref) for offset in command.plan.offsets)
    return (benefit_stream(command.whose.client), *rights, *claims)


ENTITLING: Decider[DecideEntitlement, Books] = Decider(initial=Books(), reads=_reads, decide=_decide, evolve=evolve)
