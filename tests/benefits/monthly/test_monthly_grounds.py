"""What an amount rests on has a name that stays, so that it can be shown again years later."""

from datetime import date
from hashlib import sha256

from services.benefits.monthly.grounds import facts_hash, newly
from services.benefits.references import monthly_right_ref
from services.contracts.monthly_money import MonthDecided, MonthlyRightGranted
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, attach, charge, circumstances, grant

JAN = date(2024, 1, 1)


def decided() -> tuple[MonthDecided, tuple[MonthlyRightGranted, ...]]:
    """A month with a landlord and a bailiff."""
    due = Months().has(apply(), grant(circumstances(holiday="monthly")), charge(), attach()).told_of("grant").plan(ask(JAN))
    (month,) = due.money
    assert isinstance(month, MonthDecided)
    return month, due.rights


def test_grounds_have_one_name_in_whatever_order_they_are_told() -> None:
    assert facts_hash({"b": 1, "a": [2]}) == facts_hash({"a": [2], "b": 1}) == sha256(b'{"a":[2],"b":1}').hexdigest()


def test_a_month_that_comes_to_something_else_by_other_rules_alone_rests_on_those_rules() -> None:
    month, _ = decided()
    other = "monthly-benefit/2+0f0f0f0f"

    assert newly(month, month.model_copy(update={"rule_version": other})) == (f"rules/{other}",)
    assert newly(month, month) == ()


def test_a_month_rests_newly_on_what_it_did_not_rest_on_before() -> None:
    month, _ = decided()
    now = month.model_copy(update={"rests_on": (*month.rests_on, "decision/dec-2"), "rule_version": "monthly-benefit/2+0f0f0f0f"})

    assert newly(month, now) == ("decision/dec-2",)


def test_each_right_of_a_month_is_named_by_client_month_kind_payee_and_number() -> None:
    _, rights = decided()

    assert [(right.right_ref, right.payee) for right in rights] == [
        (monthly_right_ref((CLIENT, ALKMAAR), "2024-01", kind, 1, payee), payee)
        for kind, payee in (("month", ""), ("fixed-charge", "ch-rent"), ("attachment", "at-bailiff"))
    ]


def test_a_part_that_is_paid_to_somebody_names_the_right_and_whom_and_one_that_is_kept_nobody() -> None:
    month, rights = decided()
    reserving = Months().has(apply(), grant()).told_of("grant").plan(ask(JAN)).money[0]

    assert [(part.kind, part.ref, part.payee) for part in month.parts] == [
        (kind, right.right_ref, right.payee) for kind, right in zip(("client", "fixed-charge", "attachment"), rights, strict=True)
    ]
    assert [(part.kind, part.ref) for part in reserving.parts][-1] == ("reserve", "")
