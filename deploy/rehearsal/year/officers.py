"""The payments officers' part of a month: prepared, released, taken to the bank, answered, paid again, corrected and closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from deploy.rehearsal.runs import RunDesks
from services.benefits.bank_calendar import BankCalendar

AGAIN = timedelta(days=7)
RUNS_SET_ASIDE = 5


@dataclass
class MonthRuns:
    """The runs of a month by reference: those that decide (the first, then corrections), and those that paid again what failed."""

    month: date
    deciding: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return iter((*self.deciding, *self.again))

    @property
    def name(self) -> str:
        """Such as `2024-06`."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Officers:
    """Who prepares, and whose runs others judge and sign."""

    desks: RunDesks
    calendar: BankCalendar

    def pay_month(self, runs: MonthRuns, today: date, clients: int) -> date:
        """The month from preparation to the bank; the promised day, on which the bank pays."""
        seen = self._ordered(runs, {"decided_on": today.isoformat()}, clients)
        promised_on = date.fromisoformat(seen["prepared"]["promised_on"])
        self._out(runs, promised_on)
        return promised_on

    def order_wrongly(self, runs: MonthRuns, today: date, clients: int) -> None:
        """Somebody promises the money for the next day, sees it, and aborts the run before anybody signs."""
        wrong = {"decided_on": today.isoformat(), "promised_on": self._settling(today + timedelta(days=3)).isoformat()}
        self._ordered(runs, wrong, clients)
        runs.aborted.append(runs.deciding.pop())
        self.desks.abort(runs.aborted[-1], "wrong-dates")

    def correct(self, runs: MonthRuns, today: date, clients: int) -> None:
        """The month once more, for those of whom something else is known by now; the rest comes to the same, and to nothing."""
        on = self._settling(today + AGAIN)
        seen = self._ordered(runs, {"decided_on": today.isoformat(), "promised_on": on.isoformat()}, clients)
        if seen["prepared"]["granted"]:
            self._out(runs, on)
        else:
            runs.aborted.append(runs.deciding.pop())
            self.desks.abort(runs.aborted[-1], "other")

    def pay_again(self, runs: MonthRuns, today: date) -> None:
        """What failed of the first run, where its clients named another account."""
        on, run = self._settling(today + AGAIN), runs.deciding[0]
        body = {"decided_on": today.isoformat(), "promised_on": on.isoformat()}
        again = str(self.desks.staff.officer.post(f"/v1/runs/{run}/pay-agains", f"again-{run}", body)["run_ref"])
        if not self.desks.prepared(again, "payments to make again", 0)["prepared"]["granted"]:
            self.desks.abort(again, "other")
            return
        runs.again.append(again)
        self._released(runs, again, on)

    def hear_and_close(self, runs: MonthRuns) -> None:
        """What the bank answered for everything that is out, and the runs that add up by it."""
        while runs.open:
            self.desks.hear_the_bank(runs.open[0])
            self.desks.close(runs.open[0])
            runs.open.pop(0)

    def _ordered(self, runs: MonthRuns, body: dict[str, str], clients: int) -> Any:  # noqa: ANN401 - JSON
        number = len(runs.deciding) + len(runs.aborted)
        answer = self.desks.staff.officer.post(f"/v1/months/{runs.name}/runs", f"month-{runs.name}-{number}", body)
        runs.deciding.append(str(answer["run_ref"]))
        return self.desks.prepared(runs.deciding[-1], f"{runs.name}: clients", clients)

    def _out(self, runs: MonthRuns, on: date) -> None:
        """The difference with the run before is looked at, then it goes."""
        self.desks.staff.approver.get(f"/v1/runs/{runs.deciding[-1]}/differences")
        self._released(runs, runs.deciding[-1], on)

    def _released(self, runs: MonthRuns, run: str, on: date) -> None:
        self._make_room(run)
        self.desks.approve_and_release(run, on)
        self.desks.hand_over(run)
        runs.open.append(run)

    def _make_room(self, run: str) -> None:
        """Where a budget does not hold the run, or nobody set one, the municipality sets so many runs like it aside."""
        seen, holder = self.desks.shown(run), self.desks.staff.budget_holder
        year = seen["prepared"]["scheme_year"]
        path = f"/v1/schemes/monthly-benefit/years/{year}/budgets"
        taken = {row["municipality"]: row["taken_cents"] for row in holder.get(path)["municipalities"]}
        for row in seen["budgets"]:
            code, takes = row["municipality"], row["takes_cents"]
            if row["left_cents"] is None or row["left_cents"] < takes:
                body = {"amount_cents": taken[code] + RUNS_SET_ASIDE * takes, "decision_ref": f"{code}-{year}-{run}"}
                holder.post(f"{path}/{code}", f"budget-{code}-{run}", body)

    def _settling(self, day: date) -> date:
        return self.calendar.at_latest(day)
