"""A client who moved is served by each municipality about its own right: over HTTP a caseworker of one cannot touch the other's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from services.contracts.intake import HouseholdRegistered
from services.contracts.monthly import BenefitFact, BenefitWithdrawn, DecisionNotified, DecisionReopened, IncomeReported, ObjectionDecided
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, Home, household
from tests.benefits.monthly.test_monthly_api import APPLICATION, CLIENT, GRANT, HOME, ON

HEILOO = "GM0399"
THERE = {"municipality": BERGEN, "household_ref": household(2)}
AWAY = {**APPLICATION, **THERE, "reported_on": "2024-02-10", "applied_on": "2024-02-10"}
NEWER = {**GRANT, "effective_on": "2024-02-10"}
FORM = {"month": "2024-01", "source_ref": "form-1", "lines": [{"kind": "wages", "period": "month", "net_cents": 50_000}]}


@dataclass
class Move:
    """The right in Alkmaar ended on the tenth of February; that in Bergen began. By reference: the old grant and the new one."""

    house: House
    old: InProcess
    new: InProcess
    grants: tuple[str, str]

    def told(self, kind: type[BenefitFact]) -> list[str]:
        """The municipalities of every fact of a kind."""
        return [fact.municipality for fact in self.house.region.facts(kind)]


@pytest.fixture
def move(tmp_path: Path) -> Iterator[Move]:
    house = House(tmp_path)
    house.region.houses(1)
    old, new = (house.as_("caseworker", f"s-{where}", [where]) for where in (ALKMAAR, BERGEN))
    old.post(f"{HOME}/applications", "a-1", json=APPLICATION)
    first = old.post(f"{HOME}/grants", "g-1", json=GRANT)
    old.post(f"{HOME}/ends", "e-1", json={**ON, "effective_on": "2024-02-10"})
    away = Home(2, municipality=BERGEN, persons=(1,), on=date(2024, 2, 10))
    house.region.tells(HouseholdRegistered(household_ref=away.ref, on=away.on, facts=away.facts))
    new.post(f"{HOME}/applications", "a-2", json=AWAY)
    second = new.post(f"{HOME}/grants", "g-2", json=NEWER)
    yield Move(house, old, new, (first.json()["refs"]["decision_ref"], second.json()["refs"]["decision_ref"]))
    house.processing.close()


def test_without_a_municipality_it_is_the_right_of_the_callers_that_was_applied_for_last(move: Move) -> None:
    new, old, both = (each.get(HOME).json() for each in (move.new, move.old, move.house.as_("caseworker", "s-all")))
    refused = move.house.as_("caseworker", "s-heiloo", [HEILOO]).get(HOME)

    assert [(each["municipality"], each["elsewhere"], each["condition"]) for each in (new, old, both)] == [
        (BERGEN, [ALKMAAR], "Running"),
        (ALKMAAR, [BERGEN], "Ended"),
        (BERGEN, [ALKMAAR], "Running"),
    ]
    assert [each["decision_ref"] for each in both["decisions"]] == [move.grants[1]]
    assert refused.status_code == 403


def test_a_caseworker_of_before_still_sees_and_decides_on_the_right_of_before(move: Move) -> None:
    shown = move.old.get(f"{HOME}?municipality={ALKMAAR}&on=2024-02-05").json()
    withdrawn = move.old.post(f"{HOME}/withdrawals", "w-1", json={**ON, "effective_on": "2024-02-05"})

    assert (shown["municipality"], shown["elsewhere"], shown["entitled"], shown["condition"]) == (ALKMAAR, [BERGEN], True, "Ended")
    assert withdrawn.status_code == 201
    assert move.told(BenefitWithdrawn) == [ALKMAAR]
    assert move.new.get(HOME).json()["entitled"]


def test_neither_decides_on_the_right_of_the_other(move: Move) -> None:
    answers = [
        move.new.post(f"{HOME}/withdrawals", "w-1", json={**ON, "municipality": ALKMAAR}),
        move.old.post(f"{HOME}/blocks", "b-1", json={**ON, "municipality": BERGEN}),
        move.old.get(f"{HOME}/recoveries?municipality={BERGEN}"),
        move.new.post(f"{HOME}/incomes", "i-1", json={**FORM, "municipality": ALKMAAR}),
    ]

    assert [each.status_code for each in answers] == [403] * 4


def test_in_a_municipality_where_nothing_was_applied_for_nothing_is_known(move: Move) -> None:
    answer = move.house.as_("caseworker", "s-all").get(f"{HOME}?municipality={HEILOO}")

    assert (answer.status_code, answer.json()["title"]) == (404, "unknown-client")


def test_income_of_a_month_before_the_move_is_told_where_that_month_was_paid(move: Move) -> None:
    both = [
        move.old.post(f"{HOME}/incomes", "i-1", json={**FORM, "municipality": ALKMAAR}),
        move.new.post(f"{HOME}/incomes", "i-2", json={**FORM, "month": "2024-02"}),
    ]

    assert [each.status_code for each in both] == [201, 201]
    assert move.told(IncomeReported) == [ALKMAAR, BERGEN]


def test_a_letter_an_objection_and_its_outcome_go_with_the_decision_that_they_are_about(move: Move) -> None:
    first, second = move.grants
    letters = [
        each.post(f"{HOME}/notifications", "n", json={"decision_ref": ref, "notified_on": "2024-02-15"})
        for each, ref in ((move.old, first), (move.new, second))
    ]
    move.old.post(f"{HOME}/objections", "o-1", json={"decision_ref": first, "objection_ref": "ob-1", "lodged_on": "2024-02-15"})
    colleague = move.house.as_("caseworker", "s-colleague", [ALKMAAR])
    colleague.post(f"{HOME}/objection-decisions", "od-1", json={"objection_ref": "ob-1", "outcome": "upheld"})

    assert [each.status_code for each in letters] == [201, 201]
    assert move.told(DecisionNotified) == [ALKMAAR, BERGEN]
    assert (move.told(ObjectionDecided), move.told(DecisionReopened)) == ([ALKMAAR], [ALKMAAR])


def test_a_claim_is_of_the_municipality_whose_decision_it_follows_on_and_is_told_there_only(move: Move) -> None:
    fine = {"client": CLIENT, "ground": "fine", "amount_cents": 10_000, "decision_ref": move.grants[0]}
    ref = move.old.post("/v1/recoveries", "r-1", json=fine).json()["refs"]["claim_ref"]
    letter = move.old.post(f"{HOME}/notifications", "n-1", json={"decision_ref": ref, "notified_on": "2024-02-15"})
    there, here = move.new.get(f"{HOME}/recoveries").json(), move.old.get(f"{HOME}/recoveries?municipality={ALKMAAR}").json()

    assert letter.status_code == 201
    assert (there["claims"], here["open_cents"], here["claims"][0]["letter_on"]) == ([], 10_000, "2024-02-15")


def test_what_the_next_run_of_each_pays_or_claims_is_told_apart(move: Move) -> None:
    answers = [move.old.get(f"{HOME}/corrections?municipality={ALKMAAR}"), move.new.get(f"{HOME}/corrections")]

    assert [each.json() for each in answers] == [{"cents": 0, "months": []}] * 2
