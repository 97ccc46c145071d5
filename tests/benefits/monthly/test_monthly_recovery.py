from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest

from services.benefits.monthly import letters
from services.benefits.monthly.letters import kind
from services.benefits.monthly.recovery import RECOVERY, Claim, OpenRecovery, RecoveryCommand, Repay, WriteOff, claim_name
from services.contracts.envelope import Event
from services.contracts.monthly import Decision
from services.contracts.monthly_money import RecoveryOffset, RecoveryOpened, RecoveryRepaid, RecoveryWrittenOff
from services.eventlog.decider import Refused
from tests.benefits.sentences import Given
from tests.contracts.monthly_examples import MONTHLY_EXAMPLES

ON, CLIENT = date(2024, 3, 1), "p-" + "1" * 16
OPEN = OpenRecovery("cl-1", CLIENT, "GM0361", "paid-too-much", 50_000, ON, "s-1", "dec-1")


def repay(cents: int = 20_000, source: str = "bank-1") -> Repay:
    return Repay("cl-1", cents, ON, source)


def write_off(cents: int = 50_000, ref: str = "dec-2") -> WriteOff:
    return WriteOff("cl-1", cents, "uncollectable", ON, "s-1", ref)


def lived(*commands: RecoveryCommand) -> list[Event]:
    facts: list[Event] = []
    for command in commands:
        decision = RECOVERY.decide(RECOVERY.fold(facts), command)
        assert not isinstance(decision, Refused)
        facts.extend(decision)
    return facts


@pytest.mark.parametrize(
    ("before", "command", "then"),
    [
        ([], OPEN, RecoveryOpened),
        ([OPEN], repay(), RecoveryRepaid),
        ([OPEN], repay(50_000), RecoveryRepaid),
        ([OPEN, repay()], repay(30_000, "bank-2"), RecoveryRepaid),
        ([OPEN], write_off(), RecoveryWrittenOff),
    ],
)
def test_a_claim_is_opened_repaid_and_let_go_once(before: Sequence[RecoveryCommand], command: RecoveryCommand, then: type[Event]) -> None:
    assert [type(fact) for fact in lived(*before, command)[len(before) :]] == [then]
    assert Given(RECOVERY, lived(*before, command)).when(command) == []


@pytest.mark.parametrize(
    ("before", "command", "reason"),
    [
        ([], repay(), "unknown-claim"),
        ([], write_off(), "unknown-claim"),
        ([], OpenRecovery("cl-1", CLIENT, "GM0361", "paid-too-much", 0, ON, "s-1", "dec-1"), "nothing-to-claim"),
        ([OPEN], OpenRecovery("cl-1", CLIENT, "GM0361", "paid-too-much", 1, ON, "s-1", "dec-1"), "claim-differs"),
        ([OPEN], repay(0), "nothing-to-settle"),
        ([OPEN, repay()], repay(30_001, "bank-2"), "more-than-is-open"),
        ([OPEN, repay()], write_off(), "more-than-is-open"),
    ],
)
def test_a_claim_is_never_below_nothing(before: Sequence[RecoveryCommand], command: RecoveryCommand, reason: str) -> None:
    then = Given(RECOVERY, lived(*before)).when(command)

    assert isinstance(then, Refused)
    assert then.reason == reason


def test_a_claim_is_named_by_where_it_comes_from() -> None:
    assert claim_name("p-1", "2024-03", 2) == claim_name("p-1", "2024-03", 2) != claim_name("p-1", "2024-03", 3)


DECISIONS = [example for example in MONTHLY_EXAMPLES if isinstance(example, get_args(Decision))]


@pytest.mark.parametrize("decision", DECISIONS, ids=kind)
def test_every_decision_has_a_letter_that_says_until_when_one_can_object(decision: Decision) -> None:
    text = letters.installed().text(decision, date(2024, 4, 12))

    assert "uiterlijk op 2024-04-12" in text
    assert "$" not in text


def test_a_letter_says_amounts_in_euros() -> None:
    charge = next(each for each in DECISIONS if kind(each) == "fixed-charge-arranged")

    assert "600,00 euro" in letters.installed().text(charge, date(2024, 4, 12))


def test_a_claim_is_named_by_what_it_comes_from_for_ever() -> None:
    assert claim_name("p-1", "2024-01", 1) == "cl-8cda07b7b5319f17"


def test_what_came_off_a_claim_is_told_by_run_and_month_bank_line_or_decision() -> None:
    taken = RecoveryOffset(claim_ref="cl-1", client=CLIENT, municipality="GM0361", amount_cents=6_000, run_ref="run-1", month="2024-03")
    later = taken.model_copy(update={"month": "2024-04", "amount_cents": 1_000})
    then = RECOVERY.fold([*lived(OPEN), taken, taken, later, *lived(OPEN, repay(500), write_off(300))[1:]])
    assert isinstance(then, Claim)

    assert then.came_off == {"run-1/2024-03": 12_000, "run-1/2024-04": 1_000, "bank-1": 500, "dec-2": 300}
    assert then.open_cents == 50_000 - 13_800


def test_a_cent_can_be_claimed_repaid_and_let_go() -> None:
    cent = replace(OPEN, amount_cents=1)

    assert [type(fact) for fact in lived(cent, repay(1))] == [RecoveryOpened, RecoveryRepaid]
    assert [type(fact) for fact in lived(cent, write_off(1))] == [RecoveryOpened, RecoveryWrittenOff]


def test_why_a_claim_was_let_go_is_in_the_vault() -> None:
    (fact,) = lived(OPEN, replace(write_off(), text_ref="t-1"))[1:]

    assert isinstance(fact, RecoveryWrittenOff)
    assert fact.text_ref == "t-1"


def test_a_history_that_no_decider_wrote_is_told_as_such() -> None:
    with pytest.raises(AssertionError, match=r"^something came off a claim that was not opened"):
        RECOVERY.fold(lived(OPEN, repay())[1:])
