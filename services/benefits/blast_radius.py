"""Given something wrong - a fact, a rule version, an imported file - every decision and payment that rested on it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from services.benefits import household
from services.benefits.account import STREAMS as ACCOUNTS
from services.benefits.allowance_rules import AllowanceRules
from services.benefits.household import STREAMS as HOUSEHOLDS
from services.benefits.household import Household
from services.benefits.monthly.month_radius import Rests, on_ground, on_import, resting, rights_of, under_rules
from services.benefits.payments import Payments, Position
from services.benefits.policy import SEEN_AT, seen_key
from services.benefits.references import run_stream
from services.contracts.benefits import (
    AccountBound,
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    ApplicationNoted,
    HouseholdNoted,
    OpeningBalanceRecorded,
    PaymentEvent,
    PaymentInstructed,
)
from services.contracts.envelope import Envelope, Event
from services.contracts.monthly_money import EntitlementDecided, MonthlyRightGranted
from services.contracts.runs import RunPrepared
from services.eventlog.log import EventLog

RIGHTS, LEDGERS = "benefits/right/", "benefits/ledger/"
Decided = AllowanceGranted | AllowanceRefused | AllowanceWithheld


@dataclass(frozen=True, slots=True)
class WrongRules:
    """Rules under this version, or every version that begins so (`energy-allowance-2023/GM0361/`)."""

    rule_version: str


@dataclass(frozen=True, slots=True)
class WrongFact:
    """Version `source_version` of intake's stream of a household."""

    household_ref: str
    source_version: int


@dataclass(frozen=True, slots=True)
class WrongImport:
    """Lines of a file that was brought in: every command whose key begins so, such as `changes/_bulk:2024-02-`."""

    key_prefix: str


@dataclass(frozen=True, slots=True)
class WrongBankMessage:
    """A message of the bank, by the hash of its bytes."""

    document_ref: str


@dataclass(frozen=True, slots=True)
class WrongGround:
    """What months of the monthly benefit rested on, as they name it: `decision/dec-...`, `income/form-1`, `rule/norm single/2024-01-01`."""

    name: str


Cause = WrongRules | WrongFact | WrongImport | WrongBankMessage | WrongGround


@dataclass(frozen=True, slots=True)
class Radius:
    """Rights whose decision or payment rested on it, and the runs that decided them; apart from these the money of the monthly benefit."""

    decisions: tuple[Position, ...]
    payments: tuple[Position, ...]
    months: tuple[EntitlementDecided, ...] = ()
    monthly_rights: tuple[Position, ...] = ()

    @property
    def to_correct(self) -> dict[str, tuple[str, ...]]:
        """By run: the households about which a correction decides again."""
        runs = sorted({each.run_ref for each in self.decisions})
        return {run: tuple(sorted({each.household_ref for each in self.decisions if each.run_ref == run})) for run in runs}


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Where it is looked for: in the log, from its beginning."""

    log: EventLog
    payments: Payments
    rules: Sequence[AllowanceRules]

    def of(self, cause: Cause) -> Radius:
        """What rested on it, each right once and as it stands now. A cause that nothing rested on gives an empty radius."""
        match cause:
            case WrongRules(version):
                decided = (d.right_ref for d in self._decisions() if d.rule_version.startswith(version))
                return self._with_months(self._radius(decided, ()), under_rules(version))
            case WrongFact(ref, version):
                return self._radius(self._resting_on({(ref, version)}, frozenset()), ())
            case WrongImport(prefix):
                return self._with_months(self._import(prefix), on_import(self.log, prefix))
            case WrongBankMessage(document):
                return self._radius((), self._told_by(document))
            case WrongGround(name):
                return self._with_months(Radius((), ()), on_ground(name))
            case _:
                assert_never(cause)

    def _with_months(self, radius: Radius, rests: Rests) -> Radius:
        months = tuple(resting(self.log, rests))
        return replace(radius, months=months, monthly_rights=tuple(self._positions(rights_of(months))))

    def _radius(self, decisions: Iterable[str], payments: Iterable[str]) -> Radius:
        return Radius(tuple(self._positions(decisions)), tuple(self._positions(payments)))

    def _positions(self, rights: Iterable[str]) -> Iterator[Position]:
        return (position for ref in sorted(set(rights)) if (position := self.payments.of_right(ref)) is not None)

    def _decisions(self) -> Iterator[Decided]:
        return (event for envelope in self.log.scan(RIGHTS) if isinstance(event := envelope.event, Decided))

    def _import(self, prefix: str) -> Radius:
        """A file of facts or applications, of what was paid before, or of accounts."""
        noted = [envelope for envelope in self.log.scan(HOUSEHOLDS) if envelope.correlation_id.startswith(prefix)]
        facts = {(e.event.household_ref, e.event.source_version) for e in noted if isinstance(e.event, HouseholdNoted)}
        applied = {e.event.household_ref for e in noted if isinstance(e.event, ApplicationNoted)}
        paid = {e.household_ref for e in self._brought(LEDGERS, prefix) if isinstance(e, OpeningBalanceRecorded)}
        accounts = {e.account_ref for e in self._brought(ACCOUNTS, prefix) if isinstance(e, AccountBound)}
        return self._radius(self._resting_on(facts, frozenset(applied | paid)), self._paid_on(accounts))

    def _brought(self, streams: str, prefix: str) -> Iterator[Event]:
        return (envelope.event for envelope in self.log.scan(streams) if envelope.correlation_id.startswith(prefix))

    def _paid_on(self, accounts: set[str]) -> Iterator[str]:
        for envelope in self.log.scan(RIGHTS):
            event = envelope.event
            if isinstance(event, AllowanceGranted | MonthlyRightGranted | PaymentInstructed) and event.account_ref in accounts:
                yield event.right_ref

    def _told_by(self, document: str) -> Iterator[str]:
        for envelope in self.log.scan(RIGHTS):
            event = envelope.event
            if isinstance(event, PaymentEvent) and getattr(event, "document_ref", None) == document:
                yield event.right_ref

    def _resting_on(self, facts: set[tuple[str, int]], wholly: frozenset[str]) -> Iterator[str]:
        """Rights of households whose fact of the reference date, as the run knew it, is among these; of `wholly` all rights."""
        touched = {ref for ref, _ in facts}
        if not (touched or wholly):
            return
        seen, reads = {key: int(position) for key, position in self.log.kept_all(SEEN_AT)}, self._read_upto()
        for decided in self._decisions():
            ref = decided.household_ref
            if ref in wholly or (ref in touched and (ref, self._version(decided, seen, reads.get(decided.run_ref, 0))) in facts):
                yield decided.right_ref

    def _read_upto(self) -> dict[str, int]:
        """By run: the position of intake that it rested on."""
        prepared = (envelope.event for envelope in self.log.scan(run_stream("")))
        return {event.run_ref: event.intake_position for event in prepared if isinstance(event, RunPrepared)}

    def _version(self, decided: Decided, seen: dict[str, int], upto: int) -> int | None:
        known = Household()
        for envelope in self.log.read(HOUSEHOLDS + decided.household_ref):
            if _within(envelope, seen, upto):
                known = household.evolve(known, envelope.event)  # type: ignore[arg-type]  # the stream holds its own facts only
        rules = next(each for each in self.rules if each.scheme_year == decided.scheme_year)
        rule = rules.municipality(decided.municipality)
        fact = known.fact_at(rule.reference_on) if rule is not None else None
        return None if fact is None else fact.source_version


def _within(envelope: Envelope[Event], seen: dict[str, int], upto: int) -> bool:
    event = envelope.event
    if not isinstance(event, HouseholdNoted):
        return False
    return seen.get(seen_key(event.household_ref, event.source_version), 0) <= upto
