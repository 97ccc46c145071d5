"""What intake takes in about the route of a client and its rules over HTTP, checked field by field."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from services.contracts.route import LifeDomain, OrganisationKind, SignalEnd, SignalKind, SignalSource
from services.intake.bodies import Day, Note
from services.intake.route.rules import Months, Rule, RuleCode, Threshold
from services.web.body import Body

TRIAL = "a dry run"


class SignalBody(Body):
    """Something is there since a day; an open need names its domain, an active organisation its kind, others neither."""

    kind: SignalKind
    domain: LifeDomain | None = None
    organisation: OrganisationKind | None = None
    source: SignalSource
    since: Day

    @model_validator(mode="after")
    def _names_what_it_counts(self) -> Self:
        if (self.domain is not None) is not (self.kind == "open-need"):
            raise ValueError("an open need names its domain, and nothing else does")
        if (self.organisation is not None) is not (self.kind == "active-organisation"):
            raise ValueError("an active organisation names its kind, and nothing else does")
        return self


class SignalEndBody(Body):
    """It is over from a day, or it was a mistake."""

    on: Day
    end: SignalEnd


class AssessmentBody(Body):
    """Nothing but the wish: what is known is weighed."""


class AnswerBody(Body):
    """The code of a reason that the policy lists, and what else is to be known of it."""

    reason: Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
    note: Note | None = None


class TrialRule(Body):
    """A rule of the integral route as it would be."""

    code: RuleCode
    kind: SignalKind
    at_least: Annotated[int, Field(ge=1, le=100)]
    weight: Annotated[int, Field(ge=1, le=1_000)]
    within_months: Months | None = None


def _each_once(rules: tuple[TrialRule, ...]) -> tuple[TrialRule, ...]:
    if len({rule.code for rule in rules}) < len(rules):
        raise ValueError("names a rule twice")
    return rules


class TrialBody(Body):
    """All rules and the threshold as they would be; what is left out does not count."""

    rules: Annotated[tuple[TrialRule, ...], Field(max_length=100), AfterValidator(_each_once)]
    threshold: Annotated[int, Field(ge=1, le=100_000)]

    def changed(self) -> tuple[tuple[Rule, ...], Threshold]:
        """As rows that hold on every day."""
        rules = tuple(Rule(from_on=date.min, source=TRIAL, **rule.model_dump()) for rule in self.rules)
        return rules, Threshold(from_on=date.min, source=TRIAL, score=self.threshold)
