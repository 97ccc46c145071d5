"""Many hands at the same moment on a real log: one grant, one payment, one signature, one handover."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from services.benefits.decision import DECISION, GrantAllowance
from services.benefits.payment import PAYMENT, AllowPayAgain
from services.benefits.references import right_stream
from services.contracts.benefits import AllowanceGranted, AllowanceWithheld, PaymentInstructed
from services.contracts.codec import published
from services.eventlog.decider import Decider
from services.eventlog.handle import Work
from services.eventlog.log import Answer, Origin
from services.eventlog.sqlite import SqliteLog
from tests.benefits.a_region import NOW
from tests.benefits.facts import HOUSEHOLD, NEIGHBOUR, OTHER_RUN, RIGHT, RUN, grant, instruct, returned, terms

HANDS = 8
commands = count(1)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    made = SqliteLog("benefits", tmp_path / "log.sqlite", published())
    yield made
    made.close()


def together(log: SqliteLog, decider: Decider[Any, Any], asked: Callable[[int], Any]) -> list[Answer]:
    """Every hand gives its command when all of them are ready."""
    ready = Barrier(HANDS)

    def give(hand: int) -> Answer:
        command, origin = asked(hand), Origin(f"s-{hand}", f"command-{next(commands)}", NOW, "c")
        ready.wait(10)
        return log.submit(Work(decider, lambda _tx: command, origin, b"")).result(10)

    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(give, range(HANDS)))


def kinds(log: SqliteLog, *kind: type[Any]) -> list[Any]:
    return [envelope.event for envelope in log.scan("benefits/") if isinstance(envelope.event, kind)]


def test_two_runs_that_grant_one_right_at_the_same_moment_grant_it_once(log: SqliteLog) -> None:
    answers = together(log, DECISION, lambda hand: grant(RUN if hand % 2 else OTHER_RUN))

    assert len(kinds(log, AllowanceGranted)) == 1
    assert sorted({answer.outcome for answer in answers}) == ["accepted", "refused", "unchanged"]


def test_rights_of_one_household_at_the_same_moment_stay_within_the_year(log: SqliteLog) -> None:
    together(log, DECISION, lambda hand: replace(grant(), terms=terms(right_ref=f"r{hand:026x}")))

    assert (len(kinds(log, AllowanceGranted)), len(kinds(log, AllowanceWithheld))) == (1, HANDS - 1)


def test_two_households_with_one_adult_at_the_same_moment_get_it_once(log: SqliteLog) -> None:
    def of(hand: int) -> GrantAllowance:
        return replace(grant(), terms=terms(right_ref=f"r{hand:026x}", household_ref=HOUSEHOLD if hand % 2 else NEIGHBOUR))

    together(log, DECISION, of)

    assert len({fact.household_ref for fact in kinds(log, AllowanceGranted)}) == 1


def test_a_payment_that_is_made_again_by_many_at_the_same_moment_is_made_once(log: SqliteLog) -> None:
    log.submit(Work(DECISION, lambda _tx: grant(), Origin("s", "grant", NOW, "c"), b"")).result(10)
    log.submit(Work(PAYMENT, lambda _tx: instruct(), Origin("s", "instruct", NOW, "c"), b"")).result(10)
    failed: Decider[None, None] = Decider(
        initial=None,
        reads=lambda _command: (right_stream(RIGHT),),
        decide=lambda _state, _command: [returned(reason="AM04")],
        evolve=lambda state, _event: state,
    )
    log.submit(Work(failed, lambda _tx: None, Origin("s", "failed", NOW, "c"), b"")).result(10)
    log.submit(Work(PAYMENT, lambda _tx: AllowPayAgain(RIGHT, 1, "cause-mended", "s"), Origin("s", "found", NOW, "c"), b"")).result(10)
    answers = together(log, PAYMENT, lambda hand: instruct(2, f"m-{hand:03d}"))

    assert sorted(answer.outcome for answer in answers) == ["accepted", *["refused"] * (HANDS - 1)]
    assert [payment.attempt for payment in kinds(log, PaymentInstructed)] == [1, 2]
