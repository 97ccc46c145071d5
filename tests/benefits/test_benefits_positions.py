"""Where every right and payment stands, told from the log at any moment."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from services.benefits.payments import Payments, Position, cents_by_standing
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.monthly_money import MonthlyRightGranted, MonthlyRightSetOff
from services.contracts.payouts import AllowanceRevoked, PaymentRecallAsked, PaymentWithdrawn
from services.eventlog.decider import Decider
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from services.eventlog.memory import MemoryLog
from tests.benefits.facts import CLIENT, HOUSEHOLD, OTHER_RUN, RIGHT, RUN, granted, instructed, paid, refused, rejected, returned, withheld

FIRST = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
OTHER_RIGHT = "r" + "b" * 26
RECORDED: Decider[Any, None] = Decider(
    initial=None, reads=lambda facts: (facts[0].home().stream,), decide=lambda _state, facts: facts, evolve=lambda state, _fact: state
)
FILE, AGAIN = f"{RUN}-001", f"{OTHER_RUN}-001"


class Told:
    """A log in which each fact is an hour later than the one before, and what is kept of it in memory."""

    def __init__(self, *facts: Event) -> None:
        self.log, self.commands = MemoryLog("benefits", published()), count(1)
        self.payments = Payments(self.log)
        self.tells(*facts)

    def tells(self, *facts: Event) -> "Told":
        for fact in facts:
            number = next(self.commands)
            origin = Origin("s-1", f"c-{number}", FIRST + timedelta(hours=number), "c")
            self.log.submit(Work(RECORDED, lambda _tx, told=[fact]: told, origin, b"")).result(5)  # type: ignore[misc]  # a default names it
        return self


def other(fact: Event, **said: str) -> Event:
    return fact.model_copy(update={"right_ref": OTHER_RIGHT, **said})


def position(standing: Any, hours: int, **said: Any) -> Position:  # noqa: ANN401 - a literal, and any field
    whose = {"right_ref": RIGHT, "client": CLIENT, "household_ref": HOUSEHOLD, "municipality": "GM0361", "run_ref": RUN}
    since = (FIRST + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    return Position(**{**whose, "amount_cents": 130_000, "standing": standing, "since": since, **said})


def withdrawn() -> PaymentWithdrawn:
    told = paid().model_dump(exclude={"booked_on", "document_ref"})
    return PaymentWithdrawn(**told, reason_code="prepared-wrong")


def revoked() -> AllowanceRevoked:
    told = {name: getattr(paid(), name) for name in ("right_ref", "client", "household_ref", "municipality", "run_ref", "amount_cents")}
    return AllowanceRevoked(**told, reason_code="prepared-wrong")


def monthly() -> MonthlyRightGranted:
    told = granted().model_dump(exclude={"scheme", "scheme_year", "tranche", "reasons"})
    return MonthlyRightGranted(**told, month="2024-02", kind="month")


def set_off() -> MonthlyRightSetOff:
    told = revoked().model_dump(exclude={"reason_code"})
    return MonthlyRightSetOff(**told, claim_ref="cl-1", set_off_on=date(2024, 3, 1), set_off_by="s-1")


def asked_back(attempt: int) -> PaymentRecallAsked:
    told = paid(attempt).model_dump(exclude={"booked_on", "document_ref"})
    return PaymentRecallAsked(**told, reason_code="DUPL", asked_by="s-1")


SENT = {"attempt": 1, "message_id": FILE}


@pytest.mark.parametrize(
    ("facts", "stands"),
    [
        ([granted()], position("granted", 1)),
        ([refused()], position("refused", 1, amount_cents=0, reason="income-above-limit")),
        ([refused(reasons=("institution", "income"))], position("refused", 1, amount_cents=0, reason="institution,income")),
        ([withheld("already-paid-in-full")], position("withheld", 1, reason="already-paid-in-full")),
        ([granted(), instructed(1, FILE)], position("sent", 2, **SENT)),
        ([granted(), instructed(1, FILE), paid()], position("paid", 3, **SENT)),
        ([granted(), instructed(1, FILE), rejected(1, "AC01")], position("rejected", 3, reason="AC01", **SENT)),
        ([granted(), instructed(1, FILE), paid(), returned(1, "AC04")], position("returned", 4, reason="AC04", **SENT)),
        (
            [granted(), instructed(1, FILE), rejected(), instructed(2, AGAIN)],
            position("sent", 4, attempt=2, message_id=AGAIN),
        ),
        ([granted(), instructed(1, FILE), withdrawn(), revoked()], position("revoked", 4, reason="prepared-wrong", **SENT)),
        ([monthly()], position("granted", 1)),
        ([granted(), instructed(1, FILE), rejected(1, "AC01"), set_off()], position("revoked", 4, **SENT)),
    ],
)
def test_a_right_stands_where_its_last_fact_put_it(facts: list[Event], stands: Position) -> None:
    payments = Told(*facts).payments
    told = payments.of_right(RIGHT)
    assert told is not None

    assert (told.standing, told.since[:19]) == (stands.standing, stands.since[:19])
    assert payments.of_client(CLIENT) == payments.of_run(RUN) == [told]
    unsaid = {"since": "", "scheme": "", "promised_on": "", "booked_on": ""}
    assert {**asdict(told), **unsaid} == {**asdict(stands), **unsaid}


def test_what_nobody_decided_stands_nowhere() -> None:
    payments = Told(granted()).payments

    assert (payments.of_right(OTHER_RIGHT), payments.of_payment(RIGHT, 1)) == (None, None)
    assert payments.of_run(OTHER_RUN) == payments.of_client("p-other") == payments.of_batch(FILE) == payments.statement(OTHER_RUN) == []


def test_each_payment_of_a_right_keeps_its_own_outcome() -> None:
    payments = Told(granted(), instructed(1, FILE), rejected(), instructed(2, AGAIN), paid(2)).payments
    told = [payments.of_payment(RIGHT, attempt) for attempt in (1, 2)]

    assert [(each.standing, each.message_id) for each in told if each] == [("rejected", FILE), ("paid", AGAIN)]


def test_a_run_knows_what_it_decided_and_what_it_paid_last() -> None:
    told = Told(granted(), instructed(1, FILE), rejected())
    told.tells(instructed(2, AGAIN), paid(2))

    assert [each.attempt for each in told.payments.of_run(RUN)] == [each.attempt for each in told.payments.of_run(OTHER_RUN)] == [2]


def test_a_run_that_paid_a_right_of_another_before_knows_it_no_longer() -> None:
    third = "run-" + "3" * 16
    told = Told(granted(), instructed(1, FILE), rejected(), instructed(2, AGAIN), rejected(2), instructed(3, f"{third}-001"))

    assert (told.payments.of_run(OTHER_RUN), len(told.payments.of_run(third))) == ([], 1)


def test_a_statement_is_of_the_payments_of_a_run_and_of_its_rights_without_one() -> None:
    facts = (granted(), other(granted()), instructed(1, FILE), rejected(), instructed(2, AGAIN))
    payments = Told(*facts).payments

    assert [(each.right_ref, each.standing, each.attempt) for each in payments.statement(RUN)] == [
        (RIGHT, "rejected", 1),
        (OTHER_RIGHT, "granted", 0),
    ]
    assert [(each.standing, each.attempt) for each in payments.statement(OTHER_RUN)] == [("sent", 2)]


def test_the_payment_of_a_right_that_was_set_off_stays_what_the_bank_said() -> None:
    payments = Told(granted(), instructed(1, FILE), rejected(1, "AC01"), set_off()).payments
    told = payments.of_payment(RIGHT, 1)

    assert told is not None
    assert (told.standing, [each.standing for each in payments.statement(RUN)]) == ("rejected", ["rejected"])


def test_a_batch_is_a_file_or_the_part_of_a_municipality_in_it() -> None:
    here = other(instructed(1, FILE), municipality="GM0373", end_to_end_id=f"{OTHER_RIGHT}-1")
    payments = Told(granted(), other(granted(), municipality="GM0373"), instructed(1, FILE), here).payments

    assert [each.right_ref for each in payments.of_batch(FILE)] == [RIGHT, OTHER_RIGHT]
    assert [each.right_ref for each in payments.of_batch(f"{FILE}-GM0373")] == [OTHER_RIGHT]
    assert payments.of_batch(RUN) == []


@pytest.mark.parametrize(
    ("facts", "near"),
    [
        ([refused()], False),
        ([withheld("already-paid-in-full")], False),
        ([granted()], True),
        ([granted(), instructed()], True),
        ([granted(), instructed(), paid()], False),
        ([granted(), instructed(), rejected()], True),
        ([granted(), instructed(), paid(), returned()], True),
    ],
)
def test_money_is_near_until_it_arrived(facts: list[Event], near: bool) -> None:  # noqa: FBT001 - the outcome itself
    assert Told(*facts).payments.money_is_near(CLIENT) == near


def test_a_right_with_two_payments_under_way_is_told_and_one_that_was_paid_again_is_not() -> None:
    again = [granted(), instructed(), rejected(), instructed(2, AGAIN)]
    twice = [other(granted()), other(instructed()), other(instructed(2, AGAIN))]

    assert Told(*again, *twice).payments.summed(lambda sums: set(sums.twice)) == {OTHER_RIGHT}
    assert Told(*again, *twice, other(rejected())).payments.summed(lambda sums: sums.twice) == set()


def test_a_grant_that_was_put_into_a_file_waits_no_more() -> None:
    waiting = Told(granted(), instructed(), other(granted())).payments.summed(
        lambda sums: {name: set(sums.since[name]) for name in sums.since}
    )

    assert waiting == {"granted": {OTHER_RIGHT}, "sent": {RIGHT}}


@pytest.mark.parametrize(("booked_on", "stands"), [(date(2024, 3, 1), "paid"), (date(2024, 3, 2), "paid-late")])
def test_a_payment_on_the_promised_day_is_in_time(booked_on: date, stands: str) -> None:
    booked = paid().model_copy(update={"booked_on": booked_on})
    places = Told(granted(), instructed(), booked).payments.summed(lambda sums: [place.standing for place in sums.places])

    assert places == [stands]


def test_promises_stand_by_their_day_and_those_that_were_sent_by_their_file() -> None:
    told = Told(granted(), instructed(), paid(), other(granted()), other(instructed(2, AGAIN))).payments
    places = told.summed(lambda sums: {(place.promised_on, place.standing, place.message_id): n for place, n in sums.places.items()})

    assert places == {("2024-03-01", "paid", ""): 1, ("2024-03-01", "sent", AGAIN): 1}


def test_a_right_is_of_the_scheme_that_granted_it_with_the_day_of_its_promise_and_that_of_its_payment() -> None:
    payments = Told(granted(), instructed(), paid(), returned()).payments
    of_the_month, refusal = Told(monthly()).payments.of_right(RIGHT), Told(refused()).payments.of_right(RIGHT)
    told = payments.of_right(RIGHT)
    assert told is not None
    assert of_the_month is not None
    assert refusal is not None

    assert (told.scheme, told.promised_on, told.booked_on) == ("energy-allowance", "2024-03-01", "2024-02-20")
    assert (of_the_month.scheme, of_the_month.promised_on, of_the_month.booked_on) == ("monthly-benefit", "2024-03-01", "")
    assert (refusal.scheme, refusal.promised_on) == ("energy-allowance", "")


def test_a_payment_that_was_booked_and_came_back_unbooked_keeps_the_day() -> None:
    told = Told(granted(), instructed(), paid(), rejected()).payments.of_right(RIGHT)
    assert told is not None

    assert told.booked_on == "2024-02-20"


def test_a_payment_that_was_asked_back_is_known_as_such_and_no_other_of_its_right() -> None:
    payments = Told(granted(), instructed(), rejected(), instructed(2, AGAIN), asked_back(2)).payments
    told = [payments.of_payment(RIGHT, attempt) for attempt in (1, 2)]

    assert [each and payments.is_recalled(each) for each in told] == [False, True]


def test_rights_without_a_decision_are_counted() -> None:
    assert Told(granted()).payments.undecided([RIGHT, OTHER_RIGHT, "r" + "c" * 26]) == 2


def test_money_is_near_in_the_municipality_that_decided() -> None:
    payments = Told(granted(), other(granted(), municipality="GM0373"), other(instructed()), other(paid())).payments

    assert payments.near(CLIENT) == {"GM0361"}


def test_cents_are_summed_by_standing() -> None:
    third = granted().model_copy(update={"right_ref": "r" + "c" * 26})
    payments = Told(granted(), other(granted()), third, instructed()).payments
    sums = cents_by_standing(payments.of_client(CLIENT))

    assert {standing: cents for standing, cents in sums.items() if cents} == {"granted": 260_000, "sent": 130_000}
    assert payments.summed(lambda moved: {standing: cents for standing, cents in moved.cents.items() if cents}) == {
        "granted": 260_000,
        "sent": 130_000,
    }
    assert set(sums.values()) == {0, 130_000, 260_000}
