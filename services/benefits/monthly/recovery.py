"""One recovery claim: opened, taken from what the client is paid, repaid or written off, and never below nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import Any, assert_never, cast

from services.contracts.envelope import Event
from services.contracts.monthly_money import (
    RecoveryGround,
    RecoveryOffset,
    RecoveryOpened,
    RecoveryReduced,
    RecoveryRepaid,
    RecoveryWrittenOff,
)
from services.eventlog.decider import Decider, Refused, refusal

STREAMS, CLAIM = "benefits/recovery/", "cl-"
FOLLOWS = Refused(
    "follows-from-decisions",
    "decide again about what lowered its months or advances: the next run then pays what they come to more, and the claim stands",
)

RecoveryFact = RecoveryOpened | RecoveryOffset | RecoveryRepaid | RecoveryWrittenOff | RecoveryReduced


def recovery_stream(claim_ref: str) -> str:
    """Stream of a claim."""
    return STREAMS + claim_ref


def claim_name(*parts: object) -> str:
    """Name of a claim, from what it comes from, so that asking again names the same claim."""
    return CLAIM + sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def is_claim(decision_ref: str) -> bool:
    """Whether a decision of this name is a claim."""
    return decision_ref.startswith(CLAIM)


@dataclass(frozen=True, slots=True)
class Unopened:
    """Nothing is claimed under this name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`open_cents` of it is still to come; `came_off` says how much by bank line, by run and month, or by decision.

    `version` counts its facts; `met_cents` of it were met by payments of its months that came back.
    """

    opened: RecoveryOpened
    open_cents: int
    came_off: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    version: int = 1
    came_in_cents: int = 0
    written_off_cents: int = 0
    refund_cents: int = 0
    reduced_to_cents: int | None = None
    met_cents: int = 0

    @property
    def claimed_cents(self) -> int:
        """What is claimed by now."""
        return self.opened.amount_cents if self.reduced_to_cents is None else self.reduced_to_cents


Recovery = Unopened | Claim


@dataclass(frozen=True, slots=True)
class OpenRecovery:
    """Claim so much back."""

    claim_ref: str
    client: str
    municipality: str
    ground: RecoveryGround
    amount_cents: int
    opened_on: date
    opened_by: str
    decision_ref: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Repay:
    """So much came back, by a line of the bank."""

    claim_ref: str
    amount_cents: int
    received_on: date
    source_ref: str


@dataclass(frozen=True, slots=True)
class WriteOff:
    """Claim so much of it no longer."""

    claim_ref: str
    amount_cents: int
    reason_code: str
    decided_on: date
    decided_by: str
    decision_ref: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Reduce:
    """Claim `to_cents` instead, nothing for 0, after the claim was opened again `because` of an objection or ruling (empty: it was not)."""

    claim_ref: str
    to_cents: int
    because: str
    reason_code: str
    decided_on: date
    decided_by: str
    decision_ref: str
    text_ref: str | None = None


RecoveryCommand = OpenRecovery | Repay | WriteOff | Reduce


def evolve(state: Recovery, fact: RecoveryFact) -> Recovery:
    """The claim after one more fact; raises `AssertionError` for a history that no decider can have written."""
    match fact:
        case RecoveryOpened():
            return Claim(fact, fact.amount_cents)
        case RecoveryOffset():
            return _came_in(_less(state, fact.amount_cents, f"{fact.run_ref}/{fact.month}"), fact.amount_cents)
        case RecoveryRepaid():
            less = _came_in(_less(state, fact.amount_cents, fact.source_ref), fact.amount_cents + fact.refund_cents)
            met_cents = fact.amount_cents if fact.right_ref else 0
            return replace(less, refund_cents=less.refund_cents + fact.refund_cents, met_cents=less.met_cents + met_cents)
        case RecoveryWrittenOff():
            less = _less(state, fact.amount_cents, fact.decision_ref)
            return replace(less, written_off_cents=less.written_off_cents + fact.amount_cents)
        case RecoveryReduced():
            less = _less(state, fact.amount_cents, fact.decision_ref)
            return replace(less, reduced_to_cents=fact.claim_cents, refund_cents=less.refund_cents + fact.refund_cents)
        case _:
            assert_never(fact)


def _less(state: Recovery, cents: int, source: str) -> Claim:
    assert isinstance(state, Claim), "something came off a claim that was not opened"
    came_off = {**state.came_off, source: state.came_off.get(source, 0) + cents}
    return replace(state, open_cents=state.open_cents - cents, came_off=came_off, version=state.version + 1)


def _came_in(claim: Claim, cents: int) -> Claim:
    return replace(claim, came_in_cents=claim.came_in_cents + cents)


def _decide(state: Recovery, command: RecoveryCommand) -> list[Event] | Refused:
    match command:
        case OpenRecovery():
            return _open(state, command)
        case Repay() | WriteOff():
            return _settle(state, command) if isinstance(state, Claim) else Refused("unknown-claim")
        case Reduce():
            return _reduce(state, command) if isinstance(state, Claim) else Refused("unknown-claim")
        case _:
            assert_never(command)


def _open(state: Recovery, command: OpenRecovery) -> list[Event] | Refused:
    if isinstance(state, Claim):
        return [] if state.opened.amount_cents == command.amount_cents else Refused("claim-differs")
    if command.amount_cents < 1:
        return Refused("nothing-to-claim")
    return [opened(command)]


def opened(command: OpenRecovery) -> RecoveryOpened:
    """The fact that a claim is there."""
    said: dict[str, Any] = {name: getattr(command, name) for name in OpenRecovery.__slots__}
    return RecoveryOpened(**said)


def _settle(state: Claim, command: Repay | WriteOff) -> list[Event] | Refused:
    source = command.source_ref if isinstance(command, Repay) else command.decision_ref
    if source in state.came_off:
        return []
    if command.amount_cents < 1:
        return Refused("nothing-to-settle")
    if command.amount_cents > state.open_cents:
        return Refused("more-than-is-open", f"{state.open_cents} cents are open")
    return [_settled(state, command)]


def _settled(state: Claim, command: Repay | WriteOff) -> Event:
    about: dict[str, Any] = {name: getattr(state.opened, name) for name in ("claim_ref", "client", "municipality")}
    if isinstance(command, Repay):
        return RecoveryRepaid(**about, amount_cents=command.amount_cents, received_on=command.received_on, source_ref=command.source_ref)
    return RecoveryWrittenOff(
        **about,
        amount_cents=command.amount_cents,
        reason_code=command.reason_code,
        decided_on=command.decided_on,
        decided_by=command.decided_by,
        decision_ref=command.decision_ref,
        text_ref=command.text_ref,
    )


def _reduce(state: Claim, command: Reduce) -> list[Event] | Refused:
    if command.decision_ref in state.came_off:
        return []
    refused = refusal(
        (_follows_from_decisions(state.opened), FOLLOWS),
        (not command.because, Refused("not-reopened", "an objection that was upheld, or a ruling, opens a claim again")),
        (not 0 <= command.to_cents < state.claimed_cents, Refused("not-less", f"{state.claimed_cents} cents are claimed")),
    )
    return [_reduced(state, command)] if refused is None else refused


def _follows_from_decisions(opened: RecoveryOpened) -> bool:
    return bool(opened.months) or "/" in opened.decision_ref or opened.ground.startswith("advance-")


def _reduced(state: Claim, command: Reduce) -> RecoveryReduced:
    """What came in counts first for what is claimed still: only what is more than that is paid back."""
    kept_cents = state.came_in_cents - state.refund_cents
    open_cents = max(0, command.to_cents - kept_cents - state.written_off_cents)
    return RecoveryReduced(
        claim_ref=command.claim_ref,
        client=state.opened.client,
        municipality=state.opened.municipality,
        amount_cents=state.open_cents - open_cents,
        refund_cents=max(0, kept_cents - command.to_cents),
        claim_cents=command.to_cents,
        because=command.because,
        reason_code=command.reason_code,
        decided_on=command.decided_on,
        decided_by=command.decided_by,
        decision_ref=command.decision_ref,
        text_ref=command.text_ref,
    )


RECOVERY: Decider[RecoveryCommand, Recovery] = Decider(
    initial=Unopened(),
    reads=lambda command: (recovery_stream(command.claim_ref),),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RecoveryFact", event)),
)
