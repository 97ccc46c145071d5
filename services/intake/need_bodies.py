"""What intake takes in about needs over HTTP; no message repeats what was sent."""

from typing import Annotated, Literal

from pydantic import Field

from services.contracts.needs import GoalOutcome
from services.contracts.route import LifeDomain
from services.intake.bodies import Day, Note
from services.intake.matter_bodies import Code
from services.web.body import Body


class NeedBody(Body):
    """A need, by domain and code, and in words for the vault."""

    domain: LifeDomain
    need: Code
    identified_on: Day
    note: Note | None = None


class GoalBody(Body):
    """What is to be reached, by code, and in words for the vault."""

    goal: Code
    set_on: Day
    note: Note | None = None


class WorkBody(Body):
    """Who works on a goal: a team of an organisation, as handover knows them or as its partner does."""

    organisation: Code
    team_ref: Annotated[str, Field(pattern=r"^team-[a-z0-9-]{1,59}$")]
    started_on: Day


class GoalEndBody(Body):
    """How a goal ended, and why."""

    outcome: GoalOutcome
    ended_on: Day
    reason_code: Code


class NeedClosingBody(Body):
    """How a need ended, and why."""

    outcome: Literal["met", "dropped"]
    closed_on: Day
    reason_code: Code
