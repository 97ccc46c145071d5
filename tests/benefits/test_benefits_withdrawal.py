from collections.abc import Sequence

import pytest

from services.benefits.payment import PAYMENT, AnswerRecall
from services.benefits.right import Granted
from services.benefits.withdrawal import WITHDRAWAL, AskRecall, RevokeAllowance, WithdrawPayment
from services.contracts.benefits import PaymentEvent
from services.contracts.envelope import Event
from services.contracts.payouts import AllowanceRevoked, ClaimReleased, LedgerReleased, PaymentRecallAsked, PaymentWithdrawn
from services.eventlog.decider import Refused
from tests.benefits.facts import (
    CLIENT,
    HOUSEHOLD,
    NEIGHBOUR,
    OTHER_RUN,
    PARTNER,
    RIGHT,
    RUN,
    claimed,
    granted,
    instruct,
    instructed,
    opening,
    paid,
    refused,
    rejected,
    reserved,
    returned,
)
from tests.benefits.sentences import Given

FILE, OTHER_FILE = f"{RUN}-001", f"{OTHER_RUN}-001"
REVOKE = RevokeAllowance(RIGHT, HOUSEHOLD, "energy-allowance", 2023, RUN, (CLIENT, PARTNER), "wrong-facts")
WITHDRAW, RECALL = WithdrawPayment(RIGHT, 1, "wrong-facts"), AskRecall(RIGHT, 1, "DUPL", "s-1")
GRANTED: Sequence[Event] = (granted(), reserved(), claimed(CLIENT), claimed(PARTNER))
FILED: Sequence[Event] = (*GRANTED, instructed(message_id=FILE))


def kinds(decision: Sequence[Event] | Refused) -> list[type[Event]]:
    assert not isinstance(decision, Refused)
    return [type(fact) for fact in decision]


def test_a_grant_in_a_file_is_revoked_with_its_payment_its_ledger_and_its_claims() -> None:
    then = Given(WITHDRAWAL, FILED).when(REVOKE)

    assert kinds(then) == [PaymentWithdrawn, AllowanceRevoked, LedgerReleased, ClaimReleased, ClaimReleased]


def test_a_grant_in_no_file_yet_is_revoked() -> None:
    assert kinds(Given(WITHDRAWAL, GRANTED).when(REVOKE))[:2] == [AllowanceRevoked, LedgerReleased]


def test_claims_stay_while_something_of_the_year_stays() -> None:
    assert kinds(Given(WITHDRAWAL, [*GRANTED, opening(50_000)]).when(REVOKE)) == [AllowanceRevoked, LedgerReleased]


def test_a_claim_through_another_household_stays() -> None:
    happened = [granted(), reserved(), claimed(CLIENT), claimed(PARTNER, NEIGHBOUR)]
    then = Given(WITHDRAWAL, happened).when(REVOKE)

    assert not isinstance(then, Refused)
    assert [fact.person_ref for fact in then if isinstance(fact, ClaimReleased)] == [CLIENT]


def test_revoking_again_changes_nothing() -> None:
    then = Given(WITHDRAWAL, FILED).when(REVOKE)
    assert not isinstance(then, Refused)

    assert Given(WITHDRAWAL, [*FILED, *then]).when(REVOKE) == []


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        ([], "undecided"),
        ([granted(OTHER_RUN), reserved()], "decided-in-other-run"),
        ([*FILED, paid()], "bank-answered"),
        ([*FILED, returned()], "bank-answered"),
        ([*FILED, rejected(), instructed(2, OTHER_FILE)], "bank-answered"),
        ([*GRANTED, instructed(message_id=OTHER_FILE)], "bank-answered"),
    ],
)
def test_what_may_have_left_is_not_revoked(happened: Sequence[Event], reason: str) -> None:
    then = Given(WITHDRAWAL, happened).when(REVOKE)

    assert isinstance(then, Refused)
    assert then.reason == reason


def test_a_refusal_needs_no_revoking() -> None:
    assert Given(WITHDRAWAL, [refused()]).when(REVOKE) == []


def test_a_payment_in_a_file_that_stays_is_withdrawn_once() -> None:
    then = Given(WITHDRAWAL, FILED).when(WITHDRAW)
    assert kinds(then) == [PaymentWithdrawn]
    assert not isinstance(then, Refused)

    assert Given(WITHDRAWAL, [*FILED, *then]).when(WITHDRAW) == []


@pytest.mark.parametrize(("happened", "reason"), [([*FILED, paid()], "bank-answered"), (GRANTED, "unknown-payment")])
def test_a_payment_that_the_bank_knows_is_not_withdrawn(happened: Sequence[Event], reason: str) -> None:
    assert Given(WITHDRAWAL, happened).when(WITHDRAW) == Refused(reason)


@pytest.mark.parametrize("happened", [FILED, [*FILED, paid()]])
def test_money_is_asked_back_once(happened: Sequence[Event]) -> None:
    then = Given(WITHDRAWAL, happened).when(RECALL)
    assert kinds(then) == [PaymentRecallAsked]
    assert not isinstance(then, Refused)

    assert Given(WITHDRAWAL, [*happened, *then]).when(RECALL) == []
    assert Given(WITHDRAWAL, [*happened, *then]).when(AskRecall(RIGHT, 1, "TECH", "s-1")) == Refused("recalled-already")


@pytest.mark.parametrize(
    ("happened", "reason"), [(GRANTED, "unknown-payment"), ([*FILED, returned()], "money-is-back"), ([*FILED, rejected()], "money-is-back")]
)
def test_money_that_is_here_is_not_asked_back(happened: Sequence[Event], reason: str) -> None:
    assert Given(WITHDRAWAL, happened).when(RECALL) == Refused(reason)


def test_what_the_bank_says_of_a_second_payment_is_about_that_one() -> None:
    twice = [granted(), instructed(message_id=FILE), rejected(), instructed(2, OTHER_FILE)]
    asked = Given(WITHDRAWAL, twice).when(AskRecall(RIGHT, 2, "DUPL", "s-1"))
    assert not isinstance(asked, Refused)
    told = Given(PAYMENT, [*twice, *asked]).when(AnswerRecall(RIGHT, 2, 130_000, "pending", "", "d" * 64))

    assert not isinstance(told, Refused)
    assert [fact.attempt for fact in told if isinstance(fact, PaymentEvent)] == [2]
    assert Given(PAYMENT, twice).when(instruct(2, OTHER_FILE)) == []


@pytest.mark.parametrize("happened", [[], [refused()], GRANTED])
def test_a_payment_that_was_never_made_is_not_withdrawn(happened: Sequence[Event]) -> None:
    assert Given(WITHDRAWAL, happened).when(WITHDRAW) == Refused("unknown-payment")


def test_an_answer_stands_with_its_recall_until_the_money_is_asked_back_again() -> None:
    sent = [granted(), instructed(), paid()]
    asked = Given(WITHDRAWAL, sent).when(RECALL)
    assert not isinstance(asked, Refused)
    answered = PAYMENT.decide(PAYMENT.fold([*sent, *asked]), AnswerRecall(RIGHT, 1, None, "rejected", "LEGL", "doc-1"))
    assert not isinstance(answered, Refused)
    states = [PAYMENT.fold([*sent, *asked, *answered, *more]) for more in ([], asked)]

    assert [state.attempts[0].recall_answer for state in states if isinstance(state, Granted)] == [answered[0], None]
