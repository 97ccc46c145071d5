import pytest

from services.benefits.decision import DECISION, GrantAllowance
from services.eventlog.decider import Refused
from tests.benefits import facts
from tests.benefits.facts import (
    CLIENT,
    NEIGHBOUR,
    OTHER_RUN,
    PARTNER,
    claimed,
    grant,
    granted,
    opening,
    refuse,
    refused,
    reserved,
    withheld,
)
from tests.benefits.sentences import Given


def test_a_grant_takes_the_ledger_and_claims_every_adult_at_once() -> None:
    then = Given(DECISION, []).when(grant())

    assert then == [granted(), reserved(), claimed(CLIENT), claimed(PARTNER)]


def test_a_grant_given_again_by_its_run_changes_nothing() -> None:
    then = Given(DECISION, [granted(), reserved(), claimed(CLIENT), claimed(PARTNER)]).when(grant())

    assert then == []


def test_a_grant_after_the_early_payment_takes_the_rest() -> None:
    then = Given(DECISION, [opening(50_000), claimed(CLIENT)]).when(grant(amount_cents=80_000))

    assert then == [granted(cents=80_000), reserved(80_000), claimed(PARTNER)]


@pytest.mark.parametrize(
    ("happened", "command", "reason"),
    [
        ([opening(50_000)], grant(), "already-paid-in-full"),
        ([opening(1)], grant(), "already-paid-in-full"),
        ([claimed(PARTNER, NEIGHBOUR)], grant(), "adult-claimed-elsewhere"),
        ([], grant(dwelling_held_by=NEIGHBOUR), "dwelling-already-granted"),
        ([], grant(fingerprint_now="other"), "account-changed"),
    ],
)
def test_what_became_impossible_since_the_approval_is_withheld(happened: list[object], command: GrantAllowance, reason: str) -> None:
    then = Given(DECISION, happened).when(command)  # type: ignore[arg-type]  # facts of several kinds

    assert then == [withheld(reason)]


def test_a_line_that_another_run_decided_meanwhile_is_withheld_under_the_next_right() -> None:
    then = Given(DECISION, []).when(grant(sequence=2))

    assert then == [withheld("decided-in-other-run", sequence=2)]


def test_a_household_keeps_its_own_dwelling() -> None:
    then = Given(DECISION, []).when(grant(dwelling_held_by=facts.HOUSEHOLD))

    assert then == [granted(), reserved(), claimed(CLIENT), claimed(PARTNER)]


def test_a_grant_is_paid_on_the_account_that_counts() -> None:
    then = Given(DECISION, []).when(grant(fingerprint_now="print"))

    assert then == [granted(), reserved(), claimed(CLIENT), claimed(PARTNER)]


@pytest.mark.parametrize("cents", [0, -1, 130_001, 13_000_000])
def test_no_payment_above_the_ceiling_or_of_nothing_is_granted(cents: int) -> None:
    assert Given(DECISION, []).when(grant(amount_cents=cents, year_amount_cents=99_999_999)) == Refused("above-payment-ceiling")


def test_a_right_is_not_granted_by_a_second_run() -> None:
    assert Given(DECISION, [granted()]).when(grant(run_ref=OTHER_RUN)) == Refused("right-decided-already")


def test_a_refusal_says_its_reasons_and_takes_nothing() -> None:
    assert Given(DECISION, []).when(refuse()) == [refused()]


def test_a_refusal_given_again_by_its_run_changes_nothing() -> None:
    assert Given(DECISION, [refused()]).when(refuse()) == []


def test_a_right_is_not_refused_by_a_second_run() -> None:
    assert Given(DECISION, [refused()]).when(refuse(run_ref=OTHER_RUN)) == Refused("right-decided-already")


def test_a_cent_is_granted_where_a_cent_is_left() -> None:
    then = Given(DECISION, [opening(129_999), claimed(CLIENT), claimed(PARTNER)]).when(grant(amount_cents=1))

    assert then == [granted(cents=1), reserved(1)]


def test_what_was_reserved_for_this_right_before_a_disk_was_lost_counts_once() -> None:
    then = Given(DECISION, [reserved(), claimed(CLIENT), claimed(PARTNER)]).when(grant())

    assert then == [granted()]


def test_a_decision_reads_the_right_and_a_grant_also_ledger_and_claims() -> None:
    right, claims = f"benefits/right/{facts.RIGHT}", tuple(f"benefits/claim/2023/{person}" for person in (CLIENT, PARTNER))

    assert DECISION.reads(refuse()) == (right,)
    assert DECISION.reads(grant()) == (right, f"benefits/ledger/2023/{facts.HOUSEHOLD}", *claims)
