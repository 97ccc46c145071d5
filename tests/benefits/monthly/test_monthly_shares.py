"""From which day measures, charges, attachments and reports of income hold, to the day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.commands import BenefitCommand, Payee, ServeAttachment
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.shares import attachments, charges, measure_percent
from services.contracts.envelope import Event
from services.contracts.monthly import IncomeReported
from services.eventlog.decider import Refused
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import (
    ALKMAAR,
    CLIENT,
    COLLEAGUE,
    WORKER,
    apply,
    attach,
    charge,
    circumstances,
    earns,
    grant,
    lift,
    lived,
    measure,
    stop_charge,
    terms,
)
from tests.benefits.sentences import Given

FEB, MAR, NOV, JAN = date(2024, 2, 1), date(2024, 3, 1), date(2024, 11, 1), date(2025, 1, 1)
BEFORE = timedelta(days=1)
RUNNING = lived(apply(), grant())


def own(facts: list[Event]) -> Dossier:
    return BENEFIT.fold(facts)[CLIENT, ALKMAAR]


def test_a_measure_holds_over_the_turn_of_the_year_and_then_no_longer() -> None:
    dossier = own(lived(measure(NOV, 20, 3), since=RUNNING))
    months = [date(2024, 10, 1), NOV, date(2024, 12, 1), JAN, date(2025, 2, 1), date(2025, 11, 1)]

    assert [measure_percent(dossier, month) for month in months] == [0, 20, 20, 20, 0, 0]


@pytest.mark.parametrize(("months", "fits"), [(1, True), (2, False)])
def test_measures_that_meet_in_a_later_month_are_counted_there(months: int, fits: bool) -> None:  # noqa: FBT001 - the outcome itself
    facts = lived(measure(MAR, 60), since=RUNNING)
    then = Given(BENEFIT, facts).when(measure(FEB, 41, months, ref="other"))

    assert (then == Refused("measures-above-the-whole")) is not fits


def test_measures_may_take_the_whole_together() -> None:
    assert lived(measure(MAR, 60), measure(MAR, 40, ref="other"), since=RUNNING)


def test_a_charge_is_paid_from_its_day_up_to_the_day_on_which_it_stops() -> None:
    dossier = own(lived(charge(FEB), stop_charge(MAR), since=RUNNING))

    assert [len(charges(dossier, day)) for day in (FEB - BEFORE, FEB, MAR - BEFORE, MAR)] == [0, 1, 1, 0]


def test_an_attachment_holds_from_its_day_up_to_the_day_on_which_it_is_lifted() -> None:
    dossier = own(lived(attach(FEB), lift(MAR), since=RUNNING))

    assert [len(attachments(dossier, day)) for day in (FEB - BEFORE, FEB, MAR - BEFORE, MAR)] == [0, 1, 1, 0]


def test_income_is_reported_from_the_first_day_of_its_month() -> None:
    early = replace(earns("2024-03", 50_000), reported_on=MAR - BEFORE)
    told = Given(BENEFIT, RUNNING).when(replace(early, reported_on=MAR))

    assert Given(BENEFIT, RUNNING).when(early) == Refused("month-has-not-begun")
    assert [type(fact) for fact in told] == [IncomeReported]  # type: ignore[union-attr]  # facts, as it is not refused


def serve_again(
    on: date = MAR, print_: str = "other", cents: int = 90_000, by: str = COLLEAGUE, name: str = "at-bailiff", ref: str = "again"
) -> ServeAttachment:
    return replace(attach(on, cents, name, ref), terms=terms(ref, on, by=by), payee=Payee(f"acc-{print_}", print_))


def accounts_paid(*months: date) -> list[tuple[str, int]]:
    """The account and cents of each month of an attachment that was served again from March."""
    year = (
        Months().has(apply(), grant(circumstances(holiday="monthly")), attach(FEB, 20_000), serve_again(MAR, cents=20_000)).told_of("grant")
    )
    rights = [right for month in months for right in year.decide(ask(month)).rights if right.kind == "attachment"]
    return [(right.account_ref, right.amount_cents) for right in rights]


def test_an_attachment_that_is_served_again_is_paid_on_the_other_account_from_that_month_and_no_cent_more() -> None:
    paid = accounts_paid(FEB, MAR, date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 1))

    assert paid == [("acc-bailiff", 6_419), ("acc-other", 6_419), ("acc-other", 6_419), ("acc-other", 743)]


def test_an_attachment_that_is_served_again_keeps_its_rank_and_is_lifted_as_one() -> None:
    dossier = own(lived(attach(FEB), attach(FEB, name="second", ref="second"), serve_again(), since=RUNNING))

    assert [(each.attachment_ref, each.account_ref) for each in attachments(dossier, MAR)] == [
        ("at-bailiff", "acc-other"),
        ("second", "acc-bailiff"),
    ]
    assert attachments(own(lived(attach(FEB), serve_again(), lift(MAR), since=RUNNING)), MAR) == ()


@pytest.mark.parametrize(
    ("before", "command", "refused"),
    [
        ([attach(FEB)], serve_again(print_="bailiff"), Refused("attachment-served-already")),
        ([attach(FEB), lift(MAR)], serve_again(), Refused("attachment-served-already")),
        ([attach(FEB)], serve_again(cents=90_001), Refused("attachment-differs", "it is for 90000 cents: lift it first")),
        ([attach(FEB)], serve_again(by=WORKER), Refused("served-by-the-same-person", "another account takes another person")),
        ([attach(MAR)], serve_again(FEB), Refused("before-it-was-served")),
    ],
)
def test_an_attachment_is_not_served_again_otherwise(before: list[BenefitCommand], command: ServeAttachment, refused: Refused) -> None:
    assert Given(BENEFIT, lived(*before, since=RUNNING)).when(command) == refused


def test_an_attachment_may_be_served_again_from_its_own_first_day() -> None:
    dossier = own(lived(attach(FEB), serve_again(FEB), since=RUNNING))

    assert [each.account_ref for each in attachments(dossier, FEB)] == ["acc-other"]


def test_the_same_service_told_twice_is_one() -> None:
    assert Given(BENEFIT, lived(attach(FEB), serve_again(), since=RUNNING)).when(serve_again()) == []
