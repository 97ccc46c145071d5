"""Who is a candidate, whose rules hold, who is paid, how much is left, and what a decision rests on: worked out from facts alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

import orjson

from services.benefits.allowance_rules import AllowanceRules, Tranche, installed
from services.benefits.assessment import Account, Assessment, Case, Grant, Known, Outcome, Refusal, Undecided
from services.benefits.household import Household
from services.contracts.benefits import ApplicationNoted, HouseholdNoted
from tests.benefits.a_region import ALKMAAR, ALL, BERGEN, Home, person

RULES = installed()[0]
YEAR_CENTS = 130_000
"""1,300 euro (domain.md 3.2)."""
IN_EARLIER_RUN = Undecided("excluded", ("decided-in-earlier-run",))


def noted(home: Home, version: int = 1, on: date | None = None) -> HouseholdNoted:
    return HouseholdNoted(
        household_ref=home.ref, on=on or home.on, cause="moved", facts=home.facts, source_version=version, split_from=None
    )


def applied(home: Home, day: int = 1, by: str = "") -> ApplicationNoted:
    said = {
        "household_ref": home.ref,
        "client": by or home.client,
        "municipality": home.municipality,
        "application_ref": f"a-{home.number}",
    }
    return ApplicationNoted(**said, scheme="energy-allowance", scheme_year=2023, received_on=date(2024, 2, day))


def known(home: Home, *applications: ApplicationNoted, taken: int = 0, granted: int = 0, decided_on: str = "") -> Known:
    return Known(home.ref, Household((noted(home),), applications), taken, 1, granted, decided_on)


def account(who: str) -> Account:
    return Account(f"acc-{who}", who)


def assessed(
    *households: Known, rules: AllowanceRules = RULES, accounts: Mapping[str, Account] | None = None, codes: Sequence[str] = ALL
) -> dict[str, tuple[Case, Outcome]]:
    """Everybody has an account, unless it is said who has."""
    everybody = {person(number): account(person(number)) for number in range(100)}
    return Assessment(rules, 1, everybody if accounts is None else accounts, {}, {}).outcomes(households, frozenset(codes))


def outcome(household: Known, rules: AllowanceRules = RULES, accounts: Mapping[str, Account] | None = None) -> Outcome:
    (found,) = assessed(household, rules=rules, accounts=accounts).values()
    return found[1]


def test_households_of_other_municipalities_and_of_those_without_rules_are_no_matter_of_a_run() -> None:
    here, there, nowhere = Home(1), Home(2, municipality=BERGEN), Home(3, municipality="GM9999")

    assert list(assessed(known(here), known(there), known(nowhere), codes=[ALKMAAR])) == [here.ref]


def test_the_rules_of_the_municipality_of_the_reference_date_hold() -> None:
    home = Home(1)
    moved = noted(replace(home, municipality=BERGEN), 2, date(2023, 12, 1))
    (found,) = assessed(replace(known(home), household=Household((noted(home), moved)))).values()

    assert (found[0].rule.code, found[1]) == (BERGEN, Grant(home.client, YEAR_CENTS, account(home.client)))


def test_who_applied_before_intake_told_of_a_household_is_refused_by_the_rules_of_the_application() -> None:
    home = Home(1)
    (found,) = assessed(replace(known(home), household=Household((), (applied(home),)))).values()

    assert (found[0].rule.code, found[1]) == (ALKMAAR, Refusal(home.client, ("no-household-on-reference-date",)))


def test_of_one_dwelling_the_household_that_applied_first_is_granted_whatever_its_name() -> None:
    late, early = (Home(number, benefit="none", dwelling=7) for number in (1, 2))
    found = assessed(known(late, applied(late, 3)), known(early, applied(early, 2)))

    assert (type(found[early.ref][1]), found[late.ref][1]) == (Grant, Refusal(late.client, ("dwelling-already-granted",)))


def test_a_decision_rests_on_facts_applications_earlier_payments_tranche_and_rules() -> None:
    home = Home(1)
    (case, _), *_ = assessed(known(home, applied(home), taken=2_000, granted=1_000)).values()
    rested = {
        "applications": ["a-1"],
        "facts": home.facts.model_dump(),
        "granted_cents": 1_000,
        "rules": RULES.rule_version(ALKMAAR),
        "taken_cents": 2_000,
        "tranche": 1,
    }

    assert case.facts_hash == sha256(orjson.dumps(rested, option=orjson.OPT_SORT_KEYS)).hexdigest()


def test_where_nobody_who_applied_lives_there_a_person_looks() -> None:
    home = Home(1, benefit="none")

    assert outcome(known(home, applied(home, by=person(99)))) == Undecided("held", ("no-adult-to-pay",))


def test_what_was_refused_on_the_same_facts_is_not_decided_again() -> None:
    home = Home(1, living="institution")
    (case, refusal), *_ = assessed(known(home)).values()

    assert refusal == Refusal(home.client, ("institution",))
    assert outcome(known(home, decided_on=case.facts_hash)) == IN_EARLIER_RUN
    assert outcome(known(home, decided_on="0" * 64)) == refusal


def test_what_is_left_of_the_year_is_granted_to_the_last_cent_and_nothing_left_is_told_by_who_paid() -> None:
    home = Home(1)

    assert outcome(known(home, taken=129_999, granted=129_999)) == Grant(home.client, 1, account(home.client))
    assert outcome(known(home, taken=YEAR_CENTS, granted=YEAR_CENTS)) == IN_EARLIER_RUN
    assert outcome(known(home, taken=YEAR_CENTS, granted=1)) == IN_EARLIER_RUN
    assert outcome(known(home, taken=YEAR_CENTS)) == Refusal(home.client, ("already-paid-in-full",))


def test_a_tranche_leaves_what_earlier_runs_did_not_grant_of_it() -> None:
    """500 euro of the 1,300 could be paid early (domain.md 3.2)."""
    home, early = Home(1), Tranche(source="wyzer.nl", tranche=1, amount_cents=50_000)
    rules = RULES.model_copy(update={"tranches": (early,)})

    assert outcome(known(home, taken=20_000, granted=20_000), rules) == Grant(home.client, 30_000, account(home.client))


def test_more_than_a_payment_may_be_is_held() -> None:
    low = RULES.payment_ceiling.model_copy(update={"amount_cents": YEAR_CENTS - 1})

    assert outcome(known(Home(1)), RULES.model_copy(update={"payment_ceiling": low})) == Undecided("held", ("above-payment-ceiling",))


def test_on_a_benefit_the_applicant_of_the_household_is_paid_and_no_partner_who_did_not_apply() -> None:
    home = Home(1, bands=("27-pension", "27-pension"), household_type="couple")
    partner = home.members[1].person_ref
    accounts = {partner: account(partner)}

    assert outcome(known(home), accounts=accounts) == Undecided("held", ("no-bound-account",))
    assert outcome(known(home, applied(home, by=partner)), accounts=accounts) == Grant(partner, YEAR_CENTS, account(partner))


def test_an_income_of_the_limit_itself_is_granted() -> None:
    """The norm of somebody alone without holiday allowance is 1,219.64 (domain.md 3.5)."""
    rows = tuple(row.model_copy(update={"income_limit_percent": 100}) for row in RULES.municipalities)
    rules = RULES.model_copy(update={"municipalities": rows})

    assert isinstance(outcome(known(Home(1, income_cents=121_964)), rules), Grant)
    assert outcome(known(Home(1, income_cents=121_965)), rules) == Refusal(Home(1).client, ("income-above-limit",))
