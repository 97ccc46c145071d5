"""Row `months`: a month of benefits from decisions to bank statement, benefits killed at each of its points; then it again, and twice."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from deploy.region.benefit_clients import benefit_clients
from deploy.region.courses import Course
from deploy.region.happenings import mistaken
from deploy.rehearsal.runs import RunDesks
from deploy.rehearsal.teams import form_teams
from deploy.rehearsal.year.caseworkers import Caseworkers
from deploy.rehearsal.year.figures import Asking
from deploy.rehearsal.year.officers import MonthRuns, Officers
from deploy.rehearsal.year.story import starting_day
from services.benefits.bank_calendar import installed
from tests.faults import points
from tests.faults.board import Board
from tests.faults.killing import OTHERS, RUN, at_random, beside, ended, in_order
from tests.faults.site import SEED, Site, Terms, no_bars
from tests.faults.stage import Failed

ROW = "months"
CLIENTS = 40
FIRST = date(2024, 6, 1)
DAY = starting_day(FIRST)
TERMS = Terms(day=DAY)

DECIDING: Final = tuple((point, "decisions") for point in (points.RUN, *points.SERVICE))
"""The answer to a decision first, as there are only so many of them; the load passes the others too."""
AGAIN: Final = (
    *((point, "prepare again") for point in points.PREPARING),
    (points.RUN, "release again"),
    *((point, "release again") for point in points.RELEASING),
    *((point, "payment file again") for point in ("files:before-bytes", "file:half-written", "files:bytes", "files:fact")),
    (points.RUN, "hand over again"),
    *((point, "bank answer again") for point in points.SETTLING),
)
"""What benefits passes where a month pays again what failed."""


def _paid(site: Site, board: Board, officers: Officers) -> MonthRuns:
    runs = MonthRuns(FIRST)
    with in_order(site, board, ROW, RUN), at_random(site, board, OTHERS, ROW):
        officers.pay_month(runs, DAY, CLIENTS)
        officers.hear_and_close(runs)
    return runs


def _paid_again(site: Site, board: Board, officers: Officers, workers: Caseworkers, runs: MonthRuns) -> None:
    workers.other_accounts(officers.desks.clients_to_ask(runs.deciding[0]), 0)
    with in_order(site, board, ROW, AGAIN):
        officers.pay_again(runs, DAY)
        officers.hear_and_close(runs)
    if not runs.again:
        raise Failed("nothing failed, so nothing was paid again")


def _ordered_again(board: Board, officers: Officers) -> None:
    """Two officers order the same month once more at the same moment: it is the run that there is."""
    with board.cell(ROW, "ordered again, twice at once: the run that there is"):
        told = list[str]()
        order = {"decided_on": DAY.isoformat()}
        beside({key: partial(lambda key: told.append(_ordered(officers, key, order)), key) for key in ("same-1", "same-2")})
        if len(told) != 2 or len(set(told)) != 1:
            raise Failed(f"two orders came to {told}")


def _ordered(officers: Officers, key: str, order: dict[str, str]) -> str:
    return str(officers.desks.staff.officer.post(f"/v1/months/{FIRST:%Y-%m}/runs", key, order)["run_ref"])


def _corrected_twice(board: Board, officers: Officers, workers: Caseworkers, runs: MonthRuns) -> None:
    """Something else is known of a client by now: two runs over the same month correct it, both released at once, and one pays."""
    with board.cell(ROW, "two corrections of a month released at once: one pays"):
        wrong = [each for each in workers.clients if each.course is Course.MISTAKEN]
        workers.decide([(each, (mistaken(each, [FIRST]),)) for each in wrong], DAY)
        days = {f"correct-{number}": officers.calendar.at_latest(DAY + timedelta(days=number)) for number in (7, 9)}
        corrections = [_ordered(officers, key, {"decided_on": DAY.isoformat(), "promised_on": on.isoformat()}) for key, on in days.items()]
        asked = [officers.desks.prepared(run, "correction", 0)["prepared"]["total_cents"] for run in corrections]
        beside({run: partial(officers.desks.approve_and_release, run, on) for run, on in zip(corrections, days.values(), strict=True)})
        given = [officers.desks.shown(run)["released"]["total_cents"] for run in corrections]
        if not asked[0] or asked[0] != asked[1] or sorted(given) != [0, asked[0]]:
            raise Failed(f"asked for {asked} cents, given {given}")
    for run in corrections:
        officers.desks.hand_over(run)
    runs.deciding.extend(corrections)
    runs.open.extend(corrections)
    officers.hear_and_close(runs)


def _agreed(site: Site, officers: Officers, runs: Sequence[MonthRuns], check: Callable[[], None]) -> None:
    for month in Asking(officers.desks, site.settings).months(runs, check):
        if not month.agree:
            raise Failed(f"the sources disagree: {month.by_source}")


def months(site: Site, board: Board) -> None:
    """The whole row."""
    staff = site.story.staff
    form_teams(staff.teams, no_bars)
    site.load.start()
    officers = Officers(RunDesks(staff, site.folder / "bank", site.story.check, no_bars), installed())
    workers = Caseworkers(staff, list(benefit_clients(CLIENTS, SEED + 2, FIRST, 1)), [FIRST], SEED + 2, no_bars)
    with in_order(site, board, ROW, DECIDING), at_random(site, board, OTHERS, ROW, seed=2):
        workers.month(0, DAY)
    runs = _paid(site, board, officers)
    _paid_again(site, board, officers, workers, runs)
    _ordered_again(board, officers)
    _corrected_twice(board, officers, workers, runs)
    ended(site, board, ROW, lambda: _agreed(site, officers, [runs], site.story.check))
