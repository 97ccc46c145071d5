"""Cents that were taken for a claim before its letter left are told by name."""

from datetime import date
from typing import Any, TypeVar

import pytest

from services.contracts.envelope import Event
from services.contracts.monthly import DecisionNotified
from services.contracts.monthly_money import RecoveryOffset, RecoveryOpened
from services.contracts.runs import RunPrepared
from tests.audit.world import World
from tests.contracts.examples import EXAMPLES

E = TypeVar("E", bound=Event)


def example(kind: type[E]) -> E:
    return next(each for each in EXAMPLES if isinstance(each, kind))


OPENED, OFFSET, LETTER = example(RecoveryOpened), example(RecoveryOffset), example(DecisionNotified)
RUN = example(RunPrepared).model_copy(update={"promised_on": date(2024, 3, 28)})


def letter(on: date, ref: str | None = None) -> DecisionNotified:
    return LETTER.model_copy(update={"decision_ref": ref or OPENED.claim_ref, "notified_on": on})


def opened(**said: Any) -> RecoveryOpened:  # noqa: ANN401 - any field
    return OPENED.model_copy(update={"months": (), **said})


REFUSED: dict[str, Any] = {"ground": "advance-refused", "decision_ref": "dec-7"}
NOT_SETTLED: dict[str, Any] = {"ground": "advance-not-settled", "decision_ref": "dec-7"}


@pytest.mark.parametrize(
    ("told", "early"),
    [
        ([RUN, opened(), OFFSET], True),
        ([RUN, opened(), letter(date(2024, 3, 28)), OFFSET], True),
        ([RUN, opened(), letter(date(2024, 3, 27)), OFFSET], False),
        ([RUN, opened(), letter(date(2024, 3, 30)), letter(date(2024, 3, 27)), letter(date(2024, 3, 29)), OFFSET], False),
        ([RUN, opened(), letter(date(2024, 3, 1), "dec-7"), OFFSET], True),
        ([RUN, opened(**REFUSED), letter(date(2024, 3, 1), "dec-7"), OFFSET], False),
        ([RUN, opened(**NOT_SETTLED), letter(date(2024, 3, 1), "dec-7"), OFFSET], False),
    ],
)
def test_what_is_taken_before_the_letter_left_is_seen(bare: World, told: list[Event], *, early: bool) -> None:
    for fact in told:
        bare.record("benefits", fact)

    assert (f"takes cents for {OPENED.claim_ref} before its letter left" in bare.verdict()["I1"].detail) is early


@pytest.mark.parametrize(("municipality", "seen"), [(OPENED.municipality, False), ("GM0373", True)])
def test_what_one_municipality_takes_for_a_claim_of_another_is_seen(bare: World, municipality: str, *, seen: bool) -> None:
    for fact in (RUN, opened(), letter(date(2024, 3, 1)), OFFSET.model_copy(update={"municipality": municipality})):
        bare.record("benefits", fact)

    assert ("for a claim of another municipality" in bare.verdict()["I1"].detail) is seen
