"""What benefits knows at one position of intake: households, accounts, ledgers, claims, dwellings, earlier decisions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.benefits import household, ledger
from services.benefits.account import STREAMS as ACCOUNTS
from services.benefits.allowance_rules import AllowanceRules
from services.benefits.assessment import Account, Known
from services.benefits.household import STREAMS as HOUSEHOLDS
from services.benefits.household import Household, adults
from services.benefits.ledger import ClaimOpeningBalance, Ledger
from services.benefits.policy import SEEN_AT, seen_key
from services.benefits.references import right_ref, right_stream
from services.contracts.benefits import (
    AccountBound,
    AllowanceGranted,
    AllowanceRefused,
    ApplicationNoted,
    ClaimReserved,
    HouseholdNoted,
    LedgerReserved,
    OpeningBalanceRecorded,
)
from services.contracts.intake import Scheme
from services.contracts.payouts import AllowanceRevoked, ClaimReleased, LedgerReleased
from services.eventlog.log import EventLog
from services.vault.erasure import ERASURE


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that a run is worked out from. `claims` names each adult's household."""

    households: Mapping[str, Household]
    ledgers: Mapping[str, Ledger]
    claims: Mapping[str, str]
    accounts: Mapping[str, Account]


def gather(log: EventLog, scheme_year: int, intake_position: int) -> Knowledge:
    """Read the log once; what intake told behind `intake_position` is left out."""
    ledgers = _ledgers(log, scheme_year)
    claims: dict[str, str] = {}
    for envelope in log.scan(f"benefits/claim/{scheme_year}/"):
        event = envelope.event
        if isinstance(event, ClaimReserved):
            claims[event.person_ref] = event.household_ref
        elif isinstance(event, ClaimReleased):
            del claims[event.person_ref]
    accounts = {
        event.client: Account(event.account_ref, event.fingerprint)
        for envelope in log.scan(ACCOUNTS)
        if isinstance(event := envelope.event, AccountBound)
    }
    for client, _ in log.kept_all(ERASURE):
        accounts.pop(client, None)
    return Knowledge(_households(log, intake_position), ledgers, claims, accounts)


def _households(log: EventLog, intake_position: int) -> dict[str, Household]:
    beyond = {key for key, position in log.kept_all(SEEN_AT) if int(position) > intake_position}
    known: dict[str, Household] = defaultdict(Household)
    for envelope in log.scan(HOUSEHOLDS):
        event = envelope.event
        if isinstance(event, HouseholdNoted | ApplicationNoted) and _key(event) not in beyond:
            known[event.household_ref] = household.evolve(known[event.household_ref], event)
    return {ref: each for ref, each in known.items() if each.noted}


def _key(event: HouseholdNoted | ApplicationNoted) -> str:
    source = event.source_version if isinstance(event, HouseholdNoted) else event.application_ref
    return seen_key(event.household_ref, source)


def _ledgers(log: EventLog, scheme_year: int) -> dict[str, Ledger]:
    known: dict[str, Ledger] = defaultdict(Ledger)
    for envelope in log.scan(f"benefits/ledger/{scheme_year}/"):
        event = envelope.event
        if isinstance(event, OpeningBalanceRecorded | LedgerReserved | LedgerReleased):
            known[event.household_ref] = ledger.evolve(known[event.household_ref], event)
    return known


def unclaimed_openings(known: Knowledge, rules: AllowanceRules) -> Iterator[ClaimOpeningBalance]:
    """Adults who shared in what was paid before, by the household at its beginning and on the reference date."""
    for household_ref, books in known.ledgers.items():
        each = known.households.get(household_ref)
        if each is None:
            continue
        for opening in list(books.openings.values())[:1]:
            missing = sorted(_sharers(each, rules) - known.claims.keys())
            if missing:
                yield ClaimOpeningBalance(
                    household_ref=household_ref,
                    municipality=opening.municipality,
                    scheme=opening.scheme,
                    scheme_year=opening.scheme_year,
                    right_ref=opening.right_ref,
                    persons=tuple(missing),
                )


def _sharers(each: Household, rules: AllowanceRules) -> set[str]:
    first = each.first()
    rule = rules.municipality(first.municipality) if first is not None else None
    then = each.at(rule.reference_on) if rule is not None else None
    return {person for facts in (first, then) if facts is not None for person in adults(facts)}


def dwellings(known: Knowledge, rules: AllowanceRules) -> dict[str, str]:
    """Dwelling to household, for every household that had something of the scheme year."""
    held: dict[str, str] = {}
    for household_ref, books in known.ledgers.items():
        each = known.households.get(household_ref)
        first = each.first() if each is not None and books.taken_cents else None
        rule = rules.municipality(first.municipality) if first is not None else None
        facts = each.at(rule.reference_on) if each is not None and rule is not None else None
        if facts is not None:
            held.setdefault(facts.dwelling_ref, household_ref)
    return held


@dataclass(frozen=True, slots=True)
class Period:
    """What a right is about, besides its household."""

    scheme: Scheme
    scheme_year: int
    tranche: int


@dataclass(frozen=True, slots=True)
class _Past:
    sequence: int = 1
    granted_cents: int = 0
    last_facts_hash: str = field(default="")


def households(log: EventLog, known: Knowledge, period: Period) -> Iterator[Known]:
    """Every household with what it had and what was decided about it before."""
    for household_ref, each in known.households.items():
        books = known.ledgers.get(household_ref)
        past = _past(log, household_ref, period) if _ever_a_candidate(each) else _Past()
        yield Known(
            household_ref=household_ref,
            household=each,
            taken_cents=books.taken_cents if books is not None else 0,
            sequence=past.sequence,
            granted_cents=past.granted_cents,
            last_facts_hash=past.last_facts_hash,
        )


def _ever_a_candidate(each: Household) -> bool:
    return bool(each.applications) or any(fact.facts.benefit != "none" for fact in each.noted)


def _past(log: EventLog, household_ref: str, period: Period) -> _Past:
    past = _Past()
    while history := log.read(right_stream(_named(household_ref, period, past.sequence))):
        decision = history[0].event
        stands = isinstance(decision, AllowanceGranted) and not isinstance(history[-1].event, AllowanceRevoked)
        granted_cents = decision.amount_cents if isinstance(decision, AllowanceGranted) and stands else 0
        facts_hash = decision.facts_hash if isinstance(decision, AllowanceRefused) else ""
        past = _Past(past.sequence + 1, past.granted_cents + granted_cents, facts_hash)
    return past


def _named(household_ref: str, period: Period, sequence: int) -> str:
    return right_ref(period.scheme, household_ref, period.scheme_year, period.tranche, sequence)
