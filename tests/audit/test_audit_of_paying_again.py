"""A run that pays again what failed: a next attempt, on the account that was bound and approved for it, linked to its run."""

from typing import Any

import pytest

from services.contracts import benefits, payouts, runs
from services.contracts.envelope import Event
from tests.audit.world import AGAIN, AGAIN_FILE, CENTS, OTHER_IBAN, RUN, TWO, World, fingerprint


def test_money_that_is_paid_again_on_another_account_holds(backbone: World) -> None:
    backbone.pays_again()
    findings = backbone.audit()

    assert [(name, finding.detail) for name, finding in findings.items() if not finding.holds] == []


@pytest.mark.parametrize(
    ("kind", "said", "invariant", "detail"),
    [
        (runs.RunPrepared, {"corrects": "run-x"}, "I4", f"{AGAIN} is a pay-again of run-x, which was not released"),
        (runs.RunPrepared, {"granted": 2}, "I4", f"{AGAIN}: 1 lines of the manifest are again, prepared 2"),
        (runs.RunApproved, {"approved_by": "s-3"}, "I4", f"{AGAIN} was approved by its preparer"),
        (runs.RunReleased, {"granted": 2}, "I4", f"{AGAIN}: 1 rights are granted, released 2"),
        (runs.RunClosed, {"paid_cents": 0, "returned_cents": CENTS}, "I1", f"{AGAIN} was closed with 0 cents paid, its payments say"),
        (runs.RunClosed, {"granted_cents": 2 * CENTS}, "I1", f"{AGAIN} was closed with {CENTS} cents of {CENTS}"),
        (payouts.PayoutAccountReplaced, {"account_fingerprint": fingerprint("NL39RABO0300065264")}, "I5", "was not bound so to"),
        (benefits.PaymentInstructed, {"attempt": 3}, "I2", f"instructs attempt 3 of {TWO.right} after 1 attempts"),
    ],
)
def test_a_fault_in_a_run_that_pays_again_is_seen(
    bare: World, kind: type[Event], said: dict[str, Any], invariant: str, detail: str
) -> None:
    bare.standard()
    bare.pays_again({kind: said})

    assert detail in bare.verdict()[invariant].detail


def test_an_account_that_moves_while_the_money_is_with_the_client_is_seen(bare: World) -> None:
    bare.standard({benefits.PaymentReturned: {"attempt": 1, "end_to_end_id": f"{TWO.right}-9"}})
    bare.pays_again()

    assert f"moves {TWO.right} to another account while its money is not back" in bare.verdict()["I5"].detail


def test_money_paid_again_on_another_account_than_was_approved_is_seen(bare: World) -> None:
    bare.standard()
    bare.pays_again()
    bare.pay_again_by([(f"{TWO.right}-2", CENTS, "NL39RABO0300065264")])

    assert f"the file {AGAIN_FILE} pays {TWO.right}-2 on another account than was decided" in bare.verdict()["I5"].detail
    assert OTHER_IBAN not in bare.verdict()["I5"].detail
    assert RUN not in bare.verdict()["I5"].detail


def test_money_paid_again_on_an_account_that_had_been_replaced_is_seen(bare: World) -> None:
    bare.standard()
    bare.pays_again({payouts.PayoutAccountReplaced: TWO.account, benefits.PaymentInstructed: TWO.account})

    assert f"is for an account of {TWO.client} that had been replaced by another" in bare.verdict()["I5"].detail
