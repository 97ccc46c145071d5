"""Nothing is taken for a claim or a fine before its letter left: the client learns of it from the house, and not from their bank."""

from datetime import date
from typing import Any

import pytest

from services.benefits.monthly.ask import Ask
from services.benefits.monthly.fines import letter_on
from services.benefits.monthly.recovery import OpenRecovery
from services.contracts.monthly_money import HolidayAllowanceDecided
from tests.benefits.a_house import House
from tests.benefits.a_region import BERGEN, person
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, change, circumstances, earns, grant, notify, refuse
from tests.benefits.monthly.test_monthly_entitlement import running
from tests.benefits.monthly.test_monthly_run import on_benefit

JAN, FEB, MAR, MAY = (date(2024, month, 1) for month in (1, 2, 3, 5))
FREE = 6_419
"""Five percent of the norm of somebody alone, paid with the month."""


def claimed(cents: int = 50_000, ground: Any = "duty-to-inform", ref: str = "cl-1") -> Months:  # noqa: ANN401 - a literal
    """Somebody alone on benefit, of whom so much is claimed in January by a letter that nobody sent yet."""
    months = running(holiday="monthly")
    months.sends_letters = False
    return months.has(OpenRecovery(ref, CLIENT, ALKMAAR, ground, cents, JAN, "s-1", "dec-1"))


def taken(months: Months, run: Ask) -> list[int]:
    return [offset.amount_cents for offset in months.decide(run).offsets]


@pytest.mark.parametrize("ground", ["duty-to-inform", "paid-too-much", "fine"])
def test_without_its_letter_nothing_is_taken_and_later_months_take_it_all(ground: str) -> None:
    months = claimed(10_000, ground)
    before = [taken(months, ask(month)) for month in (JAN, FEB)]
    months.sends_letter("cl-1", date(2024, 3, 1))

    assert before == [[], []]
    assert [taken(months, ask(date(2024, month, 1))) for month in (3, 4, 5)] == [[FREE], [10_000 - FREE], []]


@pytest.mark.parametrize(("left_on", "expected"), [(date(2024, 1, 27), [FREE]), (date(2024, 1, 28), []), (date(2024, 1, 29), [])])
def test_the_letter_leaves_before_the_day_on_which_less_is_paid(left_on: date, expected: list[int]) -> None:
    assert taken(claimed().sends_letter("cl-1", left_on), ask(JAN)) == expected


def test_the_letter_of_the_decision_behind_a_claim_is_not_the_letter_of_the_claim() -> None:
    months = claimed().has(change(circumstances(holiday="monthly"), JAN, "1"), notify("1"))

    assert [each.decision_ref for each in months.client().own.notified][-1] == months.client().claims[0].opened.decision_ref
    assert taken(months, ask(JAN)) == []


def test_each_claim_waits_for_its_own_letter() -> None:
    months = claimed(1_000).has(OpenRecovery("cl-2", CLIENT, ALKMAAR, "fine", 2_000, FEB, "s-1", "dec-2")).sends_letter("cl-2", FEB)

    assert [(each.claim_ref, each.amount_cents) for each in months.decide(ask(FEB)).offsets] == [("cl-2", 2_000)]


def test_the_reserve_waits_for_the_letter_as_well_and_goes_to_the_client() -> None:
    months = running()
    months.sends_letters = False
    months.has(OpenRecovery("cl-1", CLIENT, ALKMAAR, "fine", 50_000, JAN, "s-1", "dec-1"))
    for month in range(1, 5):
        months.decide(ask(date(2024, month, 1)))
    due = months.decide(ask(MAY))

    assert any(isinstance(each, HolidayAllowanceDecided) for each in due.money)
    assert due.offsets == ()


def test_what_a_run_claims_waits_for_a_letter_as_well() -> None:
    months = running(holiday="monthly")
    months.sends_letters = False
    months.decide(ask(JAN))
    months.has(earns("2024-01", 50_000))
    (claim,) = months.decide(ask(FEB)).opened

    assert taken(months, ask(MAR)) == []
    assert taken(months.sends_letter(claim.claim_ref, date(2024, 4, 2)), ask(date(2024, 4, 1))) == [FREE]


def test_the_letter_of_a_refusal_tells_what_of_the_advances_is_claimed_back() -> None:
    months = Months(sends_letters=False).has(apply())
    months.decide(ask(JAN))
    months.has(refuse())
    (claim,) = months.client().claims
    before = letter_on(months.client().own, claim.opened)
    months.has(notify("refusal", date(2024, 2, 20)))

    assert (claim.opened.ground, before) == ("advance-refused", None)
    assert letter_on(months.client().own, claim.opened) == date(2024, 2, 20)


def test_the_letter_of_a_grant_tells_what_of_the_advances_its_months_do_not_cover() -> None:
    months = Months(sends_letters=False).has(apply())
    months.decide(ask(JAN))
    months.has(grant(covered=0))
    (claim,) = months.client().claims
    months.has(notify("grant", date(2024, 2, 20)))

    assert claim.opened.ground == "advance-not-settled"
    assert letter_on(months.client().own, claim.opened) == date(2024, 2, 20)


def test_a_caseworker_sees_which_claim_waits_for_its_letter(house: House) -> None:
    client, worker = on_benefit(house, 1), house.as_("caseworker", "s-worker")
    body = {"client": client, "ground": "duty-to-inform", "amount_cents": 5_000, "decision_ref": "dec-0000000000000000"}
    ref = worker.post("/v1/recoveries", "claim-1", json=body).json()["refs"]["claim_ref"]
    before, waiting = worker.get(f"/v1/benefits/{person(1)}/recoveries").json()["claims"], worker.get("/v1/recoveries").json()["claims"]
    worker.post(f"/v1/benefits/{client}/notifications", "letter-1", json={"decision_ref": ref, "notified_on": "2024-02-16"})
    after = worker.get(f"/v1/benefits/{person(1)}/recoveries").json()["claims"]

    assert [each["letter_on"] for each in (*before, *after)] == [None, "2024-02-16"]
    assert [(each["claim_ref"], each["client"], each["open_cents"]) for each in waiting] == [(ref, client, 5_000)]
    assert worker.get("/v1/recoveries").json()["claims"] == []


def test_claims_without_a_letter_are_shown_to_their_own_municipality(house: House) -> None:
    client, worker = on_benefit(house, 1), house.as_("caseworker", "s-worker")
    body = {"client": client, "ground": "duty-to-inform", "amount_cents": 5_000, "decision_ref": "dec-0000000000000000"}
    worker.post("/v1/recoveries", "claim-1", json=body)

    assert house.as_("caseworker", "s-else", [BERGEN]).get("/v1/recoveries").json() == {"claims": []}
