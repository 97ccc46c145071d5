from collections.abc import Callable, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.balances import reserve_cents
from services.benefits.monthly.commands import BenefitCommand, Whose
from services.benefits.monthly.entitling import ENTITLING, DecideEntitlement
from services.benefits.monthly.periods import months
from services.benefits.monthly.recovery import OpenRecovery
from services.contracts.monthly_money import (
    HolidayAllowanceDecided,
    MonthDecided,
    RecoveryOffset,
    RecoveryOpened,
)
from tests.benefits.monthly.a_month import Months, ask, paid
from tests.benefits.monthly.people import (
    ALKMAAR,
    CLIENT,
    HOUSEHOLD,
    apply,
    attach,
    block,
    change,
    charge,
    circumstances,
    earns,
    end,
    grant,
    measure,
    notify,
    refuse,
    resume,
    stop_advances,
    suspend,
    unblock,
    withdraw,
)

JAN, FEB, MAR, APR, MAY, JUN, JUL = (date(2024, month, 1) for month in range(1, 8))


def running(**said: object) -> Months:
    return Months().has(apply(), grant(circumstances(**said))).told_of("grant")


def claim(cents: int) -> OpenRecovery:
    return OpenRecovery("cl-1", CLIENT, ALKMAAR, "duty-to-inform", cents, JAN, "s-1", "dec-1")


def test_a_month_is_paid_with_its_holiday_allowance_reserved() -> None:
    due = running().decide(ask(JAN))

    assert paid(due) == [("2024-01", "month", 121_964)]
    assert [(part.kind, part.cents) for part in due.money[0].parts] == [("client", 121_964), ("reserve", 6_419)]


def test_a_month_that_was_decided_is_not_due_again() -> None:
    months = running()
    months.decide(ask(JAN))

    assert months.plan(ask(JAN, run_ref="run-again")).reasons == ("no-right",)


def test_months_before_the_grant_was_decided_are_paid_as_back_payments() -> None:
    assert paid(running().decide(ask(MAR))) == [
        ("2024-01", "back-payment", 121_964),
        ("2024-02", "back-payment", 121_964),
        ("2024-03", "month", 121_964),
    ]


def test_a_norm_that_changes_is_paid_from_its_month() -> None:
    months = running()
    for month in (JAN, FEB, MAR, APR, MAY, JUN):
        months.decide(ask(month))

    assert paid(months.decide(ask(JUL)))[0] == ("2024-07", "month", 124_303)


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ((block(JAN),), "2024-01:blocked"),
        ((suspend(JAN),), "2024-01:suspended"),
        ((change(circumstances(income_expected=True), JAN),), "2024-01:income-form-missing"),
        ((change(circumstances(age_bands=("27-pension",) * 2), JAN),), "2024-01:household-contradictory"),
        (
            (change(circumstances(exemption="medically-limited"), JAN), earns("2024-01", 9_000)),
            "2024-01:rule-missing:exemption-medically-limited",
        ),
        ((withdraw(JAN),), "no-right"),
    ],
)
def test_who_is_not_paid_stands_there_with_the_reason(commands: Sequence[BenefitCommand], reason: str) -> None:
    due = running().has(*commands).plan(ask(JAN))

    assert (due.money, due.reasons) == ((), (reason,))


def test_what_was_decided_before_a_block_does_not_wait_and_is_not_corrected_meanwhile() -> None:
    months = running()
    months.decide(ask(JAN))
    due = months.has(earns("2024-01", 50_000), block(FEB)).plan(ask(FEB))

    assert (due.money, due.reasons) == ((), ("2024-02:blocked",))


def test_a_suspension_that_ran_out_asks_for_a_decision() -> None:
    due = running().has(suspend(JAN, weeks=4)).plan(ask(MAR))

    assert due.reasons[-1] == "2024-03:suspension-to-be-decided"


def test_nothing_is_paid_before_the_letter_left() -> None:
    months = Months().has(apply(), grant())
    before = months.plan(ask(JAN))

    assert before.reasons == ("2024-01:decision-not-notified",)
    assert paid(months.has(notify()).plan(ask(JAN))) == [("2024-01", "month", 121_964)]


def test_without_an_account_nothing_is_paid_and_the_reason_is_seen() -> None:
    months = running()
    months.account = None

    assert months.plan(ask(JAN)).reasons == ("no-bound-account",)


def test_more_income_than_expected_is_claimed_back_from_what_was_paid() -> None:
    months = running()
    months.decide(ask(JAN))
    due = months.has(earns("2024-01", 50_000)).decide(ask(FEB))

    (opened,) = due.opened
    assert (opened.ground, opened.amount_cents) == ("paid-too-much", 47_500)
    assert reserve_cents(months.client().own) == 6_419 - 2_500 + 6_419


def test_less_income_than_counted_is_paid_after_all() -> None:
    months = running().has(earns("2024-01", 50_000))
    months.decide(ask(JAN))
    due = months.has(earns("2024-01", 0, "form-2")).decide(ask(FEB))

    assert paid(due)[0] == ("2024-01", "back-payment", 47_500)


def test_a_recovery_claim_takes_nothing_from_a_month_with_a_reserve_and_takes_the_reserve_in_may() -> None:
    """The 5 % trap: what is taken from the month would come on top of the 5 % that is reserved."""
    months = running().has(claim(50_000))
    taken = [offset for month in (JAN, FEB, MAR, APR) for offset in months.decide(ask(month)).offsets]
    due = months.decide(ask(MAY))

    assert taken == []
    assert [offset.amount_cents for offset in due.offsets] == [5 * 6_419]
    assert paid(due) == [("2024-05", "month", 121_964)]


def test_a_recovery_claim_takes_five_percent_where_holiday_allowance_is_paid_along() -> None:
    months = running(holiday="monthly").has(claim(10_000))

    assert [[offset.amount_cents for offset in months.decide(ask(month)).offsets] for month in (JAN, FEB, MAR)] == [[6_419], [3_581], []]


def test_an_attachment_is_paid_to_the_bailiff_until_it_is_full() -> None:
    months = running(holiday="monthly").has(attach(cents=10_000))
    due = [paid(months.decide(ask(month))) for month in (JAN, FEB, MAR)]

    assert [[(kind, cents) for _, kind, cents in each if kind == "attachment"] for each in due] == [
        [("attachment", 6_419)],
        [("attachment", 3_581)],
        [],
    ]
    assert [right.account_ref for right in months.rights() if right.kind == "attachment"] == ["acc-bailiff"] * 2


def test_rent_goes_to_the_landlord_on_the_landlords_account() -> None:
    due = running().has(charge()).decide(ask(JAN))

    assert [(right.kind, right.amount_cents, right.account_ref) for right in due.rights] == [
        ("month", 61_964, "acc-client"),
        ("fixed-charge", 60_000, "acc-landlord"),
    ]


def test_holiday_allowance_is_paid_once_in_may() -> None:
    months = running()
    for month in (JAN, FEB, MAR, APR):
        months.decide(ask(month))
    due, again = months.decide(ask(MAY)), months.plan(ask(MAY, run_ref="run-again"))

    assert paid(due) == [("2024-05", "month", 121_964), ("2024-05", "holiday-allowance", 5 * 6_419)]
    assert again.money == ()


def test_holiday_allowance_is_paid_at_the_end_of_the_benefit() -> None:
    months = running()
    months.decide(ask(JAN))
    due = months.has(end(MAR)).decide(ask(FEB))

    assert paid(due) == [("2024-02", "month", 121_964), ("2024-02", "holiday-allowance", 2 * 6_419)]


def test_holiday_allowance_that_was_paid_on_too_much_is_claimed_too() -> None:
    months = running()
    months.decide(ask(MAY))
    due = months.has(withdraw(MAY)).decide(ask(JUN))

    assert [opened.amount_cents for opened in due.opened] == [128_383]
    assert reserve_cents(months.client().own) == 0


def test_advances_are_paid_within_four_weeks_and_every_four_weeks_while_undecided() -> None:
    months = Months().has(apply())
    due = [months.decide(ask(JAN)), months.decide(ask(JAN, run_ref="run-extra")), months.decide(ask(FEB))]

    assert [paid(each) for each in due] == [[("2024-01", "advance", 115_545)], [], [("2024-02", "advance", 115_545)]]
    assert due[1].reasons == ("advance-not-yet",)


def test_an_advance_is_at_least_ninety_percent_of_the_benefit() -> None:
    (right,) = Months().has(apply()).decide(ask(JAN)).rights

    assert right.amount_cents * 100 >= 90 * 128_383


def test_advances_stop_where_data_are_culpably_missing() -> None:
    assert Months().has(apply(), stop_advances()).plan(ask(JAN)).reasons == ("advance-stopped:data-missing",)


def test_advances_are_settled_with_the_first_months() -> None:
    months = Months().has(apply())
    months.decide(ask(JAN))
    due = months.has(grant()).told_of("grant").decide(ask(FEB))

    assert paid(due) == [("2024-01", "back-payment", 121_964 - 115_545), ("2024-02", "month", 121_964)]


def test_advances_are_claimed_back_after_a_refusal() -> None:
    months = Months().has(apply())
    months.decide(ask(JAN))
    months.has(refuse())

    assert [fact.amount_cents for fact in months.facts() if isinstance(fact, RecoveryOpened)] == [115_545]


def test_a_measure_lowers_its_months_only() -> None:
    months = running().has(measure(FEB, 100))

    assert [amount for _, _, amount in paid(months.decide(ask(MAR)))] == [121_964, 121_964]


def test_what_changed_since_the_approval_is_held_and_due_in_the_next_run() -> None:
    months = running()
    client = months.client()
    approved = months.plan(ask(JAN))
    months.has(earns("2024-01", 50_000))
    command = DecideEntitlement(Whose(CLIENT, HOUSEHOLD, ALKMAAR), "run-2024-01", client.own.version, approved)

    assert months._submit(ENTITLING, command).outcome == "accepted"
    assert months.rights() == []
    assert paid(months.decide(ask(JAN, run_ref="run-next"))) == [("2024-01", "month", 74_464)]


def test_a_run_that_decides_again_changes_nothing() -> None:
    months = running()
    client, due = months.client(), months.decide(ask(JAN))
    command = DecideEntitlement(Whose(CLIENT, HOUSEHOLD, ALKMAAR), "run-2024-01", client.own.version, due)

    assert months._submit(ENTITLING, command).outcome == "unchanged"


def test_two_overlapping_runs_pay_a_month_once() -> None:
    """The Hague 2020: two batches covered the same entitlement. The right's name, and the dossier, meet."""
    months = running()
    client, due = months.client(), months.plan(ask(JAN, run_ref="run-other"))
    months.decide(ask(JAN))
    command = DecideEntitlement(Whose(CLIENT, HOUSEHOLD, ALKMAAR), "run-other", client.own.version, due)
    months._submit(ENTITLING, command)

    assert [right.amount_cents for right in months.rights()] == [121_964]


def test_nothing_is_decided_where_nothing_is_due() -> None:
    months = running().has(block(JAN))
    command = DecideEntitlement(Whose(CLIENT, HOUSEHOLD, ALKMAAR), "run-1", 2, months.plan(ask(JAN)))

    assert months._submit(ENTITLING, command).reason == "nothing-due"


@given(first=st.integers(2, 5), length=st.integers(1, 2), cents=st.integers(0, 150_000))
@settings(max_examples=30, deadline=None)
def test_what_was_withheld_is_what_is_paid_after_a_suspension_is_cured(first: int, length: int, cents: int) -> None:
    """Suspended and resumed comes to the same cents as never suspended, in as many rights."""
    suspended, undisturbed = running().has(earns("2024-03", cents)), running().has(earns("2024-03", cents))
    for month in months(JAN, JUL):
        if month.month == first:
            suspended.has(suspend(month))
        if month.month == first + length:
            suspended.has(resume(month))
        suspended.decide(ask(month))
        undisturbed.decide(ask(month))

    assert by_month(suspended) == by_month(undisturbed)
    assert owed(suspended) == owed(undisturbed)


def by_month(year: Months) -> list[tuple[str, int]]:
    return sorted((right.month, right.amount_cents) for right in year.rights() if right.kind != "holiday-allowance")


def owed(year: Months) -> int:
    return sum(right.amount_cents for right in year.rights()) + reserve_cents(year.client().own)


LIFE = st.lists(
    st.one_of(
        st.builds(lambda n, c: ("earns", n, c), st.integers(1, 6), st.integers(0, 200_000)),
        st.builds(lambda n, c: ("sharers", n, c), st.integers(1, 6), st.integers(0, 4)),
        st.sampled_from([("block", 0, 0), ("unblock", 0, 0), ("suspend", 0, 0), ("resume", 0, 0), ("measure", 0, 30), ("withdraw", 3, 0)]),
        st.builds(lambda c: ("claim", 0, c), st.integers(1, 90_000)),
        st.builds(lambda c: ("charge", 0, c), st.integers(1, 90_000)),
    ),
    max_size=8,
)


def command_of(kind: str, month: int, value: int, now: date, n: int) -> object:
    day, ref = date(2024, month or now.month, 1), f"{kind}-{n}"
    commands: dict[str, Callable[[], object]] = {
        "earns": lambda: earns(f"2024-{month:02d}", value, ref),
        "sharers": lambda: change(circumstances(cost_sharers=value), day, ref),
        "block": lambda: block(now, ref),
        "unblock": lambda: unblock(now, ref),
        "suspend": lambda: suspend(now, ref=ref),
        "resume": lambda: resume(now, ref),
        "measure": lambda: measure(now, value, ref=ref),
        "withdraw": lambda: withdraw(day, ref),
        "claim": lambda: OpenRecovery(f"cl-{n}", CLIENT, ALKMAAR, "duty-to-inform", value, now, "s-1", ref),
        "charge": lambda: charge(now, value, f"ch-{n}", ref),
    }
    return commands[kind]()


@given(life=st.lists(LIFE, min_size=7, max_size=7))
@settings(max_examples=60, deadline=None)
def test_over_whatever_year_every_cent_has_a_part_and_nobody_owes_what_was_not_paid(
    life: list[list[tuple[str, int, int]]],
) -> None:
    year, n = running(), 0
    for month, happens in zip(months(JAN, JUL), life, strict=True):
        for kind, about, value in happens:
            n += 1
            year.tries(command_of(kind, about, value, month, n))
        year.decide(ask(month))
    facts = year.facts()

    for name in {fact.month for fact in facts if isinstance(fact, MonthDecided)}:
        told = [fact for fact in facts if isinstance(fact, MonthDecided) and fact.month == name]
        assert_adds_up(told)
    offset = sum(fact.amount_cents for fact in facts if isinstance(fact, RecoveryOffset))
    claimed = sum(fact.amount_cents for fact in facts if isinstance(fact, RecoveryOpened))
    assert 0 <= offset <= claimed
    assert reserve_cents(year.client().own) >= 0


def assert_adds_up(told: Sequence[MonthDecided]) -> None:
    """Paid, settled, offset and reserved, less what was claimed back and what left the reserve, is what the month comes to."""
    reserved = 0
    total = 0
    for fact in told:
        lowered = max(0, reserved - fact.amounts.reserved_cents) - fact.reserve_claimed_cents
        total += sum(part.cents for part in fact.parts) - fact.too_much_cents - lowered
        reserved = fact.amounts.reserved_cents
        assert total == fact.amounts.total_cents
        assert len({part.ref for part in fact.parts if part.kind == "client"}) <= 1


def test_a_holiday_allowance_decision_has_its_parts() -> None:
    year = running()
    year.decide(ask(MAY))

    (fact,) = [fact for fact in year.facts() if isinstance(fact, HolidayAllowanceDecided)]
    assert sum(part.cents for part in fact.parts) == fact.cents
