"""What intake takes in about the route of a client over HTTP, checked field by field."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services.contracts.route import LifeDomain, OrganisationKind, SignalEnd, SignalKind, SignalSource
from services.intake.bodies import Day, Note
from services.web.body import Body


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
