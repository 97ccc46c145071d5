"""What a command of handover rests on: teams with their staff, and the batons of some clients."""

from collections.abc import Mapping
from typing import NamedTuple, cast, get_args

from services.contracts.envelope import Event
from services.contracts.handover import BatonFact
from services.contracts.teams import TeamFact
from services.handover.baton import Baton, baton_after
from services.handover.team import Team, team_after

BATON_FACTS: tuple[type[Event], ...] = get_args(BatonFact)


class Told(NamedTuple):
    """What was told of batons, last first: a chain, so that thousands of batons fold in one step each."""

    fact: BatonFact
    before: "Told | None"


class Handover(NamedTuple):
    """The teams and batons whose streams were read."""

    teams: Mapping[str, Team]
    told: Told | None = None

    def batons(self) -> dict[str, Baton]:
        """Each opened baton as it is now, by client."""
        facts, told = list[BatonFact](), self.told
        while told is not None:
            facts.append(told.fact)
            told = told.before
        batons: dict[str, Baton] = {}
        for fact in reversed(facts):
            batons[fact.client] = baton_after(batons.get(fact.client), fact)
        return batons


NOTHING = Handover({})


def team_stream(team_ref: str) -> str:
    """Stream of a team."""
    return f"handover/team/{team_ref}"


def baton_stream(client: str) -> str:
    """Stream of the baton of a client."""
    return f"handover/baton/{client}"


def evolve(state: Handover, event: Event) -> Handover:
    """The state after a fact on the stream of a team or a baton."""
    if isinstance(event, BATON_FACTS):
        return Handover(state.teams, Told(cast("BatonFact", event), state.told))
    fact = cast("TeamFact", event)
    return Handover({**state.teams, fact.team_ref: team_after(state.teams.get(fact.team_ref), fact)}, state.told)
