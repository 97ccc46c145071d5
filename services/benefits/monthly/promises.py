"""Gather what everybody was promised for a month: from its runs, their payments, and who stands in none of them yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from services.benefits.bank_calendar import BankCalendar
from services.benefits.manifest import EntitledLine, Manifests, WaitingLine
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import last_day
from services.benefits.monthly.preparing import NOT_DUE
from services.benefits.monthly.punctuality import Promise
from services.benefits.monthly.roll import Roll
from services.benefits.monthly.rules import StepName
from services.benefits.payments import Payments, Position
from services.benefits.references import run_stream
from services.benefits.request import known_runs
from services.benefits.run import RUN
from services.benefits.run_state import Approved, Closed, Prepared, Released, Releasing
from services.contracts.runs import RunPrepared
from services.eventlog.log import EventLog

Living = Prepared | Approved | Releasing | Released


def step_of(run: Living) -> StepName:
    """What those of its lines wait for that have no right yet; what was held at its release waits for another run."""
    match run:
        case Prepared() | Approved() if run.safeguards.unjudged or run.safeguards.wrong:
            return "sample"
        case Prepared():
            return "approval"
        case Approved() | Releasing():
            return "release"
        case Released():
            return "preparation"
        case _:
            assert_never(run)


@dataclass(frozen=True, slots=True)
class MonthlyPromises:
    """Where promises are read."""

    log: EventLog
    manifests: Manifests
    payments: Payments
    norms: Norms
    calendar: BankCalendar
    roll: Roll

    def of(self, month: date) -> Iterator[Promise]:
        """One promise per client and municipality with a right in the month: by the last of its runs that has them, else by the rules."""
        told: dict[tuple[str, str], Promise] = {}
        for run in self._runs(month):
            for promise in self._of_run(run):
                told[promise.client, promise.municipality] = promise
        yield from told.values()
        promised_on = self.calendar.at_latest(month.replace(day=self.norms.payment_day(last_day(month))))
        for client, municipality in self.roll.of(month):
            if (client, municipality) not in told:
                yield Promise(client, municipality, promised_on, "preparation")

    def _runs(self, month: date) -> list[Living]:
        """The runs of a month that did not end without money, the first prepared first."""
        found: list[tuple[datetime, Living]] = []
        for run_ref in known_runs(self.log):
            history = self.log.read(run_stream(run_ref))
            state = RUN.fold(envelope.event for envelope in history)
            run = state.run if isinstance(state, Closed) else state
            if isinstance(run, Living) and _is_of(run.prepared, month):
                found.append((history[0].recorded_at, run))
        return [run for _, run in sorted(found, key=lambda each: each[0])]

    def _of_run(self, run: Living) -> Iterator[Promise]:
        prepared = run.prepared
        positions = {each.right_ref: each for each in self.payments.of_run(prepared.run_ref)}
        left = {each.message_id for each in run.handovers} if isinstance(run, Released) else set()
        for line in self.manifests.read(prepared.manifest_hash):
            if isinstance(line, EntitledLine):
                step, paid_on = _stands(line, positions, left, step_of(run))
                yield Promise(line.client, line.municipality, prepared.promised_on, step, "", paid_on)
            elif isinstance(line, WaitingLine) and line.reasons not in [(each,) for each in NOT_DUE]:
                yield Promise(line.client, line.municipality, prepared.promised_on, "preparation", line.reasons[-1])


def _is_of(prepared: RunPrepared, month: date) -> bool:
    return prepared.kind == "month" and (prepared.scheme_year, prepared.tranche) == (month.year, month.month)


ORDER: tuple[StepName, ...] = ("pay-again", "preparation", "sample", "approval", "release", "payment-file", "hand-over", "bank")


def _stands(line: EntitledLine, positions: dict[str, Position], left: set[str], before: StepName) -> tuple[StepName, date | None]:
    """The step that the slowest payment of a line waits for; once all are paid or set off, the day of the last."""
    rights = [positions.get(right.right_ref) for right in line.rights]
    steps = [before if each is None else _step(each, left) for each in rights]
    if steps and any(step != "bank-booked" for step in steps):
        return next(step for step in ORDER if step in steps), None
    days = [date.fromisoformat(each.booked_on) for each in rights if each is not None and each.standing == "paid"]
    return "bank-booked", max(days, default=_decided_on(line))


def _step(position: Position, left: set[str]) -> StepName:
    match position.standing:
        case "paid" | "revoked":
            return "bank-booked"
        case "sent":
            return "bank" if position.message_id in left else "hand-over"
        case "rejected" | "returned" | "withdrawn":
            return "pay-again"
        case _:
            return "payment-file"


def _decided_on(line: EntitledLine) -> date:
    """When a line without a payment was settled: the day of its decision."""
    return (*line.months, *line.reclaims, *line.holidays, *line.advances, *line.refunds)[-1].decided_on
