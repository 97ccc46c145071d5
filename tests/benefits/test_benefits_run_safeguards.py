"""What people do about a run: judge rows, sign, each once and another than the preparer, and take it back before a file left."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.benefits.run import RUN
from services.benefits.run_commands import CancelRun, CompleteCancellation, EscalateApproval, JudgeRow, PrepareRun, RecordFile
from services.benefits.run_state import Aborted, Approved, Cancelled, Closed, Prepared
from services.contracts.envelope import Event
from services.contracts.run_control import (
    RowVerdict,
    RunApprovalEscalated,
    RunCancellationOrdered,
    RunCancelled,
    RunSampleDrawn,
    SampleRow,
    SampleRowJudged,
)
from services.eventlog.decider import Refused
from tests.benefits.sentences import Given
from tests.benefits.test_benefits_run import (
    ABORT,
    ABORTED,
    APPROVE,
    APPROVED,
    CLOSE,
    COMPLETE,
    FILE,
    HASH,
    LAST,
    ORDER,
    ORDERED,
    PREPARED,
    REF,
    TAKE,
    TO_APPROVED,
    TO_CLOSED,
    TO_FILED,
    TO_ORDERED,
    TO_RELEASED,
    TODAY,
)

DUE = datetime(2024, 2, 16, 9, 0, tzinfo=UTC)
ROWS = tuple(SampleRow(right_ref=ref, municipality="GM0361", standing="granted") for ref in ("r1", "r2"))
DRAWN = RunSampleDrawn(run_ref=REF, manifest_hash=HASH, rows=ROWS)
ONE_OF_TWO = APPROVED.model_copy(update={"signature": 1, "needed": 2})
TWO_OF_TWO = APPROVED.model_copy(update={"signature": 2, "needed": 2, "approved_by": "s-third"})
CANCEL, CANCELLING = CancelRun(REF, "wrong-facts", "s-officer"), CompleteCancellation(REF)
TAKEN_BACK = RunCancellationOrdered(run_ref=REF, reason_code="wrong-facts", ordered_by="s-officer")
GONE = RunCancelled(run_ref=REF, withdrawn=2, total_cents=260_000)


FOUND_WRONG = Refused("judged-wrong", "a row that was found wrong stops the run: abort it and prepare again")
A_MONTH = [PREPARED.model_copy(update={"kind": "month"}), *TO_RELEASED[1:]]
A_FILED_MONTH = [PREPARED.model_copy(update={"kind": "month"}), *TO_FILED[1:]]
NOT_WRITTEN = Refused("files-not-written", "the payments of a month are withdrawn once all of them are in its files: try again")


def judged(verdict: RowVerdict, ref: str = "r1", by: str = "s-judge") -> SampleRowJudged:
    return SampleRowJudged(run_ref=REF, right_ref=ref, verdict=verdict, judged_by=by)


def judge(verdict: RowVerdict, ref: str = "r1", by: str = "s-judge") -> JudgeRow:
    return JudgeRow(REF, ref, verdict, by)


def test_drawn_rows_come_with_the_preparation() -> None:
    assert Given(RUN, []).when(PrepareRun(PREPARED, ROWS)) == [PREPARED, DRAWN]


@pytest.mark.parametrize(
    ("happened", "command", "then"),
    [
        ([PREPARED, DRAWN], judge("right"), [judged("right")]),
        ([PREPARED, DRAWN, APPROVED], judge("wrong", "r2"), [judged("wrong", "r2")]),
        ([PREPARED, DRAWN, judged("right")], judge("right", by="s-other"), []),
        ([PREPARED, DRAWN, judged("right")], judge("wrong"), [judged("wrong")]),
        ([PREPARED, DRAWN, judged("wrong")], judge("wrong"), []),
        ([PREPARED, DRAWN, judged("wrong")], judge("right"), FOUND_WRONG),
        ([PREPARED, DRAWN], judge("right", "r3"), Refused("not-in-sample")),
        ([PREPARED, DRAWN], judge("right", by="s-officer"), Refused("preparer-cannot-judge")),
        ([], judge("right"), Refused("not-prepared")),
        ([PREPARED, DRAWN, APPROVED, judged("right"), judged("right", "r2"), ORDERED], judge("wrong"), Refused("released-already")),
    ],
)
def test_a_row_is_judged_by_another_than_the_preparer(happened: Sequence[Event], command: JudgeRow, then: list[Event] | Refused) -> None:
    assert Given(RUN, happened).when(command) == then


def test_a_run_with_every_row_found_right_is_released_and_one_with_a_wrong_row_is_not_signed() -> None:
    right = [PREPARED, DRAWN, APPROVED, judged("right"), judged("right", "r2")]

    assert Given(RUN, right).when(ORDER) == [ORDERED]
    assert Given(RUN, [PREPARED, DRAWN, judged("wrong")]).when(APPROVE) == Refused("sample-failed")


def test_two_signatures_are_of_two_people() -> None:
    two, third = replace(APPROVE, needed=2), replace(APPROVE, needed=2, approved_by="s-third")

    assert Given(RUN, [PREPARED]).when(two) == [ONE_OF_TWO]
    assert Given(RUN, [PREPARED, ONE_OF_TWO]).when(two) == []
    assert Given(RUN, [PREPARED, ONE_OF_TWO]).when(third) == [TWO_OF_TWO]
    assert isinstance(RUN.fold([PREPARED, ONE_OF_TWO]), Prepared)
    assert isinstance(RUN.fold([PREPARED, ONE_OF_TWO, TWO_OF_TWO]), Approved)
    assert Given(RUN, [PREPARED, ONE_OF_TWO]).when(ORDER) == Refused("not-approved")


def test_a_total_of_exactly_the_ceiling_is_signed_and_a_dry_run_never() -> None:
    assert Given(RUN, [PREPARED]).when(replace(APPROVE, ceiling_cents=390_000)) == [APPROVED]
    assert Given(RUN, [PREPARED.model_copy(update={"kind": "dry-run"})]).when(APPROVE) == Refused("dry-run")


def test_signatures_that_are_late_escalate_level_by_level() -> None:
    first = RunApprovalEscalated(run_ref=REF, level=1, signatures=1, needed=2, due_at=DUE)
    late = EscalateApproval(REF, 2, DUE)

    assert Given(RUN, [PREPARED, ONE_OF_TWO]).when(late) == [first]
    assert Given(RUN, [PREPARED, ONE_OF_TWO, first]).when(late) == [first.model_copy(update={"level": 2})]
    assert Given(RUN, [PREPARED, APPROVED]).when(late) == Given(RUN, []).when(late) == []


@pytest.mark.parametrize(
    ("happened", "command", "then"),
    [
        (TO_RELEASED, CANCEL, [TAKEN_BACK]),
        (TO_FILED, CANCEL, [TAKEN_BACK]),
        (A_MONTH, CANCEL, NOT_WRITTEN),
        (A_FILED_MONTH, CANCEL, [TAKEN_BACK]),
        ([*TO_RELEASED, TAKEN_BACK], CANCEL, []),
        ([*TO_RELEASED, TAKEN_BACK, GONE], CANCEL, []),
        ([*TO_RELEASED, TAKEN_BACK], CANCELLING, [GONE]),
        ([*TO_RELEASED, TAKEN_BACK, GONE], CANCELLING, []),
        (TO_RELEASED, CANCELLING, Refused("not-cancelled")),
        (TO_CLOSED, CANCEL, Refused("handed-over-already", "a file of it left: ask the bank to recall its payments")),
        (TO_ORDERED, CANCEL, Refused("not-released", "a run that was not released is aborted")),
        ([PREPARED, ABORTED], CANCEL, Refused("not-released", "a run that was not released is aborted")),
        ([*TO_RELEASED, TAKEN_BACK], ORDER, Refused("cancelled")),
        ([*TO_RELEASED, TAKEN_BACK, GONE], ORDER, Refused("cancelled")),
        ([*TO_FILED, TAKEN_BACK], TAKE, Refused("cancelled")),
        ([*TO_FILED, TAKEN_BACK, GONE], TAKE, Refused("cancelled")),
        ([*TO_FILED, TAKEN_BACK], CLOSE, Refused("not-released")),
        ([*TO_FILED, TAKEN_BACK], ABORT, Refused("released-already")),
        ([*TO_FILED, TAKEN_BACK, GONE], ABORT, Refused("released-already")),
        ([*TO_FILED, TAKEN_BACK], COMPLETE, []),
        ([*TO_FILED, TAKEN_BACK, GONE], COMPLETE, []),
        ([*TO_FILED, TAKEN_BACK], APPROVE, []),
        ([*TO_FILED, TAKEN_BACK, GONE], replace(APPROVE, approved_by="s-third"), Refused("approved-already")),
        ([*TO_FILED, TAKEN_BACK], RecordFile(FILE), Refused("not-released")),
        (TO_CLOSED, RecordFile(FILE), []),
        (TO_CLOSED, RecordFile(FILE.model_copy(update={"sha256": "b" * 64})), Refused("file-differs")),
        (TO_CLOSED, ORDER, Refused("closed")),
    ],
)
def test_a_run_that_was_taken_back_pays_nothing(happened: Sequence[Event], command: object, then: list[Event] | Refused) -> None:
    assert Given(RUN, happened).when(command) == then


def test_a_run_that_was_taken_back_still_tells_what_it_was() -> None:
    state = RUN.fold([*TO_FILED, TAKEN_BACK, GONE])
    assert isinstance(state, Cancelled)

    assert (state.run.files, state.ordered, state.cancelled) == ((FILE,), TAKEN_BACK, GONE)
    assert state.run == RUN.fold(TO_FILED)


def test_a_run_tells_how_it_was_signed_closed_or_aborted() -> None:
    closed, aborted = RUN.fold(TO_CLOSED), RUN.fold([PREPARED, ABORTED])

    assert isinstance(closed, Closed)
    assert (closed.closed, closed.run.approved) == (TO_CLOSED[-1], APPROVED)
    assert aborted == Aborted(PREPARED, ABORTED)


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        ([APPROVED], "RunApproved cannot follow on Unprepared"),
        ([PREPARED, PREPARED], "RunPrepared cannot follow on Prepared"),
        ([*TO_CLOSED, TAKEN_BACK], "RunCancellationOrdered cannot follow on Closed"),
        ([*TO_RELEASED, GONE], "RunCancelled cannot follow on Released"),
    ],
)
def test_a_history_that_no_decider_wrote_is_told_as_such(happened: Sequence[Event], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        RUN.fold(happened)


@pytest.mark.parametrize("day", [TODAY, LAST])
def test_a_run_is_paid_from_today_up_to_the_legal_last_day(day: date) -> None:
    assert Given(RUN, TO_APPROVED).when(replace(ORDER, execution_on=day)) == [ORDERED.model_copy(update={"execution_on": day})]
