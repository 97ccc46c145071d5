"""Something wrong that months rested on leads to every month, right and claim, and to the drafts that mend it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.benefits.monthly.benefit import BENEFIT
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.month_radius import mending, on_ground, on_import, resting, rights_of, under_rules
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.recovery import OpenRecovery
from services.contracts.monthly_money import HolidayAllowanceDecided
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from tests.benefits.a_house import House
from tests.benefits.a_region import person
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, earns, grant, objects, withdraw
from tests.benefits.monthly.test_monthly_difference import decides, month, worker
from tests.benefits.monthly.test_monthly_difference import earns as reports
from tests.benefits.monthly.test_monthly_run import on_benefit

JAN, FEB, MAY, JUN = (date(2024, number, 1) for number in (1, 2, 5, 6))
ROW = "rule/norm single/2024-01-01"
SINGLE, IN_HAND = 128_383, 121_964


def radius(house: House, **cause: str) -> Any:  # noqa: ANN401 - JSON
    return house.as_("auditor", "s-auditor").post("/v1/blast-radius", json=cause).json()


def decided_in_may() -> Months:
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(MAY))
    return months


def corrected_norm(cents: int) -> Norms:
    """The norms, with another amount for a single person in the first half of 2024."""
    rows = (row.model_copy(update={"with_holiday_cents": cents}) if f"rule/{row.known_as}" == ROW else row for row in NORMS.norms)
    return NORMS.model_copy(update={"norms": tuple(rows), "version": "2"})


def test_a_wrong_norm_leads_to_its_months_and_to_the_holiday_allowance_of_them() -> None:
    """UWV 2019-2020: about 1,200 people paid by two rules, found by a sample a year later; here a rule names all that rested on it."""
    months = decided_in_may()
    facts = list(resting(months.log, on_ground(ROW)))

    assert [fact.month for fact in facts] == ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-05"]
    assert isinstance(facts[-1], HolidayAllowanceDecided)
    assert set(rights_of(facts)) == {right.right_ref for right in months.rights()}
    assert list(resting(months.log, on_ground("rule/norm couple/2024-01-01"))) == []


@pytest.mark.parametrize(("cents", "kind"), [(SINGLE + 1_000, 1_000), (SINGLE - 1_000, -1_000)])
def test_a_norm_that_was_put_right_drafts_the_back_payment_or_claim_of_each_month(cents: int, kind: int) -> None:
    months = decided_in_may()
    norms = corrected_norm(cents)
    mended = mending(months.log, norms, resting(months.log, on_ground(ROW)), ROW)

    assert [draft.cents for draft in mended.drafts[CLIENT, ALKMAAR]] == [kind] * 5
    assert mended.drafts[CLIENT, ALKMAAR][0].because == (f"rules/{norms.rule_version}",)
    assert mended.requests == [{"path": "/v1/months/2024-05/runs", "body": {}}]


def test_what_was_decided_under_a_version_of_the_rules_is_found_by_it() -> None:
    months = decided_in_may()

    assert len(list(resting(months.log, under_rules("monthly-benefit/1+")))) == 6
    assert list(resting(months.log, under_rules("monthly-benefit/2"))) == []


def test_a_wrong_decision_leads_to_its_months_and_rights_and_is_drafted_to_be_opened_again(house: House) -> None:
    on_benefit(house, 1)
    on_benefit(house, 2)
    shared = decides(
        house, 2, "changes", "2024-02-01", circumstances={"household_type": "single", "age_bands": ["27-pension"], "cost_sharers": 1}
    )
    month(house, "2024-02")
    found = radius(house, ground=shared)

    assert [(each["client"], each["month"], each["cents"]) for each in found["months"]] == [(person(2), "2024-02", 91_702)]
    assert [(each["client"], each["amount_cents"]) for each in found["rights"]] == [(person(2), 87_117)]
    assert (found["corrections"], found["cents"]) == ([], {"sent": 87_117})
    ref = shared.removeprefix("decision/")
    assert found["drafts"] == [{"path": f"/v1/benefits/{person(2)}/reopenings", "body": {"decision_ref": ref, "ground": "own-mistake"}}]


def test_the_drafts_of_a_wrong_decision_mend_it_when_they_are_sent(house: House) -> None:
    """Apeldoorn: wrongful refusals and payments that nobody mended, one by one; here the drafts do."""
    client = on_benefit(house, 1)
    alone = {"household_type": "single", "age_bands": ["27-pension"]}
    shared = decides(house, 1, "changes", "2024-02-01", circumstances={**alone, "cost_sharers": 1})
    month(house, "2024-02")
    (reopening,) = radius(house, ground=shared)["drafts"]
    opened = worker(house).post(reopening["path"], "again", json={**reopening["body"], "source": "internal-audit"})
    worker(house).post(
        f"/v1/benefits/{client}/changes", "right", json={"effective_on": "2024-02-01", "reason_code": "mended", "circumstances": alone}
    )
    drafted = radius(house, ground=shared)
    month(house, "2024-02", day=21)

    assert opened.status_code == 201
    assert [(each["kind"], each["cents"]) for each in drafted["corrections"]] == [("back-payment", SINGLE - 91_702)]
    assert [each["path"] for each in drafted["drafts"]] == ["/v1/months/2024-02/runs"]
    assert radius(house, ground=shared)["corrections"] == []
    assert sum(each["amount_cents"] for each in radius(house, rule_version="monthly-benefit/")["rights"]) == IN_HAND


def test_a_wrong_file_of_income_leads_to_the_months_of_its_forms_and_drafts_them_anew(house: House) -> None:
    for number in (1, 2, 3):
        on_benefit(house, number)
    reports(house, 1, "2024-02", 50_000, "forms-7-1")
    reports(house, 2, "2024-02", 40_000, "forms-7-2")
    month(house, "2024-02")
    by_file, by_form = radius(house, key_prefix="i-1-forms-7-"), radius(house, ground="income/forms-7-2")

    assert [each["client"] for each in by_file["months"]] == [person(1)]
    assert [each["client"] for each in by_form["months"]] == [person(2)]
    (draft,) = by_form["drafts"]
    assert (draft["path"], draft["body"]["lines"][0]["net_cents"]) == (f"/v1/benefits/{person(2)}/incomes", 40_000)


def test_a_claim_that_rested_on_a_wrong_decision_is_shown_with_what_is_open_of_it(house: House) -> None:
    on_benefit(house, 1)
    month(house, "2024-02")
    withdrawn = decides(house, 1, "withdrawals", "2024-02-01")
    month(house, "2024-03")
    found = radius(house, ground=withdrawn)

    assert [(each["months"][0]["month"], each["open_cents"]) for each in found["claims"]] == [("2024-02", IN_HAND)]


def test_an_advance_rests_on_its_application_and_on_the_norm() -> None:
    months = Months().has(apply())
    months.decide(ask(JAN))

    assert [fact.TYPE.split(".")[3] for fact in resting(months.log, on_ground(ROW))] == ["advance-decided"]
    assert len(list(resting(months.log, on_ground("application/2024-01-01")))) == 1


def test_a_month_decided_again_on_the_same_wrong_ground_is_found_each_time() -> None:
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(JAN))
    months.has(earns("2024-01", 10_000))
    months.decide(ask(FEB))
    months.has(withdraw(JAN))
    months.decide(ask(JUN))

    assert [(fact.month, fact.sequence) for fact in resting(months.log, on_ground("decision/dec-grant"))][:3] == [
        ("2024-01", 1),
        ("2024-01", 2),
        ("2024-02", 1),
    ]


def brought(months: Months, command: BenefitCommand, key: str) -> None:
    """A command that came in under a key."""
    work = Work(BENEFIT, lambda _tx: command, Origin("s-1", key, datetime(2024, 1, 3, tzinfo=UTC), key), b"")
    assert months.log.submit(work).result(5).outcome == "accepted"


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("file-7", True), ("p-1:file-7", True), ("file-7:line-3", True), ("line-3", False), ("file-8", False)],
)
def test_a_file_is_known_by_its_key_with_or_without_the_route_before_it(prefix: str, *, found: bool) -> None:
    months = Months().has(apply())
    brought(months, grant(), "p-1:file-7:line-3")
    months.told_of("grant").decide(ask(JAN))

    assert bool(list(resting(months.log, on_import(months.log, prefix)))) is found


def test_what_rested_on_an_imported_application_is_its_advance() -> None:
    months = Months()
    brought(months, apply(), "file-7")
    months.decide(ask(JAN))

    assert [fact.TYPE.split(".")[3] for fact in resting(months.log, on_import(months.log, "file-7"))] == ["advance-decided"]
    assert list(resting(months.log, on_import(months.log, "file-8"))) == []


def test_a_block_that_came_in_a_file_is_nothing_that_months_rest_on() -> None:
    months = Months().has(apply(), grant()).told_of("grant")
    brought(months, earns("2024-01", 10_000), "other")
    brought(months, objects(), "file-7")
    months.decide(ask(JAN))

    assert list(resting(months.log, on_import(months.log, "file-7"))) == []
    assert [fact.month for fact in resting(months.log, on_import(months.log, "other"))] == ["2024-01"]


@pytest.mark.parametrize("wrong", [1, 2])
def test_the_holiday_allowance_of_somebody_else_does_not_rest_on_a_wrong_month(house: House, wrong: int) -> None:
    for number in (1, 2):
        on_benefit(house, number)
    alone = {"household_type": "single", "age_bands": ["27-pension"]}
    shared = decides(house, wrong, "changes", "2024-02-01", circumstances={**alone, "cost_sharers": 1})
    month(house, "2024-05")
    facts = list(resting(house.region.log, on_ground(shared)))

    assert {fact.client for fact in facts} == {person(wrong)}
    assert any(isinstance(fact, HolidayAllowanceDecided) for fact in facts)


def test_a_form_that_was_wrong_is_drafted_to_be_reported_anew_where_it_was(house: House) -> None:
    on_benefit(house, 1)
    reports(house, 1, "2024-02", 50_000, "forms-7-1")
    reports(house, 1, "2024-03", 40_000, "forms-9-1")
    month(house, "2024-02")
    (draft,) = radius(house, ground="income/forms-7-1")["drafts"]

    assert draft["body"].keys() == {"month", "lines", "municipality"}
    assert (draft["body"]["month"], draft["body"]["municipality"]) == ("2024-02", ALKMAAR)
    assert [each["path"] for each in radius(house, rule_version="monthly-benefit/")["drafts"]] == []
    assert [each["path"] for each in radius(house, ground=ROW)["drafts"]] == []


def test_a_claim_rests_on_the_decision_that_opened_it_and_on_no_other() -> None:
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(JAN))
    months.has(OpenRecovery("cl-1", CLIENT, ALKMAAR, "duty-to-inform", 10_000, FEB, "s-1", "dec-grant"))
    months.has(OpenRecovery("cl-2", CLIENT, ALKMAAR, "duty-to-inform", 10_000, FEB, "s-1", "dec-other"))
    facts = list(resting(months.log, on_ground("decision/dec-grant")))

    def owed(ground: str) -> list[str]:
        return [claim.opened.claim_ref for claim in mending(months.log, NORMS, facts, ground).claims]

    assert (owed("decision/dec-grant"), owed("decision/dec-other"), owed(""), owed(ROW)) == (["cl-1"], ["cl-2"], [], [])


def test_only_the_form_that_was_wrong_is_drafted_to_be_reported_anew() -> None:
    months = Months().has(apply(), grant(), earns("2024-01", 50_000, "form-7"), earns("2024-02", 40_000, "form-9")).told_of("grant")
    months.decide(ask(FEB))
    ground = "income/form-7"
    drafts = mending(months.log, NORMS, resting(months.log, on_ground(ground)), ground).requests

    assert [(each["path"], each["body"]["month"]) for each in drafts] == [(f"/v1/benefits/{CLIENT}/incomes", "2024-01")]
