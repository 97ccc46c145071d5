"""What can be asked about a client's needs; the time and the references come with it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.contracts.needs import GoalOutcome
from services.contracts.route import LifeDomain
from services.intake.matter_commands import Whose


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedCommand:
    """Something about one need that happened `on` a day; `today` is the local day on which this is decided."""

    whose: Whose
    need_ref: str
    today: date
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyNeed(NeedCommand):
    """There is a need, seen by somebody."""

    domain: LifeDomain
    need: str
    by: str
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGoal(NeedCommand):
    """Something is to be reached about it."""

    goal_ref: str
    goal: str
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWork(NeedCommand):
    """A team works on a goal."""

    goal_ref: str
    organisation: str
    team_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGoal(NeedCommand):
    """A goal was reached or dropped."""

    goal_ref: str
    outcome: GoalOutcome
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseNeed(NeedCommand):
    """The need is there no more, or is left as it is."""

    outcome: Literal["met", "dropped"]
    reason_code: str


Command = IdentifyNeed | SetGoal | StartWork | EndGoal | CloseNeed
