"""I1, I2 and I3: a fault in the money of a right is seen, and told by the name of its order."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts import benefits, runs
from tests.audit.world import (
    CENTS,
    EXECUTION_ON,
    GM,
    ON,
    ONE,
    PROMISED_ON,
    RUN,
    SHARED,
    TWO,
    Household,
    World,
    granting,
    instructed,
    members,
)

THREE = Household(3)
BANK: dict[str, Any] = {"document_ref": "bank-2", "booked_on": EXECUTION_ON}
AGAIN: dict[str, Any] = {**ONE.payment, "attempt": 2, "end_to_end_id": f"{ONE.right}-2"}


def test_a_payment_booked_twice_does_not_add_up(recorded: World) -> None:
    recorded.record("benefits", benefits.PaymentPaid(**ONE.payment, **BANK))
    finding = recorded.verdict()["I1"]
    assert not finding.holds
    assert f"benefits/right/{ONE.right}@4 makes {ONE.end_to_end_id} paid after it was paid" in finding.detail


def test_more_cents_instructed_than_decided_do_not_add_up(bare: World) -> None:
    bare.standard({benefits.PaymentInstructed: {"amount_cents": 100 * CENTS}})
    assert f"benefits/right/{ONE.right}@2 makes pending of {ONE.right} negative" in bare.verdict()["I1"].detail


def test_a_payment_of_a_refused_right_does_not_add_up(recorded: World) -> None:
    recorded.record("benefits", benefits.AllowanceRefused(**{**THREE.decided, "amount_cents": 0}))
    recorded.record("benefits", instructed(THREE))
    assert f"pays {THREE.right}, which was not granted" in recorded.verdict()["I1"].detail


def test_a_run_closed_on_other_sums_than_its_rights_is_seen(bare: World) -> None:
    bare.standard({runs.RunClosed: {"paid_cents": 2 * CENTS, "returned_cents": 0}})
    assert f"{RUN} was closed with {2 * CENTS} cents paid, its payments say {CENTS}" in bare.verdict()["I1"].detail


def test_a_run_closed_on_other_grants_than_its_rights_is_seen(bare: World) -> None:
    bare.standard({runs.RunClosed: {"granted_cents": CENTS}})
    assert f"{RUN} was closed with {CENTS} cents granted, its rights say {2 * CENTS}" in bare.verdict()["I1"].detail


@pytest.mark.parametrize("changed", [{"client": TWO.client}, {"household_ref": TWO.ref}])
def test_a_payment_of_another_client_than_was_decided_is_seen(recorded: World, changed: dict[str, str]) -> None:
    recorded.record("benefits", benefits.PaymentReturned(**{**ONE.payment, **changed}, **BANK, reason_code="AC04"))
    detail = recorded.verdict()["I1"].detail
    assert f"benefits/right/{ONE.right}@4 is of another client or household than was decided" in detail


def test_one_right_under_two_names_is_seen(recorded: World) -> None:
    recorded.record("benefits", benefits.AllowanceRefused(**{**ONE.decided, "right_ref": THREE.right, "amount_cents": 0}))
    detail = recorded.verdict()["I2"].detail
    assert f"benefits/right/{THREE.right}@1 decides what {ONE.right} decided" in detail


def test_a_payment_under_the_name_of_another_right_is_seen(bare: World) -> None:
    bare.standard({benefits.PaymentInstructed: {"end_to_end_id": TWO.end_to_end_id}})
    assert f"benefits/right/{ONE.right}@2 names its payment {TWO.end_to_end_id}, not {ONE.end_to_end_id}" in bare.verdict()["I2"].detail


def test_money_that_comes_back_after_the_close_is_no_fault(recorded: World) -> None:
    recorded.record("benefits", benefits.PaymentReturned(**ONE.payment, **BANK, reason_code="AC04"))
    assert recorded.verdict()["I1"].holds


def test_a_second_attempt_while_the_first_is_paid_is_seen(recorded: World) -> None:
    again = {**AGAIN, **ONE.account, "message_id": "other", "execution_on": EXECUTION_ON}
    recorded.record("benefits", benefits.PaymentInstructed(**again))
    assert f"instructs {ONE.right} again while {ONE.end_to_end_id} is paid" in recorded.verdict()["I2"].detail


def test_a_second_attempt_after_a_return_is_no_fault(recorded: World) -> None:
    again = {
        **TWO.payment,
        **TWO.account,
        "attempt": 2,
        "end_to_end_id": f"{TWO.right}-2",
        "message_id": "m2",
        "execution_on": EXECUTION_ON,
    }
    recorded.record("benefits", benefits.PaymentInstructed(**again))
    findings = recorded.verdict()
    assert findings["I1"].holds
    assert findings["I2"].holds


@pytest.mark.parametrize("cents", [1, 50_000])
def test_a_household_with_more_than_the_year_amount_is_seen(recorded: World, cents: int) -> None:
    opening = benefits.OpeningBalanceRecorded(**{**ONE.ledger, "right_ref": "old"}, amount_cents=cents, source_ref="old-1")
    recorded.record("benefits", opening)
    assert f"household {ONE.ref} got {CENTS + cents} cents of 2023, at most {CENTS}" in recorded.verdict()["I2"].detail


def test_a_grant_without_its_ledger_is_seen(recorded: World) -> None:
    recorded.record("benefits", granting(THREE)[0])
    assert f"the ledger of {THREE.ref} for 2023 and right {THREE.right} do not agree" in recorded.verdict()["I2"].detail


def test_an_adult_claimed_through_two_households_is_seen(recorded: World) -> None:
    recorded.record("benefits", benefits.ClaimReserved(**TWO.ledger, person_ref=ONE.client))
    detail = recorded.verdict()["I2"].detail
    assert f"benefits/claim/2023/{ONE.client}@2 claims for {TWO.ref} an adult who shared through {ONE.ref}" in detail


def test_an_adult_of_two_granted_households_is_seen_without_any_claim(bare: World) -> None:
    bare.standard({benefits.HouseholdNoted: {"facts": members("p-shared")}})
    assert f"households {ONE.ref} and {TWO.ref} share an adult and both got 2023" in bare.verdict()["I2"].detail


def test_a_payment_that_stands_twice_in_a_file_is_seen(recorded: World) -> None:
    recorded.pay_by([(ONE.end_to_end_id, CENTS, ONE.iban)] * 2)
    assert f"{ONE.end_to_end_id} stands in payment file {RUN}-001 and again in {RUN}-001" in recorded.verdict()["I2"].detail


def test_a_payment_in_a_file_that_was_never_instructed_is_seen(recorded: World) -> None:
    recorded.pay_by([(THREE.end_to_end_id, CENTS, THREE.iban)])
    assert f"{THREE.end_to_end_id} stands in payment file {RUN}-001 and was never instructed" in recorded.verdict()["I2"].detail


def _promised_and_forgotten(world: World, after: timedelta) -> None:
    world.record("benefits", *granting(THREE))
    world.record("benefits", benefits.AccountBound(client="p-9", municipality=GM, account_ref="acc-9", fingerprint="x", on=ON), after=after)


def test_a_grant_that_nobody_instructed_in_time_is_seen(recorded: World) -> None:
    _promised_and_forgotten(recorded, timedelta(days=14))
    assert f"{THREE.right}, promised on {PROMISED_ON}, is late and on no exception list" in recorded.verdict()["I3"].detail


def test_a_late_grant_on_the_exception_list_is_no_fault(recorded: World) -> None:
    _promised_and_forgotten(recorded, timedelta(days=14))
    recorded.exceptions.append(THREE.right)
    assert recorded.verdict()["I3"].holds


def test_a_grant_is_not_late_on_the_last_working_day_before_its_promise(recorded: World) -> None:
    _promised_and_forgotten(recorded, timedelta(days=13))
    assert recorded.verdict()["I3"].holds


def test_a_grant_on_an_account_that_had_been_replaced_is_seen(bare: World) -> None:
    bare.standard()
    other = benefits.AccountBound(client=ONE.client, municipality=GM, account_ref="acc-new", fingerprint="new", on=ON)
    bare.record("benefits", other)
    bare.record("benefits", *granting(ONE), changes={benefits.AllowanceGranted: {"right_ref": "r-late", "sequence": 2}})

    assert f"is for an account of {ONE.client} that had been replaced by another" in bare.verdict()["I5"].detail


def test_a_payment_that_leaves_after_its_account_was_replaced_goes_where_it_was_decided(recorded: World) -> None:
    other = benefits.AccountBound(client=ONE.client, municipality=GM, account_ref="acc-new", fingerprint="new", on=ON)
    recorded.record("benefits", other)

    assert recorded.verdict()["I5"].holds


def test_the_year_amount_of_an_unknown_year_is_nil(recorded: World) -> None:
    other = {**THREE.ledger, **SHARED, "scheme_year": 2031}
    recorded.record("benefits", benefits.OpeningBalanceRecorded(**{**other, "right_ref": "old"}, amount_cents=1, source_ref="old-1"))
    assert f"household {THREE.ref} got 1 cents of 2031, at most 0" in recorded.verdict()["I2"].detail
