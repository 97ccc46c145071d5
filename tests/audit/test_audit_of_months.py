"""I1, I2 and I5 of the monthly benefit: real months hold, and a planted fault is seen and told by its name."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

import pytest

from services.benefits.monthly.recovery import OpenRecovery, Reduce
from services.benefits.monthly.setting_off import SETTING_OFF, SetOff
from services.benefits.payment import PAYMENT, InstructPayment, ReturnPayment
from services.contracts.benefits import AccountBound, PaymentInstructed
from services.contracts.envelope import Event
from services.contracts.monthly_money import (
    AdvancesReclaimed,
    HolidayAllowanceDecided,
    MonthDecided,
    MonthlyRightGranted,
    MonthlyRightSetOff,
    Part,
    RecoveryOffset,
    RecoveryOpened,
    RecoveryReduced,
    RecoveryRepaid,
    RefundDecided,
)
from tests.audit.world import World
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import (
    ALKMAAR,
    CLIENT,
    TAKE_OVER,
    TAKEN,
    apply,
    attach,
    charge,
    circumstances,
    earns,
    end,
    grant,
    refuse,
    withdraw,
)
from tests.benefits.monthly.test_monthly_entitlement import claim

JAN, FEB, MAR, MAY, JUN = (date(2024, month, 1) for month in (1, 2, 3, 5, 6))
Fields = Mapping[type[Event], Mapping[str, Any]]


def a_year() -> Months:
    """Advance, grant, rent, attachment, claim, income that came later, holiday allowance, and a withdrawal."""
    year = Months().has(apply())
    year.decide(ask(JAN))
    year.has(grant(circumstances(holiday="monthly")), charge(cents=20_000), attach(cents=5_000), claim(3_000)).told_of("grant")
    for month in (FEB, MAR):
        year.decide(ask(month))
    year.has(earns("2024-02", 40_000))
    year.decide(ask(MAY))
    year.has(withdraw(MAY))
    year.decide(ask(JUN))
    return year


def tell(world: World, months: Months, otherwise: Fields | None = None) -> None:
    """Record the facts of these months, command by command; `otherwise` changes fields of the first fact of a kind."""
    bound: dict[str, Any] = {"account_ref": "acc-client", "fingerprint": "client", "on": JAN}
    world.record("benefits", AccountBound(client=CLIENT, municipality=ALKMAAR, **bound))
    wanted = dict(otherwise or {})
    records = months.log.after(0, 10_000)
    for _, group in groupby(records, key=lambda record: record.command_id):
        facts = [months.log.read(record.stream)[record.version - 1].event for record in group]
        world.record("benefits", *(fact.model_copy(update=dict(wanted.pop(type(fact), {}))) for fact in facts))


def test_months_as_they_are_decided_hold(bare: World) -> None:
    tell(bare, a_year())
    found = bare.verdict()

    assert [found[name].holds for name in ("I1", "I2", "I5")] == [True, True, True], found
    assert found["I1"].checked > 20


def test_advances_that_are_claimed_back_hold(bare: World) -> None:
    months = Months().has(apply())
    months.decide(ask(JAN))
    tell(bare, months.has(refuse()))

    assert bare.verdict()["I1"].holds


def uncovered() -> Months:
    """An advance that the income of its month leaves uncovered: claimed back in the run."""
    months = Months().has(apply())
    months.decide(ask(JAN))
    months.has(earns("2024-01", 100_000), grant()).told_of("grant")
    months.decide(ask(JAN, run_ref="run-later"))
    return months


@pytest.mark.parametrize("months", [uncovered, lambda: uncovered_by_grant(0), lambda: uncovered_by_grant(100_000)])
def test_advances_that_no_month_covers_hold(bare: World, months: Callable[[], Months]) -> None:
    tell(bare, months())

    assert bare.verdict()["I1"].holds


def uncovered_by_grant(covered: int) -> Months:
    months = Months().has(apply())
    months.decide(ask(JAN))
    return months.has(grant(covered=covered))


def lowered() -> Months:
    """A month that was paid and comes to less: claimed with its amount."""
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(JAN))
    months.has(earns("2024-01", 50_000))
    months.decide(ask(FEB))
    return months


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({RecoveryOpened: {"amount_cents": 1}}, "claims 1 cents, its months are 47500"),
        ({RecoveryOpened: {"months": ()}}, ""),
        (
            {RecoveryOpened: {"months": (), "decision_ref": "2024-02/1"}},
            "2024-01/2 of p-1111111111111111 in GM0361 came to 47500 cents less, None",
        ),
    ],
)
def test_a_claim_that_is_not_what_its_months_came_to_less_is_seen(bare: World, otherwise: Fields, said: str) -> None:
    tell(bare, lowered(), otherwise)

    assert said in bare.verdict()["I1"].detail
    assert bare.verdict()["I1"].holds is (said == "")


BACK: list[tuple[Fields, str]] = [
    ({AdvancesReclaimed: {"cents": 1}}, "takes 1 cents back, the claim on them is 88581"),
    ({AdvancesReclaimed: {"cents": 900_000}}, "settles more advances than there were"),
    ({RecoveryOpened: {"amount_cents": 1}}, "takes 88581 cents back, the claim on them is 1"),
]


@pytest.mark.parametrize(("otherwise", "said"), BACK)
def test_a_claim_on_advances_that_is_not_what_was_taken_back_is_seen(bare: World, otherwise: Fields, said: str) -> None:
    tell(bare, uncovered(), otherwise)

    assert said in bare.verdict()["I1"].detail


def test_a_reserve_that_another_system_left_is_paid_here_and_holds(bare: World) -> None:
    months = Months().has(TAKE_OVER, apply(), grant()).told_of("grant")
    months.decide(ask(date(2024, 4, 1)))
    months.decide(ask(date(2024, 5, 1)))
    tell(bare, months, {})

    assert (bare.verdict()["I1"].holds, bare.verdict()["I2"].holds) == (True, True)


def test_a_month_that_another_system_paid_and_that_is_decided_here_is_seen(bare: World) -> None:
    bare.record("benefits", TAKEN)
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(JAN))
    tell(bare, months, {})

    assert "decides 2024-01, which was paid before this system" in bare.verdict()["I2"].detail


def test_holiday_allowance_that_is_reserved_and_paid_holds(bare: World) -> None:
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(MAR))
    months.has(end(JUN))
    months.decide(ask(MAY))
    tell(bare, months)

    assert bare.verdict()["I1"].holds


def test_a_reserve_that_another_municipality_pays_than_reserved_it_is_seen(bare: World) -> None:
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(MAR))
    months.has(end(JUN))
    months.decide(ask(MAY))
    tell(bare, months, {HolidayAllowanceDecided: {"municipality": "GM0373"}})

    assert "leaves a holiday reserve of -" in bare.verdict()["I1"].detail


FAULTS: list[tuple[Fields, str, str]] = [
    ({MonthlyRightGranted: {"amount_cents": 1}}, "I1", "is 1 cents, its decision gives it 115545"),
    ({MonthDecided: {"parts": (Part(kind="reserve", ref="", cents=1),)}}, "I1", "parts of 2024-01 come to 1 cents, the month to 128383"),
    ({MonthDecided: {"sequence": 2}}, "I2", "decides 2024-01 as 2, after 0"),
    ({RecoveryOffset: {"amount_cents": 4_000}}, "I1", "takes more off cl-1 than was open"),
    ({MonthlyRightGranted: {"account_fingerprint": "thief"}}, "I5", "which was not bound so"),
]


@pytest.mark.parametrize(("otherwise", "invariant", "said"), FAULTS)
def test_a_fault_in_a_month_is_seen(bare: World, otherwise: Fields, invariant: str, said: str) -> None:
    tell(bare, a_year(), otherwise)
    finding = bare.verdict()[invariant]

    assert not finding.holds
    assert said in finding.detail


def test_a_month_decided_twice_is_seen(bare: World) -> None:
    months = a_year()
    tell(bare, months)
    bare.record("benefits", next(fact for fact in months.facts() if isinstance(fact, MonthDecided)))

    assert "decides 2024-01 as 1, after 1" in bare.verdict()["I2"].detail


def refunded() -> Months:
    """A fine of which 64.19 was taken, that was withdrawn and paid back."""
    fine = OpenRecovery("cl-1", CLIENT, ALKMAAR, "fine", 50_000, JAN, "s-1", "dec-1")
    months = Months().has(apply(), grant(circumstances(holiday="monthly"))).told_of("grant").has(fine)
    months.decide(ask(JAN))
    months.has(Reduce("cl-1", 0, "ob-1", "objection-upheld", JAN, "s-2", "dec-3"))
    months.decide(ask(FEB))
    return months


REFUND_FAULTS: list[tuple[Fields, str]] = [
    ({}, ""),
    ({RecoveryReduced: {"refund_cents": 6_420}}, "gives 6420 cents back and leaves -1 of 0"),
    ({RecoveryReduced: {"claim_cents": 1}}, "gives 6419 cents back and leaves 0 of 1"),
    ({RecoveryReduced: {"amount_cents": 43_582}}, "takes more off cl-1 than was open"),
    ({RefundDecided: {"cents": 1}}, "parts are 6419 cents, decided 1"),
    ({RefundDecided: {"claim_ref": "cl-2"}}, "pays back more of cl-2 than the 0 cents given up"),
]


@pytest.mark.parametrize(("otherwise", "said"), REFUND_FAULTS)
def test_the_audit_sees_a_refund_that_is_not_what_was_given_up(bare: World, otherwise: Fields, said: str) -> None:
    tell(bare, refunded(), otherwise)

    assert said in bare.verdict()["I1"].detail
    assert bare.verdict()["I1"].holds is (said == "")


def set_off() -> Months:
    """January came back and was lowered to nothing of what it paid: it met the claim, and what is left is paid by the next run."""
    months = lowered()
    right = months.rights()[0]
    months.tries_to(PAYMENT, InstructPayment(right.right_ref, 1, "m-1", FEB))
    months.tries_to(PAYMENT, ReturnPayment(right.right_ref, 1, right.amount_cents, "AC04", FEB, "d" * 64))
    months.tries_to(SETTING_OFF, SetOff(months.client().claims[0].opened.claim_ref, right.right_ref, MAR, "s-1"))
    months.decide(ask(MAR))
    return months


SET_OFF_FAULTS: list[tuple[Fields, str]] = [
    ({}, ""),
    ({RecoveryRepaid: {"amount_cents": 47_499}}, "was met with 121963 cents"),
    ({RecoveryRepaid: {"amount_cents": 47_501}}, "takes more off"),
    ({RecoveryRepaid: {"refund_cents": 1}}, "of which 121964 were set off"),
    ({RecoveryRepaid: {"right_ref": ""}}, "was met with None cents"),
    ({MonthlyRightSetOff: {"claim_ref": "cl-2"}}, "claim cl-2 was met with None cents"),
    ({MonthlyRightSetOff: {"municipality": "GM0373"}}, "was met with None cents"),
    ({MonthlyRightSetOff: {"amount_cents": 1}}, "of which 1 were set off"),
    ({RefundDecided: {"cents": 80_000}}, "than the 74464 cents given up"),
]


@pytest.mark.parametrize(("otherwise", "said"), SET_OFF_FAULTS)
def test_the_audit_sees_a_claim_that_is_met_with_other_cents_than_came_back(bare: World, otherwise: Fields, said: str) -> None:
    tell(bare, set_off(), otherwise)

    assert said in bare.verdict()["I1"].detail
    assert bare.verdict()["I1"].holds is (said == "")


def test_a_right_that_is_set_off_before_it_came_back_or_paid_after_it_is_seen(bare: World) -> None:
    months = set_off()
    gone = next(fact for fact in months.facts() if isinstance(fact, MonthlyRightSetOff))
    sent = next(fact for fact in months.facts() if isinstance(fact, PaymentInstructed))
    february = months.rights()[1]
    tell(bare, months)
    bare.record("benefits", sent.model_copy(update={"attempt": 2, "end_to_end_id": f"{gone.right_ref}-2"}))
    bare.record("benefits", gone.model_copy(update={"right_ref": february.right_ref, "amount_cents": february.amount_cents}))

    assert f"is about {gone.right_ref}, which was set off" in bare.verdict()["I1"].detail
    assert f"sets off {february.right_ref}, which did not come back" in bare.verdict()["I1"].detail
