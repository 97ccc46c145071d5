"""What can be asked about the route of a client; time, references and rules arrive in the command."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.contracts.route import LifeDomain, OrganisationKind, SignalEnd, SignalKind, SignalSource
from services.intake.route.rules import RouteRules

Moment = Literal["review", "expiry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCommand:
    """Household and municipality are those of the client now; `today` is the local day on which this is decided, by these rules."""

    client: str
    household_ref: str
    municipality: str
    today: date
    rules: RouteRules

    def about(self) -> dict[str, Any]:
        """Whom its facts are about."""
        return {"client": self.client, "household_ref": self.household_ref, "municipality": self.municipality}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSignal(RouteCommand):
    """Something is there since a day, as `source` says."""

    signal_ref: str
    kind: SignalKind
    domain: LifeDomain | None
    organisation: OrganisationKind | None
    source: SignalSource
    since: date
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSignal(RouteCommand):
    """It is over, or it was a mistake."""

    signal_ref: str
    on: date
    end: SignalEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessRoute(RouteCommand):
    """Weigh what is known by the rules of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagAnswer(RouteCommand):
    """A person answers a flag; `reason` is a code of the policy, free text lies in the vault under `text_ref`."""

    flag: int
    reason: str
    by: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmFlag(FlagAnswer):
    """Take the client on the integral route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFlag(FlagAnswer):
    """Keep a confirmed flag after looking again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFlag(FlagAnswer):
    """Let the client go on by the standard route."""


@dataclass(frozen=True, slots=True)
class PassFlagMoment:
    """A day of a flag has come; it counts where the flag still waits for that very day."""

    client: str
    flag: int
    moment: Moment
    due_on: date


AnswerCommand = ConfirmFlag | ReviewFlag | RemoveFlag
Command = RecordSignal | EndSignal | AssessRoute | AnswerCommand | PassFlagMoment
