"""Names stay what they are for ever: a right, payment or run that is worked out again has the name that it had."""

from services.benefits.references import (
    end_to_end_id,
    message_id,
    monthly_right_ref,
    opening_right_ref,
    payment_of,
    right_ref,
    run_of,
    run_ref,
)

ALLOWANCE = "re64a69dbbc852809ff40a942d5"
HERE, THERE = ("p-1", "GM0361"), ("p-1", "GM0373")


def test_a_right_of_an_allowance_has_the_name_that_it_ever_had() -> None:
    assert right_ref("energy-allowance", "h-1", 2023, 1, 1) == ALLOWANCE
    assert opening_right_ref("energy-allowance", "h-1", 2023, "old-1") == "r2f70be08258a5c0e2a6c0834a3"


def test_a_right_of_a_month_has_a_name_of_its_own_for_each_payee_and_municipality() -> None:
    assert monthly_right_ref(HERE, "2024-03", "month", 1) == "r1c80aa7e8641899998b6a81ec7"
    assert monthly_right_ref(HERE, "2024-03", "fixed-charge", 1, "rent") == "rcef12cf0d57851521a44157c10"
    assert monthly_right_ref(THERE, "2024-03", "month", 1) != monthly_right_ref(HERE, "2024-03", "month", 1)


def test_a_run_has_the_name_that_it_ever_had() -> None:
    assert run_ref(("a", 1, "b")) == "run-a1bdd42948a58a8b"
    assert run_of(message_id("run-a1bdd42948a58a8b", 7)) == "run-a1bdd42948a58a8b"
    assert message_id("run-a1bdd42948a58a8b", 7) == "run-a1bdd42948a58a8b-007"


def test_right_and_attempt_are_read_from_the_name_of_a_payment_and_from_nobody_elses() -> None:
    assert payment_of(end_to_end_id(ALLOWANCE, 12)) == (ALLOWANCE, 12)
    assert [payment_of(name) for name in (ALLOWANCE, f"{ALLOWANCE}-0", f"{ALLOWANCE.upper()}-1", f"x{ALLOWANCE}-1")] == [None] * 4
