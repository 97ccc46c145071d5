"""Who gets the allowance, how much, and why not: worked out from facts, rules and ledgers alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

import orjson

from services.benefits.allowance_rules import AllowanceRules, MunicipalRule
from services.benefits.household import Household, adults, partners
from services.benefits.norm_category import YOUNG, NormCategory, norm_category
from services.contracts.intake import HouseholdFacts

COUPLES = frozenset({"couple", "couple-with-children"})
LAST = date.max


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a client is paid on."""

    account_ref: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a household besides intake's facts.

    `sequence` is the next free one of the tranche, `granted_cents` what earlier runs granted in it, `last_facts_hash`
    what the last decision in it rested on if it was a refusal.
    """

    household_ref: str
    household: Household
    taken_cents: int
    sequence: int
    granted_cents: int
    last_facts_hash: str


@dataclass(frozen=True, slots=True)
class Case:
    """A household before the rules: as on the reference date, and who would be paid."""

    known: Known
    rule: MunicipalRule
    facts: HouseholdFacts | None
    applicants: tuple[str, ...]
    first_applied: tuple[date, str]
    facts_hash: str


@dataclass(frozen=True, slots=True)
class Grant:
    """So many cents, to this client's account."""

    client: str
    amount_cents: int
    account: Account


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing, for these reasons."""

    client: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Not a candidate (`excluded`), or one that a person must look at first (`held`)."""

    standing: Literal["excluded", "held"]
    reasons: tuple[str, ...]


Outcome = Grant | Refusal | Undecided


class Assessment:
    """One run over many households. The order counts: benefit households first, then the earliest application."""

    def __init__(
        self, rules: AllowanceRules, tranche: int, accounts: Mapping[str, Account], claims: Mapping[str, str], dwellings: Mapping[str, str]
    ) -> None:
        self._rules, self._tranche, self._accounts = rules, tranche, accounts
        self._claims, self._dwellings = dict(claims), dict(dwellings)

    def outcomes(self, households: Iterable[Known], codes: frozenset[str]) -> dict[str, tuple[Case, Outcome]]:
        """Case and outcome of every household of these municipalities, by reference."""
        cases = [case for known in households if (case := self._case(known, codes)) is not None]
        ordered = sorted(cases, key=lambda case: (not _on_benefit(case.facts), *case.first_applied, case.known.household_ref))
        return {case.known.household_ref: (case, self._outcome(case)) for case in ordered}

    def _case(self, known: Known, codes: frozenset[str]) -> Case | None:
        """None for a household of other municipalities; which one it is, is told by the reference date."""
        household, rules = known.household, self._rules
        begun = household.first()
        code = begun.municipality if begun is not None else next(a.municipality for a in household.applications)
        rule = rules.municipality(code)
        facts = household.at(rule.reference_on) if rule is not None else None
        if facts is not None and facts.municipality != code:
            rule = rules.municipality(facts.municipality)
        if rule is None or rule.code not in codes:
            return None
        applied = household.applied(rules.scheme, rules.scheme_year)
        return Case(
            known=known,
            rule=rule,
            facts=facts,
            applicants=tuple(dict.fromkeys(a.client for a in applied)),
            first_applied=(applied[0].received_on, applied[0].application_ref) if applied else (LAST, ""),
            facts_hash=self._hash(known, rule, facts),
        )

    def _hash(self, known: Known, rule: MunicipalRule, facts: HouseholdFacts | None) -> str:
        """Names everything that the decision rests on, so that it can be shown again years later."""
        applied = known.household.applied(self._rules.scheme, self._rules.scheme_year)
        rested = {
            "facts": facts.model_dump() if facts is not None else None,
            "applications": [a.application_ref for a in applied],
            "taken_cents": known.taken_cents,
            "granted_cents": known.granted_cents,
            "tranche": self._tranche,
            "rules": self._rules.rule_version(rule.code),
        }
        return sha256(orjson.dumps(rested, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def _outcome(self, case: Case) -> Outcome:
        undecided = self._not_a_candidate(case) or _undecidable(case)
        if undecided is not None:
            return undecided
        client = _recipient(case, self._accounts)
        if client is None:
            return Undecided("held", ("no-adult-to-pay",))
        reasons = self._reasons(case)
        if reasons:
            return Refusal(client, reasons)
        return self._grant(case, client)

    def _not_a_candidate(self, case: Case) -> Undecided | None:
        known = case.known
        if not (case.applicants or _on_benefit(case.facts)):
            return Undecided("excluded", ("no-application",))
        nothing_left = self._room_cents(known) <= 0 and known.granted_cents > 0
        if nothing_left or known.last_facts_hash == case.facts_hash:
            return Undecided("excluded", ("decided-in-earlier-run",))
        return None

    def _room_cents(self, known: Known) -> int:
        """What the year and the tranche leave, in cents."""
        in_year = self._rules.year_amount.amount_cents - known.taken_cents
        in_tranche = self._rules.tranche_cents(self._tranche) - known.granted_cents
        return max(0, min(in_year, in_tranche))

    def _reasons(self, case: Case) -> tuple[str, ...]:
        if case.facts is None:
            return ("no-household-on-reference-date",)
        reasons = [*_personal_reasons(case.facts, self._rules, case.rule)]
        if self._room_cents(case.known) == 0:
            reasons.append("already-paid-in-full")
        if self._shared_elsewhere(case.facts, case.known.household_ref):
            reasons.append("adult-claimed-elsewhere")
        if self._dwelling_taken(case.facts, case.known.household_ref):
            reasons.append("dwelling-already-granted")
        return tuple(reasons)

    def _shared_elsewhere(self, facts: HouseholdFacts, household_ref: str) -> bool:
        return any(self._claims.get(person, household_ref) != household_ref for person in adults(facts))

    def _dwelling_taken(self, facts: HouseholdFacts, household_ref: str) -> bool:
        holder = self._dwellings.get(facts.dwelling_ref, household_ref)
        return self._rules.one_per_dwelling.applies and holder != household_ref

    def _grant(self, case: Case, client: str) -> Outcome:
        account, amount_cents = self._accounts.get(client), self._room_cents(case.known)
        if account is None:
            return Undecided("held", ("no-bound-account",))
        if amount_cents > self._rules.payment_ceiling.amount_cents:
            return Undecided("held", ("above-payment-ceiling",))
        assert case.facts is not None
        self._claims.update(dict.fromkeys(adults(case.facts), case.known.household_ref))
        self._dwellings[case.facts.dwelling_ref] = case.known.household_ref
        return Grant(client, amount_cents, account)


def _on_benefit(facts: HouseholdFacts | None) -> bool:
    return facts is not None and facts.benefit != "none"


def _undecidable(case: Case) -> Undecided | None:
    """What a person must look at, before a rule is applied to it."""
    if not case.known.household.complete:
        return Undecided("held", ("history-incomplete",))
    if case.facts is None:
        return None
    if any(member.age_band == "0-17" for member in partners(case.facts)):
        return Undecided("held", ("applicant-under-18",))
    if _norm_category(case.facts) is None:
        return Undecided("held", ("household-contradictory",))
    return None


def _recipient(case: Case, accounts: Mapping[str, Account]) -> str | None:
    """Who is paid: on a benefit the applicant of the household, else the first who applied and lived there.

    Of several who applied, one with a bound account goes first.
    """
    if case.facts is None:
        return case.applicants[0]
    living = set(adults(case.facts))
    entitled = [m.person_ref for m in partners(case.facts)][:1] if _on_benefit(case.facts) else []
    able = [*entitled, *(client for client in case.applicants if client in living)]
    return next((client for client in able if client in accounts), able[0] if able else None)


def _personal_reasons(facts: HouseholdFacts, rules: AllowanceRules, rule: MunicipalRule) -> Iterable[str]:
    couple = partners(facts)
    if facts.living == "postal-address" and rules.excludes("postal-address"):
        yield "postal-address"
    if facts.living == "institution" and rules.excludes("institution"):
        yield "institution"
    if all(member.age_band == YOUNG for member in couple) and rules.excludes("age-18-20"):
        yield "age-18-20"
    students = facts.income_source == "student-finance" or all(member.student for member in couple)
    if students and rules.excludes("student-finance"):
        yield "student-finance"
    category = _norm_category(facts)
    assert category is not None
    # Compared as whole numbers: no rounding decides about anybody.
    if facts.income_cents_per_month * 100 > rules.norm_cents(category) * rule.income_limit_percent:
        yield "income-above-limit"


def _norm_category(facts: HouseholdFacts) -> NormCategory | None:
    return norm_category(facts.household_type, [member.age_band for member in partners(facts)])
