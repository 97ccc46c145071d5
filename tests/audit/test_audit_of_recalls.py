"""Recall files hold what was asked back, once; a planted fault is told by its name."""

from typing import Any

import pytest

from services.contracts.benefits import PaymentInstructed
from services.contracts.envelope import Event
from services.contracts.payouts import PaymentRecallAnswered, PaymentRecallAsked, RecallFileHandedOver
from tests.audit.world import World
from tests.contracts.examples import EXAMPLES

RECALL = next(each for each in EXAMPLES if isinstance(each, PaymentRecallAsked))
FILE = next(each for each in EXAMPLES if isinstance(each, RecallFileHandedOver))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([{}], "files of run-00000000000000c1 ask 260000 cents back, 0 were to be asked"),
        ([{"total_cents": 0}, {"total_cents": 0, "handover": 2}], "to the same person again"),
        ([{"total_cents": 0, "after_position": 7}], "begins at 7, the file before it ended at 0"),
    ],
)
def test_a_recall_file_that_cannot_be_is_seen(bare: World, files: list[dict[str, Any]], said: str) -> None:
    for otherwise in files:
        bare.record("benefits", FILE.model_copy(update=otherwise))

    assert said in bare.verdict()["I2"].detail


def test_a_recall_of_a_payment_that_was_never_made_is_seen(bare: World) -> None:
    bare.record("benefits", RECALL)

    assert "asks a payment back that was never instructed" in bare.verdict()["I2"].detail


SENT = next(each for each in EXAMPLES if isinstance(each, PaymentInstructed))
ANSWER = next(each for each in EXAMPLES if isinstance(each, PaymentRecallAnswered))
PENDING = ANSWER.model_copy(update={"outcome": "pending"})


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ([SENT, RECALL, PENDING, ANSWER], False),
        ([SENT, RECALL, ANSWER, RECALL, ANSWER], False),
        ([SENT, ANSWER], True),
        ([SENT, RECALL, ANSWER, ANSWER], True),
    ],
)
def test_an_answer_to_a_recall_that_nobody_asked_or_after_the_last_word_is_seen(bare: World, told: list[Event], *, seen: bool) -> None:
    for fact in told:
        bare.record("benefits", fact)

    assert ("answers a recall that nobody asked" in bare.verdict()["I2"].detail) is seen
