from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.benefits.run import RUN
from services.benefits.run_commands import (
    AbortRun,
    ApproveRun,
    CloseRun,
    CompleteRelease,
    HandOverFile,
    OrderRelease,
    PrepareRun,
    RecordFile,
)
from services.contracts.envelope import Event
from services.contracts.runs import (
    FileHandedOver,
    PaymentFileWritten,
    RunAborted,
    RunApproved,
    RunClosed,
    RunPrepared,
    RunReleased,
    RunReleaseOrdered,
)
from services.eventlog.decider import Refused
from tests.benefits.sentences import Given

REF, HASH, OTHER_HASH = "run-" + "1" * 16, "a" * 64, "b" * 64
TODAY, EXECUTED, LAST = date(2024, 2, 15), date(2024, 2, 20), date(2024, 8, 31)

PREPARED = RunPrepared(
    run_ref=REF,
    scheme="energy-allowance",
    scheme_year=2023,
    tranche=1,
    intake_position=7,
    households=5,
    candidates=4,
    excluded=1,
    held=0,
    granted=3,
    refused=1,
    total_cents=390_000,
    manifest_hash=HASH,
    rule_versions=("v",),
    decided_on=TODAY,
    promised_on=date(2024, 3, 1),
    prepared_by="s-officer",
)
APPROVED = RunApproved(run_ref=REF, manifest_hash=HASH, granted=3, total_cents=390_000, approved_by="s-approver")
ORDERED = RunReleaseOrdered(run_ref=REF, ordered_by="s-officer", execution_on=EXECUTED)
RELEASED = RunReleased(run_ref=REF, granted=2, refused=1, withheld=1, total_cents=260_000)
FILE = PaymentFileWritten(
    run_ref=REF, message_id=f"{REF}-001", part=1, parts=1, count=2, total_cents=260_000, sha256=HASH, execution_on=EXECUTED
)
TAKEN = FileHandedOver(run_ref=REF, message_id=f"{REF}-001", handover=1, handed_to="s-officer")
CLOSED = RunClosed(run_ref=REF, granted_cents=260_000, paid_cents=130_000, returned_cents=130_000, rejected_cents=0, closed_by="s-officer")
ABORTED = RunAborted(run_ref=REF, reason_code="wrong-facts", aborted_by="s-officer")

TO_APPROVED: Sequence[Event] = (PREPARED, APPROVED)
TO_ORDERED: Sequence[Event] = (*TO_APPROVED, ORDERED)
TO_RELEASED: Sequence[Event] = (*TO_ORDERED, RELEASED)
TO_FILED: Sequence[Event] = (*TO_RELEASED, FILE)
TO_CLOSED: Sequence[Event] = (*TO_FILED, TAKEN, CLOSED)

APPROVE = ApproveRun(REF, HASH, 3, 390_000, "s-approver", 2_500_000_000)
ORDER = OrderRelease(REF, "s-officer", EXECUTED, TODAY, LAST)
COMPLETE = CompleteRelease(REF, 2, 1, 1, 260_000, 130_000)
TAKE = HandOverFile(REF, f"{REF}-001", "s-officer")
CLOSE = CloseRun(REF, 130_000, 130_000, 0, "s-officer")
ABORT = AbortRun(REF, "wrong-facts", "s-officer")


def test_a_run_is_prepared_once() -> None:
    assert Given(RUN, []).when(PrepareRun(PREPARED)) == [PREPARED]
    assert Given(RUN, [PREPARED]).when(PrepareRun(PREPARED.model_copy(update={"manifest_hash": OTHER_HASH}))) == []


def test_a_second_person_approves_what_was_prepared() -> None:
    assert Given(RUN, [PREPARED]).when(APPROVE) == [APPROVED]


@pytest.mark.parametrize("happened", [TO_APPROVED, TO_ORDERED, TO_RELEASED, TO_CLOSED])
def test_approving_again_changes_nothing(happened: Sequence[Event]) -> None:
    assert Given(RUN, happened).when(APPROVE) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"approved_by": "s-officer"}, "preparer-cannot-approve"),
        ({"manifest_hash": OTHER_HASH}, "other-content"),
        ({"granted": 2}, "other-count"),
        ({"total_cents": 39_000_000}, "other-total"),
        ({"ceiling_cents": 389_999}, "above-run-ceiling"),
    ],
)
def test_an_approval_of_anything_else_is_refused(said: dict[str, Any], reason: str) -> None:
    assert Given(RUN, [PREPARED]).when(replace(APPROVE, **said)) == Refused(reason)


@pytest.mark.parametrize(("happened", "reason"), [([], "not-prepared"), ([PREPARED, ABORTED], "aborted")], ids=["not prepared", "aborted"])
def test_only_a_prepared_run_is_approved(happened: Sequence[Event], reason: str) -> None:
    assert Given(RUN, happened).when(APPROVE) == Refused(reason)


def test_a_third_person_approves_nothing_more() -> None:
    assert Given(RUN, TO_APPROVED).when(replace(APPROVE, approved_by="s-third")) == Refused("approved-already")


def test_an_approved_run_is_released() -> None:
    assert Given(RUN, TO_APPROVED).when(ORDER) == [ORDERED]


@pytest.mark.parametrize("happened", [TO_ORDERED, TO_RELEASED, TO_FILED])
def test_ordering_the_release_again_changes_nothing(happened: Sequence[Event]) -> None:
    assert Given(RUN, happened).when(ORDER) == []


@pytest.mark.parametrize(
    ("happened", "execution_on", "reason"),
    [
        ([], EXECUTED, "not-approved"),
        ([PREPARED], EXECUTED, "not-approved"),
        ([PREPARED, ABORTED], EXECUTED, "aborted"),
        (TO_CLOSED, EXECUTED, "closed"),
        (TO_APPROVED, date(2024, 2, 14), "execution-in-the-past"),
        (TO_APPROVED, date(2024, 9, 1), "after-the-legal-last-day"),
        (TO_ORDERED, date(2024, 2, 21), "released-already"),
    ],
)
def test_a_release_that_may_not_be_is_refused(happened: Sequence[Event], execution_on: date, reason: str) -> None:
    assert Given(RUN, happened).when(replace(ORDER, execution_on=execution_on)) == Refused(reason)


def test_what_was_granted_and_withheld_is_what_was_approved() -> None:
    assert Given(RUN, TO_ORDERED).when(COMPLETE) == [RELEASED]


@pytest.mark.parametrize("happened", [TO_RELEASED, TO_CLOSED])
def test_completing_the_release_again_changes_nothing(happened: Sequence[Event]) -> None:
    assert Given(RUN, happened).when(COMPLETE) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"withheld": 0}, "differs-from-approval"),
        ({"total_cents": 26_000_000}, "differs-from-approval"),
        ({"withheld_cents": 129_999}, "differs-from-approval"),
        ({"refused": 0}, "differs-from-preparation"),
    ],
)
def test_a_release_that_is_not_what_was_approved_is_refused(said: dict[str, Any], reason: str) -> None:
    assert Given(RUN, TO_ORDERED).when(replace(COMPLETE, **said)) == Refused(reason)


def test_a_release_that_nobody_ordered_is_not_completed() -> None:
    assert Given(RUN, TO_APPROVED).when(COMPLETE) == Refused("not-released")


def test_a_payment_file_is_recorded_once() -> None:
    assert Given(RUN, TO_RELEASED).when(RecordFile(FILE)) == [FILE]
    assert Given(RUN, TO_FILED).when(RecordFile(FILE)) == []
    assert Given(RUN, TO_CLOSED).when(RecordFile(FILE)) == []


@pytest.mark.parametrize(
    ("happened", "said", "reason"),
    [
        (TO_ORDERED, {}, "not-released"),
        (TO_FILED, {"sha256": OTHER_HASH}, "file-differs"),
        (TO_RELEASED, {"total_cents": 26_000_000}, "differs-from-release"),
        (TO_RELEASED, {"count": 3}, "differs-from-release"),
        (TO_RELEASED, {"total_cents": 259_999}, "differs-from-release"),
        (TO_RELEASED, {"count": 3, "parts": 2}, "differs-from-release"),
        (TO_FILED, {"message_id": f"{REF}-002", "part": 2}, "differs-from-release"),
    ],
)
def test_a_file_that_is_not_what_was_released_is_refused(happened: Sequence[Event], said: dict[str, object], reason: str) -> None:
    assert Given(RUN, happened).when(RecordFile(FILE.model_copy(update=said))) == Refused(reason)


def test_a_file_is_handed_over() -> None:
    assert Given(RUN, TO_FILED).when(TAKE) == [TAKEN]


@pytest.mark.parametrize("happened", [(*TO_FILED, TAKEN), TO_CLOSED])
def test_nobody_takes_a_file_twice(happened: Sequence[Event]) -> None:
    assert Given(RUN, happened).when(TAKE) == Refused("handed-over-already", "a second time takes another person")


def test_a_second_handover_takes_another_person() -> None:
    then = Given(RUN, (*TO_FILED, TAKEN)).when(replace(TAKE, handed_to="s-other"))

    assert then == [TAKEN.model_copy(update={"handover": 2, "handed_to": "s-other"})]


@pytest.mark.parametrize("happened", [[], TO_RELEASED])
def test_a_file_that_was_not_written_is_not_handed_over(happened: Sequence[Event]) -> None:
    assert Given(RUN, happened).when(TAKE) == Refused("unknown-file")


def test_a_closed_run_hands_over_nothing_more() -> None:
    assert Given(RUN, TO_CLOSED).when(replace(TAKE, handed_to="s-other")) == Refused("closed")


def test_a_run_that_adds_up_is_closed_once() -> None:
    assert Given(RUN, TO_FILED).when(CLOSE) == [CLOSED]
    assert Given(RUN, TO_CLOSED).when(CLOSE) == []


def test_what_was_paid_returned_and_rejected_adds_up_to_what_was_released() -> None:
    parts = {"paid_cents": 100_000, "returned_cents": 30_000, "rejected_cents": 130_000}

    assert Given(RUN, TO_FILED).when(CloseRun(REF, 100_000, 30_000, 130_000, "s-officer")) == [CLOSED.model_copy(update=parts)]


def test_a_run_with_money_under_way_is_not_closed() -> None:
    then = Given(RUN, TO_FILED).when(replace(CLOSE, returned_cents=0))

    assert then == Refused("not-settled", "130000 cents are open")


def test_a_run_before_release_is_not_closed() -> None:
    assert Given(RUN, TO_ORDERED).when(CLOSE) == Refused("not-released")


@pytest.mark.parametrize("happened", [[PREPARED], TO_APPROVED])
def test_a_run_is_aborted_before_release(happened: Sequence[Event]) -> None:
    assert Given(RUN, happened).when(ABORT) == [ABORTED]


def test_a_run_whose_preparation_waits_for_somebody_is_aborted() -> None:
    assert Given(RUN, []).when(ABORT) == [ABORTED]


@pytest.mark.parametrize("before", [[], [PREPARED]])
def test_aborting_again_changes_nothing(before: list[Event]) -> None:
    assert Given(RUN, [*before, ABORTED]).when(ABORT) == []


def test_what_was_aborted_while_it_was_prepared_is_not_prepared_any_more() -> None:
    assert Given(RUN, [ABORTED]).when(PrepareRun(PREPARED)) == []


@pytest.mark.parametrize(
    ("happened", "reason"),
    [(TO_ORDERED, "released-already"), (TO_RELEASED, "released-already"), (TO_CLOSED, "released-already")],
)
def test_a_run_that_began_to_pay_is_not_aborted(happened: Sequence[Event], reason: str) -> None:
    assert Given(RUN, happened).when(ABORT) == Refused(reason)


def test_a_history_that_cannot_be_is_not_folded() -> None:
    with pytest.raises(AssertionError, match="RunReleased cannot follow on Prepared"):
        RUN.fold([PREPARED, RELEASED])
