"""What a household has had of a scheme year, and through which household each adult shared in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import assert_never, cast

from services.contracts.benefits import ClaimReserved, LedgerReserved, OpeningBalanceRecorded
from services.contracts.envelope import Event
from services.contracts.intake import Scheme
from services.contracts.payouts import ClaimReleased, LedgerReleased
from services.eventlog.decider import Decider, Refused

LedgerFact = OpeningBalanceRecorded | LedgerReserved | LedgerReleased | ClaimReserved | ClaimReleased


def ledger_stream(scheme_year: int, household_ref: str) -> str:
    """Stream of a household's ledger."""
    return f"benefits/ledger/{scheme_year}/{household_ref}"


def claim_stream(scheme_year: int, person_ref: str) -> str:
    """Stream of a person's claim."""
    return f"benefits/claim/{scheme_year}/{person_ref}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """`taken_cents` of the scheme year is gone; `openings` by source, `reserved` cents by right, `claims` names each adult's household."""

    taken_cents: int = 0
    reserved: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    openings: Mapping[str, OpeningBalanceRecorded] = field(default_factory=lambda: MappingProxyType({}))
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def claimed_elsewhere(self, household_ref: str) -> bool:
        """Whether an adult shared in the scheme year through another household."""
        return any(holder != household_ref for holder in self.claims.values())


@dataclass(frozen=True, slots=True)
class RecordOpeningBalance:
    """The system before this one paid `amount_cents` to the household of these persons; `source_ref` is its record."""

    household_ref: str
    municipality: str
    scheme: Scheme
    scheme_year: int
    right_ref: str
    amount_cents: int
    source_ref: str
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimOpeningBalance:
    """Benefits has learnt who the adults were of a household with an opening balance: they shared in it."""

    household_ref: str
    municipality: str
    scheme: Scheme
    scheme_year: int
    right_ref: str
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReserveAgain:
    """A grant came back from Kafka without what was reserved with it: the rest of its transaction was lost with a disk."""

    household_ref: str
    municipality: str
    scheme: Scheme
    scheme_year: int
    right_ref: str
    amount_cents: int
    run_ref: str
    persons: tuple[str, ...]


LedgerCommand = RecordOpeningBalance | ClaimOpeningBalance | ReserveAgain


def evolve(state: Ledger, fact: LedgerFact) -> Ledger:
    """The ledger after one more fact."""
    match fact:
        case OpeningBalanceRecorded():
            openings = {**state.openings, fact.source_ref: fact}
            return replace(state, taken_cents=state.taken_cents + fact.amount_cents, openings=openings)
        case LedgerReserved():
            reserved = {**state.reserved, fact.right_ref: fact.amount_cents}
            return replace(state, taken_cents=state.taken_cents + fact.amount_cents, reserved=reserved)
        case LedgerReleased():
            reserved = {right: cents for right, cents in state.reserved.items() if right != fact.right_ref}
            return replace(state, taken_cents=state.taken_cents - fact.amount_cents, reserved=reserved)
        case ClaimReserved():
            return replace(state, claims={**state.claims, fact.person_ref: fact.household_ref})
        case ClaimReleased():
            return replace(state, claims={person: ref for person, ref in state.claims.items() if person != fact.person_ref})
        case _:
            assert_never(fact)


def _decide(state: Ledger, command: LedgerCommand) -> list[Event] | Refused:
    match command:
        case RecordOpeningBalance():
            return _record(state, command)
        case ClaimOpeningBalance():
            return _claims(state, command)
        case ReserveAgain():
            return _reserve_again(state, command)
        case _:
            assert_never(command)


def _record(state: Ledger, command: RecordOpeningBalance) -> list[Event] | Refused:
    known = state.openings.get(command.source_ref)
    if known is not None:
        return [] if known.amount_cents == command.amount_cents else Refused("opening-balance-differs")
    recorded = OpeningBalanceRecorded(
        household_ref=command.household_ref,
        municipality=command.municipality,
        scheme=command.scheme,
        scheme_year=command.scheme_year,
        right_ref=command.right_ref,
        amount_cents=command.amount_cents,
        source_ref=command.source_ref,
    )
    return [recorded, *_claims(state, command)]


def _reserve_again(state: Ledger, command: ReserveAgain) -> list[Event]:
    reserved = LedgerReserved(
        household_ref=command.household_ref,
        municipality=command.municipality,
        scheme=command.scheme,
        scheme_year=command.scheme_year,
        right_ref=command.right_ref,
        amount_cents=command.amount_cents,
        run_ref=command.run_ref,
    )
    return [*([] if command.right_ref in state.reserved else [reserved]), *_claims(state, command)]


def _claims(state: Ledger, command: LedgerCommand) -> list[Event]:
    # Who shared through another household keeps that claim: what was paid is recorded all the same.
    return [
        ClaimReserved(
            person_ref=person,
            household_ref=command.household_ref,
            municipality=command.municipality,
            scheme=command.scheme,
            scheme_year=command.scheme_year,
            right_ref=command.right_ref,
        )
        for person in command.persons
        if person not in state.claims
    ]


def _reads(command: LedgerCommand) -> tuple[str, ...]:
    claims = (claim_stream(command.scheme_year, person) for person in command.persons)
    return (ledger_stream(command.scheme_year, command.household_ref), *claims)


LEDGER: Decider[LedgerCommand, Ledger] = Decider(
    initial=Ledger(),
    reads=_reads,
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("LedgerFact", event)),
)
