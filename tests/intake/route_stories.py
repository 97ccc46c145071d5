"""The client of whom the tests of the route tell, what is known of them, and rules that are easy to add up."""

from datetime import date
from typing import Any, get_args

from hypothesis import strategies as st

from services.contracts.envelope import Event
from services.contracts.route import (
    FiredRule,
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    IntegralFlagReviewed,
    LifeDomain,
    OrganisationKind,
    RouteSignalEnded,
    RouteSignalRecorded,
    SignalKind,
)
from services.intake.route.rules import RouteRules, installed, parse
from services.intake.route.weighing import Signal
from tests.intake.stories import ON, TODAY, household_ref, person

WHO: dict[str, Any] = {"client": person(1), "household_ref": household_ref(1), "municipality": "GM0399"}
INSTALLED = installed()

TOML = b"""
rules = [
  { code = "domains", from_on = 2023-01-01, kind = "open-need", at_least = 3, weight = 60, source = "test" },
  { code = "debts", from_on = 2023-01-01, kind = "problem-debt", at_least = 1, weight = 20, source = "test" },
  { code = "safety", from_on = 2023-01-01, kind = "safety-report", at_least = 1, weight = 40, source = "test", within_months = 12 },
]
thresholds = [{ from_on = 2023-01-01, score = 60, source = "test" }]
terms = [{ from_on = 2023-01-01, answer_days = 14, proposal_months = 3, review_months = 6, flag_months = 12, source = "test" }]
outcomes = [{ from_on = 2023-01-01, domains = 3, within_months = 12, flagged_per_10_000_households = 100, source = "test" }]
reasons = [
  { code = "safety-first", from_on = 2023-01-01, answers = ["confirm", "keep"], source = "test" },
  { code = "goals-reached", from_on = 2023-01-01, answers = ["remove"], source = "test" },
]
"""
RULES: RouteRules = parse([TOML])


def ref(number: int) -> str:
    return f"sg-{number:016x}"


def recorded(number: int, kind: SignalKind = "problem-debt", since: date = ON, **other: Any) -> RouteSignalRecorded:  # noqa: ANN401 - any field
    told: dict[str, Any] = {"domain": None, "organisation": None, "source": "client", "recorded_by": "s-0001", **WHO}
    return RouteSignalRecorded(**{**told, "signal_ref": ref(number), "kind": kind, "since": since, **other})


def need(number: int, domain: LifeDomain, since: date = ON) -> RouteSignalRecorded:
    return recorded(number, "open-need", since, domain=domain)


def ended(number: int, on: date = TODAY, end: Any = "over") -> RouteSignalEnded:  # noqa: ANN401 - a code
    return RouteSignalEnded(**WHO, signal_ref=ref(number), on=on, end=end)


DEBT, SAFETY = recorded(1), recorded(2, "safety-report")
FIRED = (
    FiredRule(rule="debts", weight=20, source="test", seen=(ref(1),)),
    FiredRule(rule="safety", weight=40, source="test", seen=(ref(2),)),
)
PROPOSED = IntegralFlagProposed(
    **WHO, flag=1, on=TODAY, score=60, threshold=60, fired=FIRED, rule_version=RULES.version, review_on=date(2024, 2, 29),
    expires_on=date(2024, 5, 15),
)  # fmt: skip
DAYS: dict[str, Any] = {"review_on": date(2024, 8, 15), "expires_on": date(2025, 2, 15), "rule_version": RULES.version}
ANSWER: dict[str, Any] = {**WHO, "flag": 1, "on": TODAY}
CONFIRMED = IntegralFlagConfirmed(**ANSWER, **DAYS, reason="safety-first", confirmed_by="s-0002")
REVIEWED = IntegralFlagReviewed(**ANSWER, **DAYS, reason="safety-first", reviewed_by="s-0002")
REMOVED = IntegralFlagRemoved(**ANSWER, reason="goals-reached", removed_by="s-0002")
EXPIRED = IntegralFlagExpired(**{**ANSWER, "on": PROPOSED.expires_on}, stood_as="proposed")
KNOWN: tuple[Event, ...] = (DEBT, SAFETY)

DAYS_AROUND = st.dates(date(2023, 6, 1), TODAY)


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    """Anything that may be recorded."""
    kind: SignalKind = draw(st.sampled_from(get_args(SignalKind)))
    domain = draw(st.sampled_from(get_args(LifeDomain))) if kind == "open-need" else None
    organisation = draw(st.sampled_from(get_args(OrganisationKind))) if kind == "active-organisation" else None
    since = draw(DAYS_AROUND)
    return Signal(ref(draw(st.integers(1, 10**6))), kind, domain, organisation, since, draw(st.none() | st.dates(since, TODAY)))
