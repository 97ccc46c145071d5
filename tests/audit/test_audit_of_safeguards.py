"""Rows judged, signatures given, runs taken back: what people must have done before money left, and what must not be done after."""

from typing import Any

import pytest

from services.contracts import payouts, run_control, runs
from services.contracts.envelope import Event
from tests.audit.world import CENTS, FILE, GM, ONE, RUN, SHARED, TWO, World

CANCEL = run_control.RunCancellationOrdered(run_ref=RUN, reason_code="wrong-facts", ordered_by="s-3")


@pytest.mark.parametrize(
    ("kind", "said", "detail"),
    [
        (run_control.SampleRowJudged, {"verdict": "wrong"}, "released while 1 drawn rows were not found right"),
        (run_control.SampleRowJudged, {"right_ref": TWO.right}, "released while 1 drawn rows were not found right"),
        (run_control.SampleRowJudged, {"judged_by": "s-3"}, "a row was judged by who prepared it"),
        (runs.RunApproved, {"needed": 2}, "released with 1 of 2 signatures"),
    ],
)
def test_a_release_without_what_people_owe_it_is_seen(bare: World, kind: type[Event], said: dict[str, Any], detail: str) -> None:
    bare.standard({kind: said})
    assert detail in bare.verdict()["I4"].detail


def test_two_signatures_of_one_person_are_seen(recorded: World) -> None:
    manifest = next((recorded.sources.data / "benefits" / "manifests").iterdir()).stem
    again = runs.RunApproved(run_ref=RUN, manifest_hash=manifest, granted=2, total_cents=2 * CENTS, approved_by="s-4", signature=2)
    recorded.record("benefits", again)
    assert f"{RUN} was signed by one person twice" in recorded.verdict()["I4"].detail


def test_a_run_cancelled_after_a_file_left_is_seen(recorded: World) -> None:
    recorded.record("benefits", CANCEL)
    assert f"cancels {RUN}, of which a file had left" in recorded.verdict()["I4"].detail


def test_a_file_that_leaves_after_the_run_was_cancelled_is_seen(recorded: World) -> None:
    recorded.record("benefits", CANCEL)
    recorded.record("benefits", runs.FileHandedOver(run_ref=RUN, message_id=FILE, handover=2, handed_to="s-9"))
    assert f"hands {FILE} over after its run was cancelled" in recorded.verdict()["I4"].detail


def test_a_grant_that_is_revoked_while_it_is_paid_is_seen(recorded: World) -> None:
    recorded.record("benefits", payouts.AllowanceRevoked(**ONE.about, amount_cents=CENTS, reason_code="wrong-facts"))
    assert f"makes pending of {ONE.right} negative" in recorded.verdict()["I1"].detail


def test_a_payment_that_is_withdrawn_after_the_bank_answered_is_seen(recorded: World) -> None:
    recorded.record("benefits", payouts.PaymentWithdrawn(**ONE.payment, reason_code="wrong-facts"))
    assert f"withdraws a payment of {ONE.right} that is not on its way" in recorded.verdict()["I1"].detail


@pytest.mark.parametrize(("cents", "detail"), [(CENTS + 1, f"frees {CENTS + 1} cents"), (CENTS, "do not agree on")])
def test_a_ledger_that_is_freed_while_its_grant_stands_is_seen(recorded: World, cents: int, detail: str) -> None:
    recorded.record("benefits", payouts.LedgerReleased(**ONE.ledger, amount_cents=cents, run_ref=RUN))
    assert detail in recorded.verdict()["I2"].detail


def test_a_claim_that_is_freed_of_another_household_is_seen(recorded: World) -> None:
    about: dict[str, Any] = {"household_ref": TWO.ref, "municipality": GM, **SHARED, "right_ref": TWO.right}
    recorded.record("benefits", payouts.ClaimReleased(**about, person_ref=ONE.client))
    assert f"frees an adult who shared through {ONE.ref}" in recorded.verdict()["I2"].detail
