"""A year, month by month: what people do before the promised day and after it, with the clock turned forward in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from deploy.region.benefit_clients import BenefitClient
from deploy.region.courses import Course
from deploy.region.happenings import mistaken
from deploy.rehearsal.summary import Timing
from deploy.rehearsal.teams import form_teams
from deploy.rehearsal.year.caseworkers import Caseworkers
from deploy.rehearsal.year.officers import MonthRuns, Officers
from deploy.rehearsal.year.turning import BENEFITS, Turning

DAY_OF_DECISIONS = 18
"""Early enough for every step of a month's timetable, also in a month of Christmas or Easter."""

LEFT_EVERY = 3
"""In one of so many months a client whose money came back is found to have left."""

AFTER_THE_PROMISE = timedelta(days=4)
"""By then the bank has sent back what did not arrive."""


@dataclass
class Year:
    """Who does what, and the runs of each month so far."""

    clients: Sequence[BenefitClient]
    firsts: Sequence[date]
    workers: Caseworkers
    officers: Officers
    turning: Turning
    today: Callable[[], date]
    timing: Timing
    runs: list[MonthRuns] = field(default_factory=list)

    def live(self) -> None:
        """Every month, and then the day on which the last answers of the bank are in."""
        self.timing.of("teams", lambda: form_teams(self.workers.staff.teams, self.workers.bars))
        for number, first in enumerate(self.firsts):
            self.timing.of(f"{first:%Y-%m}", lambda number=number: self._month(number))  # type: ignore[misc]  # default binds the loop
        self._turn(_decision_day(_after(self.firsts[-1])))
        self._settle_last()

    def _month(self, number: int) -> None:
        month = self.firsts[number]
        if number:
            self._turn(_decision_day(month))
            self._settle_last()
        self.workers.month(number, self.turning.day)
        self.runs.append(MonthRuns(month))
        promised_on = self._before_the_promise(number)
        self._turn(promised_on + AFTER_THE_PROMISE, only_benefits=True)
        self._after_the_promise(number)

    def _before_the_promise(self, number: int) -> date:
        runs, known = self.runs[-1], len(self.workers.refs)
        if number == min(2, len(self.firsts) - 1):
            self.officers.order_wrongly(runs, self.turning.day, known)
        return self.officers.pay_month(runs, self.turning.day, known)

    def _after_the_promise(self, number: int) -> None:
        """The bank's answers, other accounts and what was mistaken; what follows on them is paid within a week."""
        runs, today = self.runs[-1], self.turning.day
        self.officers.hear_and_close(runs)
        self.workers.write_of_claims(today)
        asked = self.officers.desks.clients_to_ask(runs.deciding[0])
        stay = self.workers.left(asked, number, today) if number % LEFT_EVERY == 1 else asked
        if self.workers.other_accounts(stay, number):
            self.officers.pay_again(runs, today)
        wrong = [each for each in self.clients if each.course is Course.MISTAKEN and each.turns == number]
        if wrong:
            self.workers.decide([(each, (mistaken(each, self.firsts),)) for each in wrong], today)
            self.officers.correct(runs, today, len(self.workers.refs))

    def _settle_last(self) -> None:
        self.officers.hear_and_close(self.runs[-1])

    def _turn(self, day: date, *, only_benefits: bool = False) -> None:
        if only_benefits:
            self.turning.to(day, self.today(), BENEFITS)
        else:
            self.turning.to(day, self.today())


def days_of(first: date, months: int) -> list[date]:
    """The first days of so many months."""
    days = [first]
    while len(days) < months:
        days.append(_after(days[-1]))
    return days


def starting_day(first: date) -> date:
    """The day on which a year begins that has this first month."""
    return _decision_day(first)


def _after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _decision_day(first: date) -> date:
    return first.replace(day=DAY_OF_DECISIONS)
