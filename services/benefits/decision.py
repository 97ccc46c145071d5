"""One decision on one right: granted with its ledger and claims in the same transaction, refused, or withheld."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never, cast

from services.benefits import ledger, right
from services.benefits.ledger import Ledger, LedgerFact, claim_stream, ledger_stream
from services.benefits.references import right_stream
from services.benefits.right import Right, RightFact, Undecided
from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    ClaimReserved,
    LedgerReserved,
    OpeningBalanceRecorded,
)
from services.contracts.envelope import Event
from services.contracts.intake import Scheme
from services.contracts.payouts import ClaimReleased, LedgerReleased
from services.eventlog.decider import Decider, Refused


@dataclass(frozen=True, slots=True)
class Terms:
    """What every decision of a run says: whose right it is, under which rules, on which facts."""

    right_ref: str
    sequence: int
    client: str
    household_ref: str
    municipality: str
    run_ref: str
    scheme: Scheme
    scheme_year: int
    tranche: int
    rule_version: str
    facts_hash: str
    decided_on: date


@dataclass(frozen=True, slots=True)
class GrantAllowance:
    """Grant `amount_cents`, as approved, if ledger, claims, dwelling, account and right still allow it; else withhold it.

    `approved_sequence` is what the approvers saw: another one in `terms` means that a run came between. `fingerprint_now` is
    that of the account that counts for the client by now, empty where none is known.
    """

    terms: Terms
    approved_sequence: int
    amount_cents: int
    account_ref: str
    account_fingerprint: str
    promised_on: date
    adults: tuple[str, ...]
    year_amount_cents: int
    ceiling_cents: int
    dwelling_held_by: str
    fingerprint_now: str


@dataclass(frozen=True, slots=True)
class RefuseAllowance:
    """Refuse, for these reasons."""

    terms: Terms
    reasons: tuple[str, ...]


DecisionCommand = GrantAllowance | RefuseAllowance


@dataclass(frozen=True, slots=True)
class Books:
    """The right with the ledger of its household and the claims of its adults."""

    right: Right = field(default_factory=Undecided)
    ledger: Ledger = field(default_factory=Ledger)


def evolve(state: Books, fact: RightFact | LedgerFact) -> Books:
    """The books after one more fact."""
    if isinstance(fact, OpeningBalanceRecorded | LedgerReserved | LedgerReleased | ClaimReserved | ClaimReleased):
        return replace(state, ledger=ledger.evolve(state.ledger, fact))
    return replace(state, right=right.evolve(state.right, fact))


def _decide(state: Books, command: DecisionCommand) -> list[Event] | Refused:
    if not isinstance(state.right, Undecided):
        return [] if state.right.run_ref == command.terms.run_ref else Refused("right-decided-already")
    match command:
        case GrantAllowance():
            return _grant(state.ledger, command)
        case RefuseAllowance():
            return [AllowanceRefused(**_said(command.terms), amount_cents=0, reasons=command.reasons)]
        case _:
            assert_never(command)


def _grant(state: Ledger, command: GrantAllowance) -> list[Event] | Refused:
    if not 0 < command.amount_cents <= command.ceiling_cents:
        return Refused("above-payment-ceiling")
    reason = _hit(state, command)
    if reason:
        withheld = AllowanceWithheld(**_said(command.terms), amount_cents=command.amount_cents, reasons=(reason,))
        return [withheld]
    # Reserved without a grant: the log was restored, and of the transaction only the reservation had reached Kafka.
    reserved = [] if command.terms.right_ref in state.reserved else [_reserved(command)]
    return [_granted(command), *reserved, *_claims(state, command)]


def _hit(state: Ledger, command: GrantAllowance) -> str:
    """What became true since the approval, empty for nothing."""
    if command.terms.sequence != command.approved_sequence:
        return "decided-in-other-run"
    others_cents = state.taken_cents - state.reserved.get(command.terms.right_ref, 0)
    if others_cents + command.amount_cents > command.year_amount_cents:
        return "already-paid-in-full"
    if state.claimed_elsewhere(command.terms.household_ref):
        return "adult-claimed-elsewhere"
    if command.dwelling_held_by not in ("", command.terms.household_ref):
        return "dwelling-already-granted"
    if command.fingerprint_now not in ("", command.account_fingerprint):
        return "account-changed"
    return ""


def _granted(command: GrantAllowance) -> AllowanceGranted:
    return AllowanceGranted(
        **_said(command.terms),
        amount_cents=command.amount_cents,
        reasons=(),
        account_ref=command.account_ref,
        account_fingerprint=command.account_fingerprint,
        promised_on=command.promised_on,
    )


def _reserved(command: GrantAllowance) -> LedgerReserved:
    terms = command.terms
    return LedgerReserved(
        household_ref=terms.household_ref,
        municipality=terms.municipality,
        scheme=terms.scheme,
        scheme_year=terms.scheme_year,
        right_ref=terms.right_ref,
        amount_cents=command.amount_cents,
        run_ref=terms.run_ref,
    )


def _claims(state: Ledger, command: GrantAllowance) -> list[Event]:
    terms = command.terms
    return [
        ClaimReserved(
            person_ref=person,
            household_ref=terms.household_ref,
            municipality=terms.municipality,
            scheme=terms.scheme,
            scheme_year=terms.scheme_year,
            right_ref=terms.right_ref,
        )
        for person in command.adults
        if person not in state.claims
    ]


def _said(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in Terms.__slots__}


def _reads(command: DecisionCommand) -> tuple[str, ...]:
    terms = command.terms
    if isinstance(command, RefuseAllowance):
        return (right_stream(terms.right_ref),)
    claims = (claim_stream(terms.scheme_year, person) for person in command.adults)
    return (right_stream(terms.right_ref), ledger_stream(terms.scheme_year, terms.household_ref), *claims)


DECISION: Decider[DecisionCommand, Books] = Decider(
    initial=Books(),
    reads=_reads,
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("RightFact | LedgerFact", event)),
)
