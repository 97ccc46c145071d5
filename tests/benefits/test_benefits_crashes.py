"""The process dies at any write; the next one goes on, and nothing is lost, doubled or different."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import TypeVar

import pytest

from services.benefits.request import REQUESTS, problem, requested
from services.benefits.run_state import Prepared, Released
from services.contracts.codec import published
from services.contracts.runs import RunReleased
from services.eventlog.log import LogUnavailable
from services.eventlog.memory import MemoryLog, MemoryTransaction
from services.eventlog.reactor import HELD
from tests.benefits.a_region import DEBTOR, Home, Region, region

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone."""


class MortalLog(MemoryLog):
    """A log whose process dies at one of its writes: before that write, or after it when `late`."""

    lives: int | None = None
    late: bool = False

    def submit(self, work: Callable[[MemoryTransaction], T]) -> "Future[T]":
        if self.lives is None:
            return super().submit(work)
        self.lives -= 1
        if self.lives < 0 and not self.late:
            raise Killed
        done = super().submit(work)
        if self.lives < 0:
            raise Killed
        return done


@pytest.fixture
def log() -> MortalLog:
    return MortalLog("benefits", published())


@pytest.fixture
def mortal(log: MortalLog, tmp_path: Path) -> Region:
    """Four households to be granted and one to be refused, in two payment files."""
    made = region(tmp_path, log, most_transfers=2)
    made.knows(*(Home(n) for n in range(1, 5)), Home(5, living="institution"))
    return made


def history(made: Region) -> set[tuple[str, int, str, bytes]]:
    return {(record.stream, record.version, record.type, record.data) for record in made.log.after(0, 10_000)}


def dies(log: MortalLog, lives: int, doing: Callable[[], object]) -> bool:
    """Whether the process died within so many writes."""
    log.lives = lives
    try:
        doing()
    except Killed:
        return True
    finally:
        log.lives = None
    return False


def reopened(before: Region, log: MortalLog, folder: Path) -> Region:
    """The next process on the same log, files and vault."""
    return region(folder, log, most_transfers=2, vault=before.office.vault)


@dataclass
class Story:
    """A run to its last cent, in which the process dies once, at its write `lives` in the chapter of that number."""

    folder: Path
    log: MortalLog
    chapter: int
    lives: int
    died: bool = False

    def told(self) -> Region:
        made = region(self.folder, self.log, most_transfers=2)
        made.knows(*(Home(n) for n in range(1, 5)), Home(5, living="institution"))
        run = made.orders()
        made = self.until_done(0, made, Region.works)
        made.approves(run)
        made = self.until_done(1, made, lambda region: region.releases(run))
        answers = made.bank_answers(run, self.folder)
        return self.until_done(2, made, lambda region: region.hears(*answers))

    def until_done(self, chapter: int, made: Region, doing: Callable[[Region], object]) -> Region:
        """Who got no answer asks again, of the next process."""
        if chapter == self.chapter:
            self.died = dies(self.log, self.lives, lambda: doing(made))
            made = reopened(made, self.log, self.folder)
        doing(made)
        return made


def story(folder: Path, chapter: int, lives: int, late: str) -> tuple[Story, set[tuple[str, int, str, bytes]]]:
    log = MortalLog("benefits", published())
    log.late = late == "after"
    told = Story(folder / f"{chapter}-{lives}-{late}", log, chapter, lives)
    return told, history(told.told())


@pytest.mark.parametrize("late", ["before", "after"])
@pytest.mark.parametrize(("chapter", "least"), [(0, 1), (1, 13), (2, 6)], ids=["preparing", "releasing", "settling"])
def test_killed_at_any_write_a_run_ends_as_if_nothing_had_happened(tmp_path: Path, chapter: int, least: int, late: str) -> None:
    _, undisturbed = story(tmp_path, chapter=9, lives=0, late=late)

    for lives in count():
        tale, ended = story(tmp_path, chapter, lives, late)
        if not tale.died and lives >= least:
            break
        assert tale.died
        assert ended == undisturbed


def test_an_unfinished_release_goes_on_by_itself_at_the_next_start(log: MortalLog, mortal: Region, tmp_path: Path) -> None:
    run = mortal.prepares()
    mortal.approves(run)
    mortal.judges(run)
    assert dies(log, 3, lambda: mortal.releases(run))
    again = reopened(mortal, log, tmp_path)
    again.works()

    assert isinstance(again.office.run(run), Released)


@pytest.mark.parametrize("lives", [9, 11])
def test_a_release_goes_on_only_with_files_as_large_as_before(log: MortalLog, mortal: Region, tmp_path: Path, lives: int) -> None:
    run = mortal.prepares()
    mortal.approves(run)
    mortal.judges(run)
    assert dies(log, lives, lambda: mortal.releases(run))
    known = len(history(mortal))
    region(tmp_path, log, most_transfers=1, vault=mortal.office.vault).works()

    assert (problem(log, run), len(history(mortal))) == ("instructed-in-other-file", known)
    again = reopened(mortal, log, tmp_path)
    again.orders(position=mortal.told)
    again.works()
    assert mortal.office.bank.place(f"{run}-002").exists()


def test_files_that_would_say_something_else_than_before_a_stop_wait_for_somebody(log: MortalLog, mortal: Region, tmp_path: Path) -> None:
    run = mortal.prepares()
    mortal.approves(run)
    mortal.judges(run)
    assert dies(log, 12, lambda: mortal.releases(run))
    again = reopened(mortal, log, tmp_path)
    steps = again.office.jobs._steps
    renamed = replace(steps.writer.bank, debtor=replace(DEBTOR, name="Een andere naam"))
    object.__setattr__(steps, "writer", replace(steps.writer, bank=renamed))
    again.works()

    assert problem(log, run) == "recorded-otherwise"


def test_a_log_restored_from_its_facts_without_their_answers_pays_nobody_twice(log: MortalLog, mortal: Region, tmp_path: Path) -> None:
    run = mortal.prepares()
    mortal.approves(run)
    mortal.judges(run)
    assert dies(log, 4, lambda: mortal.releases(run))
    log._contents.answers.clear()
    again = reopened(mortal, log, tmp_path)
    again.works()

    state = again.office.run(run)
    assert isinstance(state, Released)
    assert (state.released.granted, state.released.withheld) == (4, 0)
    assert again.granted_cents() == {Home(number).ref: 130_000 for number in range(1, 5)}


def test_a_log_that_cannot_write_is_tried_again(mortal: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    run = mortal.prepares()
    mortal.approves(run)
    full = LogUnavailable("disk full")

    def refuse(*_: object) -> None:
        raise full

    with monkeypatch.context() as broken:
        broken.setattr(type(mortal.office.jobs._steps.writer), "write", refuse)
        mortal.releases(run)
    assert mortal.office.jobs.waiting() == 1
    mortal.works()

    assert mortal.office.jobs.waiting() == 0
    assert mortal.office.bank.place(f"{run}-002").exists()


def test_no_run_rests_on_records_that_are_held(mortal: Region) -> None:
    mortal.log.submit(lambda tx: tx.keep(HELD, "intake.events/3/7", b"key\nnot-json")).result(5)
    run = mortal.prepares()

    assert problem(mortal.log, run) == "intake-records-held"


def test_no_run_rests_on_what_intake_has_not_told_yet(mortal: Region) -> None:
    run = mortal.prepares(position=mortal.told + 1)

    assert problem(mortal.log, run) == "intake-not-reached"


def test_a_run_that_was_stuck_is_prepared_when_it_is_asked_for_again(mortal: Region) -> None:
    mortal.log.submit(lambda tx: tx.keep(HELD, "intake.events/3/7", b"key\nnot-json")).result(5)
    run = mortal.prepares()
    mortal.log.submit(lambda tx: tx.drop(HELD, "intake.events/3/7")).result(5)

    assert mortal.prepares() == run
    assert isinstance(mortal.office.run(run), Prepared)


def test_the_background_works_in_its_thread_until_it_is_stopped(mortal: Region) -> None:
    run = mortal.orders()
    stop = Signal()
    thread = Thread(target=mortal.office.jobs.run, args=(stop,))
    thread.start()
    mortal.office.jobs.wake()
    thread.join(0.5)
    stop.set()
    mortal.office.jobs.wake()
    thread.join(5)

    assert not thread.is_alive()
    assert isinstance(mortal.office.run(run), Prepared)


def test_a_stop_in_the_middle_leaves_the_rest_for_the_next_start(log: MortalLog, mortal: Region, tmp_path: Path) -> None:
    run = mortal.prepares()
    mortal.approves(run)
    mortal.office.jobs._stop.set()
    mortal.releases(run)
    assert problem(mortal.log, run) is None
    reopened(mortal, log, tmp_path).works()

    assert len(mortal.facts(RunReleased)) == 1


def test_nothing_waits_once_everything_is_done(mortal: Region) -> None:
    mortal.pays_out()

    assert (mortal.office.jobs.waiting(), mortal.office.jobs.round()) == (0, 0)


def test_a_run_whose_request_was_lost_is_known_by_its_preparation(log: MortalLog, mortal: Region, tmp_path: Path) -> None:
    run = mortal.prepares()
    before = requested(mortal.log, run)
    log.submit(lambda tx: tx.drop(REQUESTS, run)).result(5)
    mortal.approves(run)
    again = reopened(mortal, log, tmp_path)
    again.releases(run)

    assert requested(again.log, run) == before
    assert isinstance(again.office.run(run), Released)
