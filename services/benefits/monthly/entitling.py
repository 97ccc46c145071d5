"""What was approved for one client becomes facts in one transaction, if everything is still as it was when it was worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, cast

from services.benefits.account import STREAMS as ACCOUNTS
from services.benefits.monthly.ask import Plan
from services.benefits.monthly.benefit import benefit_stream
from services.benefits.monthly.commands import Whose
from services.benefits.monthly.dossier import Aside
from services.benefits.monthly.recovery import recovery_stream
from services.benefits.references import right_stream
from services.contracts.benefits import AccountBound, RightEvent
from services.contracts.envelope import Event
from services.contracts.monthly import BenefitFact
from services.contracts.monthly_money import (
    EntitlementDecided,
    EntitlementHeld,
    RecoveryOffset,
    RecoveryOpened,
    RecoveryReduced,
    RecoveryRepaid,
    RecoveryWrittenOff,
)
from services.contracts.payouts import AccountChangeProposed
from services.eventlog.decider import Decider, Refused

CHANGED, DECIDED, NOT_OPEN = "changed-since-approval", "right-decided-already", "claim-no-longer-open"
OTHER_ACCOUNT = "account-changed-since-approval"


@dataclass(frozen=True, slots=True)
class Read:
    """How many facts of a stream a plan rests on, and what was open of it then in cents, where it is a claim's."""

    upto: int = 0
    open_cents: int = 0


NOTHING_READ: Final = Read()


@dataclass(frozen=True, slots=True)
class DecideEntitlement:
    """Let a client have what was approved in a run.

    `read` says by stream what it was worked out from, so that at release only later facts are read. Without the client's
    own stream in it (a line of before 26 November 2026) the whole stream is, and `seen_version` is that of the dossier.
    """

    whose: Whose
    run_ref: str
    seen_version: int
    plan: Plan
    read: Mapping[str, Read] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def changes_expected(self) -> int:
        """The facts that amounts rest on among those that are read: none behind what was read before."""
        return 0 if benefit_stream(self.whose.client) in self.read else self.seen_version

    def open_cents(self, claim_ref: str) -> int:
        """What was open of a claim in what was read before."""
        return self.read.get(recovery_stream(claim_ref), NOTHING_READ).open_cents


@dataclass(frozen=True, slots=True)
class Books:
    """What the facts that are read come to.

    `changes` counts by municipality those that its amounts rest on, `runs` are those that decided or held something, each with
    the municipality, `rights` are there already, and `claims` is by claim what was opened less what came off, in cents.
    `fingerprint` is that of the account that counts for the client by now, empty where none is known.
    """

    changes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    runs: frozenset[tuple[str, str]] = frozenset()
    rights: frozenset[str] = frozenset()
    claims: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    fingerprint: str = ""


def evolve(state: Books, fact: Event) -> Books:
    """The books after one more fact."""
    match fact:
        case RightEvent():
            return replace(state, rights=state.rights | {fact.right_ref})
        case RecoveryOpened():
            return _with_claim(state, fact.claim_ref, fact.amount_cents)
        case RecoveryOffset() | RecoveryRepaid() | RecoveryWrittenOff() | RecoveryReduced():
            return _with_claim(state, fact.claim_ref, -fact.amount_cents)
        case AccountBound():
            return replace(state, fingerprint=fact.fingerprint)
        case AccountChangeProposed():
            return state
        case _:
            return _about_benefit(state, cast("BenefitFact", fact))


def _about_benefit(state: Books, fact: BenefitFact) -> Books:
    where = fact.municipality
    changes = {**state.changes, where: state.changes.get(where, 0) + (not isinstance(fact, Aside))}
    runs = {(fact.run_ref, where)} if isinstance(fact, EntitlementDecided | EntitlementHeld) else set()
    return replace(state, changes=changes, runs=state.runs | runs)


def _with_claim(state: Books, claim_ref: str, more_cents: int) -> Books:
    return replace(state, claims={**state.claims, claim_ref: state.claims.get(claim_ref, 0) + more_cents})


def _decide(state: Books, command: DecideEntitlement) -> list[Event] | Refused:
    plan, run_ref = command.plan, command.run_ref
    if not plan.money:
        return Refused("nothing-due")
    if (run_ref, command.whose.municipality) in state.runs:
        return []
    reason = _hindrance(state, command)
    if reason:
        return [EntitlementHeld(**command.whose.said, run_ref=run_ref, reason_code=reason)]
    return [*plan.money, *plan.rights, *plan.offsets, *plan.opened]


def _hindrance(state: Books, command: DecideEntitlement) -> str:
    """What became otherwise since it was worked out; empty for nothing."""
    if state.changes.get(command.whose.municipality, 0) != command.changes_expected:
        return CHANGED
    if any(right.right_ref in state.rights for right in command.plan.rights):
        return DECIDED
    own = {right.account_fingerprint for right in command.plan.rights if not right.payee}
    if state.fingerprint and own - {state.fingerprint}:
        return OTHER_ACCOUNT
    wanted: dict[str, int] = {}
    for offset in command.plan.offsets:
        wanted[offset.claim_ref] = wanted.get(offset.claim_ref, 0) + offset.amount_cents
    short = any(command.open_cents(ref) + state.claims.get(ref, 0) < cents for ref, cents in wanted.items())
    return NOT_OPEN if short else ""


def _reads(command: DecideEntitlement) -> tuple[str, ...]:
    rights = (right_stream(right.right_ref) for right in command.plan.rights)
    claims = dict.fromkeys(recovery_stream(offset.claim_ref) for offset in command.plan.offsets)
    return (benefit_stream(command.whose.client), *rights, *claims, ACCOUNTS + command.whose.client)


def _seen(command: DecideEntitlement) -> Mapping[str, int]:
    return {stream: read.upto for stream, read in command.read.items()}


ENTITLING: Decider[DecideEntitlement, Books] = Decider(Books(), _reads, _decide, evolve, _seen)
