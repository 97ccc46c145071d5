"""What a month pays otherwise than the month before it, and what made it so, over HTTP."""

from typing import Any

from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, person
from tests.benefits.monthly.test_monthly_run import on_benefit

IN_HAND = 121_964
ALONE = {"household_type": "single", "age_bands": ["27-pension"]}


def month(house: House, name: str, day: int = 20, municipalities: tuple[str, ...] = (ALKMAAR, BERGEN)) -> str:
    """The run of a month, released."""
    return house.released(planned(house, name, day, municipalities))


def planned(house: House, name: str, day: int = 20, municipalities: tuple[str, ...] = (ALKMAAR, BERGEN)) -> str:
    officer = house.as_("payments-officer", OFFICER, municipalities)
    run = officer.post(f"/v1/months/{name}/runs", f"{name}-{day}-{len(municipalities)}", json={"decided_on": f"{name}-{day}"}).json()[
        "run_ref"
    ]
    house.region.works()
    return f"/v1/runs/{run}"


def worker(house: House) -> InProcess:
    return house.as_("caseworker", "s-worker")


def decides(house: House, number: int, collection: str, on: str, **said: Any) -> str:  # noqa: ANN401 - any field
    body = {"effective_on": on, "reason_code": "decided", **said}
    answer = worker(house).post(f"/v1/benefits/{person(number)}/{collection}", f"{collection}-{number}-{on}", json=body)
    return f"decision/{answer.json()['refs']['decision_ref']}"


def tells_of(house: House, number: int, decision: str) -> None:
    """The letter of a decision leaves."""
    letter = {"decision_ref": decision.removeprefix("decision/"), "notified_on": "2024-02-15"}
    worker(house).post(f"/v1/benefits/{person(number)}/notifications", f"letter-{number}", json=letter)


def earns(house: House, number: int, name: str, cents: int, source: str) -> None:
    slip = {"kind": "wages", "period": "month", "net_cents": cents}
    body = {"month": name, "source_ref": source, "lines": [slip]}
    worker(house).post(f"/v1/benefits/{person(number)}/incomes", f"i-{number}-{source}", json=body)


def told(house: House, run: str, **params: Any) -> Any:  # noqa: ANN401 - JSON
    return house.as_("manager", "s-manager").get(f"{run}/differences", params=params).json()


def changes(house: House, run: str) -> dict[str, tuple[str, int, list[str]]]:
    return {row["client"]: (row["change"], row["now_cents"] - row["before_cents"], row["why"]) for row in told(house, run)["rows"]}


def test_who_is_new_gone_higher_and_lower_and_the_decision_or_income_that_made_it_so(house: House) -> None:
    for number in range(1, 6):
        on_benefit(house, number)
    earns(house, 1, "2024-02", 50_000, "form-1")
    measured = decides(house, 5, "measures", "2024-02-01", percent=30, months=1)
    tells_of(house, 5, measured)
    month(house, "2024-02")
    on_benefit(house, 6, start="2024-03-01")
    shared = decides(house, 2, "changes", "2024-03-01", circumstances={**ALONE, "cost_sharers": 1})
    ended = decides(house, 3, "ends", "2024-03-01")
    blocked = decides(house, 4, "blocks", "2024-03-01")
    found = changes(house, planned(house, "2024-03"))

    assert found[person(6)][:2] == ("new", IN_HAND)
    assert found[person(6)][2][0] == "first-seen"
    assert found[person(1)] == ("higher", 47_500, ["was/income/form-1/2024-02-15"])
    assert found[person(2)][:2] == ("lower", 87_117 - IN_HAND)
    assert shared in found[person(2)][2]
    assert found[person(3)][:2] == ("lower", 6_419 - IN_HAND)
    assert {ended, "holiday-allowance"} <= set(found[person(3)][2])
    assert found[person(4)] == ("gone", -IN_HAND, ["2024-03:blocked", blocked])
    assert found[person(5)] == ("higher", 36_589, [f"was/{measured}"])


def test_a_new_norm_a_claim_and_a_back_payment_are_named(house: House) -> None:
    on_benefit(house, 1, start="2024-06-01")
    on_benefit(house, 2, start="2024-06-01", holiday="monthly")
    on_benefit(house, 3, start="2024-06-01", cost_sharers=1)
    month(house, "2024-06")
    claim = {"client": person(2), "ground": "duty-to-inform", "amount_cents": 50_000, "decision_ref": "dec-0000000000000000"}
    ref = worker(house).post("/v1/recoveries", "r-1", json=claim).json()["refs"]["claim_ref"]
    letter = {"decision_ref": ref, "notified_on": "2024-06-20"}
    worker(house).post(f"/v1/benefits/{person(2)}/notifications", "letter-1", json=letter)
    decides(house, 3, "changes", "2024-06-01", circumstances=ALONE)
    found = changes(house, planned(house, "2024-07"))

    assert found[person(1)] == ("higher", 2_339, ["rule/norm single/2024-07-01", "was/rule/norm single/2024-01-01"])
    assert f"claim/{ref}" in found[person(2)][2]
    assert found[person(3)][0] == "higher"
    assert "month/2024-06/2" in found[person(3)][2]


def test_runs_of_one_month_are_taken_together_and_what_was_held_does_not_count(house: House) -> None:
    on_benefit(house, 1)
    first, second = planned(house, "2024-02"), planned(house, "2024-02", day=21)
    house.released(first)
    house.released(second)
    on_benefit(house, 2)
    month(house, "2024-02", day=22)
    found = told(house, planned(house, "2024-03"))

    assert len(found["before_runs"]) == 3
    assert [(row["change"], row["before_cents"]) for row in found["rows"]] == [("same", IN_HAND), ("same", IN_HAND)]


def test_a_later_run_of_a_month_is_compared_with_the_month_before_and_not_with_its_own(house: House) -> None:
    on_benefit(house, 1)
    earns(house, 1, "2024-02", 50_000, "form-1")
    month(house, "2024-02")
    month(house, "2024-03")
    on_benefit(house, 2, start="2024-03-01")
    late = planned(house, "2024-03", day=21)

    assert {client: change for client, (change, _, _) in changes(house, late).items()} == {person(1): "higher", person(2): "new"}


def test_a_run_of_the_same_day_that_was_released_before_counts_as_paid(house: House) -> None:
    on_benefit(house, 1)
    month(house, "2024-02")
    month(house, "2024-03", municipalities=(ALKMAAR,))
    on_benefit(house, 2, start="2024-03-01")

    assert {client: change for client, (change, _, _) in changes(house, planned(house, "2024-03")).items()} == {
        person(1): "same",
        person(2): "new",
    }


def test_who_is_not_paid_for_want_of_a_form_is_told_by_that_alone(house: House) -> None:
    on_benefit(house, 1, income_expected=True)
    earns(house, 1, "2024-02", 50_000, "form-1")
    month(house, "2024-02")

    (change, _, why) = changes(house, planned(house, "2024-03"))[person(1)]
    assert (change, why) == ("gone", ["2024-03:income-form-missing"])


def test_control_totals_are_those_of_the_municipalities_of_the_run(house: House) -> None:
    """Amsterdam 2013: 188 million instead of 1.88; the total differed and nobody compared it with the one before."""
    on_benefit(house, 1)
    on_benefit(house, 2, municipality=BERGEN)
    month(house, "2024-02")
    on_benefit(house, 3, start="2024-03-01")
    found = told(house, planned(house, "2024-03", municipalities=(ALKMAAR,)))

    assert found["control"] == [{"municipality": ALKMAAR, "before": 1, "before_cents": IN_HAND, "now": 2, "now_cents": 2 * IN_HAND}]
    assert [row["change"] for row in found["totals"]] == ["new", "same"]


def test_the_first_month_is_new_for_everybody_and_january_follows_december(house: House) -> None:
    on_benefit(house, 1, start="2024-12-01")
    december = month(house, "2024-12")
    january = told(house, planned(house, "2025-01"))

    assert changes(house, december)[person(1)][0] == "new"
    assert (january["before"], january["rows"][0]["change"]) == (december.rpartition("/")[2], "higher")
