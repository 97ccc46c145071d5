"""What is carried forward of settled months, to the cent, and where a client is read: claims, accounts, and what is not trusted."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.benefits.monthly.ask import Client, Plan
from services.benefits.monthly.carried import Carried
from services.benefits.monthly.carrying import answers, touches
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.client_book import CARRIED, Forward
from services.benefits.monthly.dossier import Dossier, DossierFact
from services.benefits.monthly.recovery import OpenRecovery, Reduce, Repay
from services.contracts.monthly import (
    BenefitApplied,
    BenefitChanged,
    BenefitShared,
    BenefitShareEnded,
    DecisionNotified,
    DecisionReopened,
    ObjectionDecided,
    ObjectionLodged,
)
from services.contracts.monthly_money import (
    AdvanceDecided,
    AdvancesReclaimed,
    BenefitTakenOver,
    EntitlementHeld,
    HolidayAllowanceDecided,
    RefundDecided,
)
from services.vault.erasure import ERASURE
from tests.benefits.monthly.a_month import NORMS, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, attach, circumstances, earns, whose
from tests.benefits.monthly.test_monthly_carrying import FEB, JAN, Book
from tests.contracts.monthly_examples import MONTHLY_EXAMPLES

NOT_OF_A_MONTH = (
    *(BenefitTakenOver, BenefitApplied, BenefitShared, BenefitShareEnded, ObjectionLodged, ObjectionDecided, DecisionReopened),
    *(HolidayAllowanceDecided, AdvanceDecided, AdvancesReclaimed, RefundDecided, EntitlementHeld),
)
MAR, APR = date(2024, 3, 1), date(2024, 4, 1)
FREE = 6_419


def claim(ref: str, cents: int = 20_000, on: date = JAN) -> OpenRecovery:
    return OpenRecovery(ref, CLIENT, ALKMAAR, "paid-too-much", cents, on, "s-1", "dec-1")


def test_what_attachments_took_of_settled_months_is_carried_by_name() -> None:
    book = Book().granted("monthly")
    book.months.has(attach(JAN, 9_000, "at-1"))
    book.lives(APR).prepared()

    assert book.page().client.own.carried.attached == {"at-1": 9_000}
    assert FREE < 9_000 < 2 * FREE


def test_what_settled_months_took_of_advances_is_carried() -> None:
    book = Book().lives(FEB).granted()
    whole = book.lives(MAR).book.whole(book.page()).client.own
    advanced = sum(
        part.cents for each in whole.money for part in each.parts if part.kind == "client" and type(each).__name__ == "AdvanceDecided"
    )
    book.prepared()

    assert advanced > 0
    assert book.page().client.own.carried.advance_cents == advanced


def carrying(rules: str, months: frozenset[str] = frozenset({"2024-01"})) -> Client:
    own = Dossier(carried=Carried(months=months, rules=rules))
    return Client(CLIENT, HOUSEHOLD, ALKMAAR, own, None)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (carrying(NORMS.rule_version), True),
        (carrying("other"), False),
        (carrying("other", frozenset()), True),
        (carrying(NORMS.rule_version, frozenset()), True),
    ],
)
def test_a_plan_rests_on_what_was_carried_by_the_same_rules_only(client: Client, *, expected: bool) -> None:
    assert answers(ask(FEB), client, Plan()) is expected


def test_a_holiday_allowance_rests_on_each_month_and_not_on_sums() -> None:
    said: dict[str, Any] = {
        "run_ref": "run-1",
        "month": "2024-05",
        "sequence": 1,
        "parts": (),
        "rule_version": "1",
        "facts_hash": "0" * 64,
        "decided_on": JAN,
    }
    fact = HolidayAllowanceDecided(**whose().said, **said, rests_on=(), cents=1)

    assert not answers(ask(FEB), carrying(NORMS.rule_version), Plan((fact,)))


@pytest.mark.parametrize(("month", "expected"), [("2024-03", True), ("2024-04", True), ("2024-02", False)])
def test_a_change_from_a_day_touches_the_month_of_that_day_and_those_behind_it(month: str, *, expected: bool) -> None:
    said: dict[str, Any] = {
        "decision_ref": "dec-1",
        "effective_on": date(2024, 3, 15),
        "decided_on": APR,
        "decided_by": "s-1",
        "rule_version": "1",
        "reason_code": "x",
    }
    fact = BenefitChanged(**whose().said, **said, text_ref=None, circumstances=circumstances())

    assert touches(fact, Carried(months=frozenset({month}))) is expected


def test_what_is_kept_is_read_back_as_it_was() -> None:
    kept = Forward(7, (HOUSEHOLD, ALKMAAR), Carried(frozenset({"2024-01"}), "1", 3, 6_419, 5_000, {"at-1": 9_000}), (1, 2))

    assert Forward.read(kept.to_bytes()) == kept


def test_a_page_has_the_claims_of_which_something_is_open_or_to_be_paid_back() -> None:
    book = Book().granted()
    book.months.has(claim("cl-1"), claim("cl-2"), claim("cl-3"))
    book.months.has(Repay("cl-2", 20_000, JAN, "bank-2"), Repay("cl-3", 20_000, JAN, "bank-3"))
    book.months.has(Reduce("cl-3", 5_000, "ob-1", "objection-upheld", JAN, "s-2", "dec-3"))

    assert [each.opened.claim_ref for each in book.page().client.claims] == ["cl-1", "cl-3"]


def test_claims_are_told_the_oldest_first_and_those_of_one_day_by_name() -> None:
    book = Book()
    book.months.has(claim("cl-c", on=FEB), claim("cl-b"), claim("cl-a", on=FEB))

    assert [each.opened.claim_ref for each in claims(book.months.log)[CLIENT]] == ["cl-b", "cl-a", "cl-c"]


def test_what_was_kept_of_a_log_that_went_further_is_not_trusted() -> None:
    book = Book().granted().lives(MAR)
    beyond = Forward(99, (HOUSEHOLD, "GM9999"), Carried(frozenset({"2024-01"}), "1", 1, 1, 1, {}), ())
    book.months.log.submit(lambda tx: tx.keep(CARRIED, CLIENT, beyond.to_bytes())).result(5)

    assert book.page().client.municipality == ALKMAAR
    assert book.page().client.read_upto < 99


def test_who_is_being_erased_is_paid_on_no_account() -> None:
    book = Book().granted()
    before = book.page().client.account
    book.months.log.submit(lambda tx: tx.keep(ERASURE, CLIENT, b"asked")).result(5)

    assert before is not None
    assert book.page().client.account is None


def test_a_client_is_of_the_household_that_was_told_last() -> None:
    book = Book().granted().lives(APR)
    book.prepared()
    book.months.has(replace(earns("2024-04", 0), whose=replace(whose(), household_ref="h-later")))

    assert book.page().client.own.carried.months
    assert book.page().client.household_ref == "h-later"


@pytest.mark.parametrize(
    "fact",
    [each for each in MONTHLY_EXAMPLES if isinstance(each, NOT_OF_A_MONTH)],
    ids=lambda fact: type(fact).__name__,
)
def test_what_says_nothing_of_a_month_touches_none(fact: DossierFact) -> None:
    assert not touches(fact, Carried(months=frozenset({"2024-03"})))


def test_a_letter_touches_nothing_where_nothing_was_carried_forward() -> None:
    letter = next(each for each in MONTHLY_EXAMPLES if isinstance(each, DecisionNotified))

    assert [touches(letter, Carried(months=months)) for months in (frozenset(), frozenset({"2024-03"}))] == [False, True]
