"""What intake tells of the route of a client: signals that rules may see, and the integral flag that they propose and people decide on.

A signal says that something is there, never what it is about. Its kinds are a closed list without any characteristic on
which nobody may be judged (nationality, birth country, religion, health, sex); there is no field for words or numbers.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.contracts.envelope import Event, Home, Published
from services.contracts.intake import Municipality

SignalKind = Literal[
    "problem-debt",
    "fixed-charge-arrears",
    "eviction-notice",
    "safety-report",
    "earlier-case",
    "active-organisation",
    "returned-payment",
    "fallen-baton",
    "open-need",
]
LifeDomain = Literal["work", "income", "debt", "care", "youth", "housing", "integration"]
OrganisationKind = Literal[
    "municipality", "regional-body", "benefits-agency", "debt-help", "wmo-provider", "youth-provider", "housing-corporation", "safety-house"
]
SignalSource = Literal["client", "partner", "intake", "benefits", "handover"]
SignalEnd = Literal["over", "mistaken"]

SignalRef = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{16}$")]
FlagNumber = Annotated[int, Field(ge=1, le=1_000_000)]
Points = Annotated[int, Field(ge=0, le=1_000_000)]


class RouteEvent(Event):
    """A fact about the route of one client, on a stream of its own."""

    client: str
    household_ref: str
    municipality: Municipality

    def home(self) -> Home:
        """The stream of the client's route."""
        return Home(f"intake/route/{self.client}", self.client, self.municipality, self.client)


class RouteSignalRecorded(RouteEvent):
    """Something is there since a day; an open need names its domain of life, an active organisation its kind, no other names either."""

    TYPE = "nl.sociaaldomein.intake.route-signal-recorded.v1"

    signal_ref: SignalRef
    kind: SignalKind
    domain: LifeDomain | None
    organisation: OrganisationKind | None
    source: SignalSource
    since: date
    recorded_by: str


class RouteSignalEnded(RouteEvent):
    """It is over from `on`, or it was a mistake and never was there."""

    TYPE = "nl.sociaaldomein.intake.route-signal-ended.v1"

    signal_ref: SignalRef
    on: date
    end: SignalEnd


class FiredRule(Published):
    """A rule that held: what it adds, where it comes from, and the signals that it saw."""

    rule: str
    weight: Points
    source: str
    seen: tuple[SignalRef, ...]


class FlagEvent(RouteEvent):
    """A fact about one integral flag of a client, numbered from 1."""

    flag: FlagNumber


class IntegralFlagProposed(FlagEvent):
    """The rules came to the threshold on `on`; their weights add up to `score`. Somebody is to answer by `review_on`."""

    TYPE = "nl.sociaaldomein.intake.integral-flag-proposed.v1"

    on: date
    score: Points
    threshold: Points
    fired: tuple[FiredRule, ...]
    rule_version: str
    review_on: date
    expires_on: date


class IntegralFlagConfirmed(FlagEvent):
    """A person takes the client on the integral route; `reason` is a code, what else was said is in the vault under `text_ref`."""

    TYPE = "nl.sociaaldomein.intake.integral-flag-confirmed.v1"

    on: date
    reason: str
    confirmed_by: str
    review_on: date
    expires_on: date
    rule_version: str
    text_ref: str | None = None


class IntegralFlagReviewed(FlagEvent):
    """A person looked again and keeps the flag, with new days of review and expiry."""

    TYPE = "nl.sociaaldomein.intake.integral-flag-reviewed.v1"

    on: date
    reason: str
    reviewed_by: str
    review_on: date
    expires_on: date
    rule_version: str
    text_ref: str | None = None


class IntegralFlagReviewDue(FlagEvent):
    """The day came on which somebody should have looked at a flag that stands."""

    TYPE = "nl.sociaaldomein.intake.integral-flag-review-due.v1"

    due_on: date


class IntegralFlagRemoved(FlagEvent):
    """A person removed the flag: the client goes on by the standard route."""

    TYPE = "nl.sociaaldomein.intake.integral-flag-removed.v1"

    on: date
    reason: str
    removed_by: str
    text_ref: str | None = None


class IntegralFlagExpired(FlagEvent):
    """Nobody kept the flag up to its last day; `stood_as` tells whether anybody had ever confirmed it."""

    TYPE = "nl.sociaaldomein.intake.integral-flag-expired.v1"

    on: date
    stood_as: Literal["proposed", "confirmed"]


FlagFact = (
    IntegralFlagProposed | IntegralFlagConfirmed | IntegralFlagReviewed | IntegralFlagReviewDue | IntegralFlagRemoved | IntegralFlagExpired
)
RouteFact = RouteSignalRecorded | RouteSignalEnded | FlagFact
