"""What intake tells of a client's needs: per domain, with goals and who works on them. Words are in the vault."""

from datetime import date
from typing import Literal

from services.contracts.envelope import Event, Home
from services.contracts.intake import Municipality
from services.contracts.route import LifeDomain

GoalOutcome = Literal["reached", "dropped"]


class NeedEvent(Event):
    """A fact about one need of a client; care and youth are special categories, so each fact tells the domain."""

    client: str
    household_ref: str
    municipality: Municipality
    need_ref: str
    domain: LifeDomain

    def home(self) -> Home:
        """The stream of the client's needs."""
        return Home(f"intake/needs/{self.client}", self.client, self.municipality, self.client)


class NeedIdentified(NeedEvent):
    """Somebody saw, with the client, that there is a need; `need` is its code."""

    TYPE = "nl.sociaaldomein.intake.need-identified.v1"

    need: str
    identified_on: date
    identified_by: str
    text_ref: str | None = None


class NeedGoalSet(NeedEvent):
    """What is to be reached about a need; `goal` is its code."""

    TYPE = "nl.sociaaldomein.intake.need-goal-set.v1"

    goal_ref: str
    goal: str
    set_on: date
    text_ref: str | None = None


class NeedWorkStarted(NeedEvent):
    """A team of an organisation works on a goal from a day."""

    TYPE = "nl.sociaaldomein.intake.need-work-started.v1"

    goal_ref: str
    organisation: str
    team_ref: str
    started_on: date


class NeedGoalEnded(NeedEvent):
    """A goal was reached, or dropped, with a code that says why."""

    TYPE = "nl.sociaaldomein.intake.need-goal-ended.v1"

    goal_ref: str
    outcome: GoalOutcome
    ended_on: date
    reason_code: str


class NeedClosed(NeedEvent):
    """A need is there no more, or is left as it is."""

    TYPE = "nl.sociaaldomein.intake.need-closed.v1"

    outcome: Literal["met", "dropped"]
    closed_on: date
    reason_code: str


NeedFact = NeedIdentified | NeedGoalSet | NeedWorkStarted | NeedGoalEnded | NeedClosed
