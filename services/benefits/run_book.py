"""What figures about runs, budgets and the monthly benefit rest on, kept in memory: read from the log once, then moved by what is new."""

from dataclasses import dataclass, field
from datetime import date

import orjson

from services.benefits.monthly.benefit import STREAMS
from services.benefits.monthly.dossier import Span, cut
from services.benefits.municipal_budget import MUNICIPAL_BUDGET, MunicipalBudget
from services.benefits.references import run_stream
from services.benefits.run import RUN
from services.benefits.run_state import Closed, Released, Run
from services.contracts.bank import BankLineUnmatched
from services.contracts.codec import Record
from services.contracts.intake import Scheme
from services.contracts.monthly import BenefitEnded, BenefitGranted, BenefitWithdrawn
from services.contracts.monthly_money import BenefitTakenOver, MonthDecided
from services.eventlog.log import EventLog

RECORDS_A_READ = 5_000
RUNS = run_stream("")
BUDGETS = "benefits/budget/"
Budgeted = tuple[Scheme, int, str]
"""Scheme, scheme year and municipality."""
Holder = tuple[str, str]
"""A client and a municipality in which they may have a right."""

ENDS = frozenset({BenefitEnded.TYPE, BenefitWithdrawn.TYPE})


@dataclass(frozen=True, slots=True)
class Entitled:
    """Over which days a client has or had a right to a monthly benefit; up to which month the system before this one paid it."""

    spans: tuple[Span, ...] = ()
    paid_upto: str = ""

    def within(self, first: date, last: date) -> bool:
        """Whether there is a right on a day from `first` up to and including `last`, the last day of a month, that is paid here."""
        return f"{last:%Y-%m}" > self.paid_upto and any(span.first <= last and span.until > first for span in self.spans)

    def after(self, record: Record) -> "Entitled":
        """The same after one more fact of the client's benefit."""
        spans, paid_upto = self.spans, self.paid_upto
        if record.type == BenefitGranted.TYPE:
            spans = (*spans, Span(_effective_on(record)))
        elif record.type in ENDS:
            spans = cut(spans, _effective_on(record))
        elif record.type == BenefitTakenOver.TYPE:
            paid_upto = orjson.loads(record.data)["upto"]
        return Entitled(spans, paid_upto)


NOBODY = Entitled()


@dataclass(slots=True)
class RunBook:
    """Runs as they stand, the first prepared first; lines of the bank that fit nothing; who is entitled; months decided; budgets."""

    log: EventLog
    runs: dict[str, Run] = field(default_factory=dict)
    released_cents: dict[str, int] = field(default_factory=dict)
    unmatched: int = 0
    entitled: dict[Holder, Entitled] = field(default_factory=dict)
    decided: dict[str, set[Holder]] = field(default_factory=dict)
    budgets: dict[Budgeted, MunicipalBudget] = field(default_factory=dict)
    _upto: int = 0
    _changed: dict[str, None] = field(default_factory=dict)
    _budgets_changed: dict[str, Budgeted] = field(default_factory=dict)

    def catch_up(self) -> None:
        """Take in what is new."""
        while records := self.log.after(self._upto, RECORDS_A_READ):
            for record in records:
                self._take(record)
            self._upto = records[-1].position
        for run_ref in self._changed:
            self._fold(run_ref)
        for stream, budgeted in self._budgets_changed.items():
            self.budgets[budgeted] = MUNICIPAL_BUDGET.fold(envelope.event for envelope in self.log.read(stream))
        self._changed.clear()
        self._budgets_changed.clear()

    def forget_before(self, month: date) -> None:
        """Let go of months decided, and of rights that ended, before the month that begins on a day."""
        for name in [name for name in self.decided if name < f"{month:%Y-%m}"]:
            del self.decided[name]
        for holder in [holder for holder, each in self.entitled.items() if each.spans and not each.within(month, date.max)]:
            del self.entitled[holder]

    def _take(self, record: Record) -> None:
        if record.stream.startswith(RUNS):
            self._changed[record.stream.removeprefix(RUNS)] = None
        elif record.stream.startswith(BUDGETS):
            told = orjson.loads(record.data)
            self._budgets_changed[record.stream] = told["scheme"], told["scheme_year"], told["municipality"]
        elif record.type == BankLineUnmatched.TYPE:
            self.unmatched += 1
        elif record.stream.startswith(STREAMS):
            self._benefit((record.stream.removeprefix(STREAMS), str(record.municipality)), record)

    def _benefit(self, holder: Holder, record: Record) -> None:
        if record.type == MonthDecided.TYPE:
            self.decided.setdefault(orjson.loads(record.data)["month"], set()).add(holder)
            return
        entitled = self.entitled.get(holder, NOBODY).after(record)
        if entitled.spans or entitled.paid_upto:
            self.entitled[holder] = entitled
        else:
            self.entitled.pop(holder, None)

    def _fold(self, run_ref: str) -> None:
        run = RUN.fold(envelope.event for envelope in self.log.read(run_stream(run_ref)))
        self.runs[run_ref] = run
        released = run.run if isinstance(run, Closed) else run
        if isinstance(released, Released):
            self.released_cents[run_ref] = released.released.total_cents
        else:
            self.released_cents.pop(run_ref, None)


def _effective_on(record: Record) -> date:
    return date.fromisoformat(orjson.loads(record.data)["effective_on"])
