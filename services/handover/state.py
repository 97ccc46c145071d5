"""What handover knows: teams and their staff, and the baton of each client with its holder and contact person."""

from datetime import date
from typing import NamedTuple, assert_never, cast

from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned, HandoverEvent, StaffJoined, StaffLeft, TeamFormed

BatonFact = BatonOpened | ContactPersonAssigned
BATON_FACTS = (BatonOpened, ContactPersonAssigned)


class Team(NamedTuple):
    """A team as it is: its active staff and those who left."""

    municipality: str
    organisation: str
    active: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


class Baton(NamedTuple):
    """Who holds a client, since when, and who is the contact person."""

    municipality: str
    organisation: str
    team_ref: str
    contact_person: str
    on: date


class Told(NamedTuple):
    """What was told of batons, last first: a chain, so that thousands of batons fold in one step each."""

    fact: BatonFact
    before: "Told | None"


class Handover(NamedTuple):
    """One team, and the batons that a command rests on."""

    team: Team | None = None
    told: Told | None = None

    def batons(self) -> dict[str, Baton]:
        """Each opened baton as it is now, by client."""
        facts, told = list[BatonFact](), self.told
        while told is not None:
            facts.append(told.fact)
            told = told.before
        batons: dict[str, Baton] = {}
        for fact in reversed(facts):
            batons[fact.client] = _baton_after(batons.get(fact.client), fact)
        return batons


def team_stream(team_ref: str) -> str:
    """Stream of a team."""
    return f"handover/team/{team_ref}"


def baton_stream(client: str) -> str:
    """Stream of the baton of a client."""
    return f"handover/baton/{client}"


def evolve(state: Handover, event: Event) -> Handover:
    """The state after an event of handover."""
    fact = cast("HandoverEvent", event)
    if isinstance(fact, BATON_FACTS):
        return Handover(state.team, Told(fact, state.told))
    return Handover(_team_after(state.team, fact), state.told)


def _team_after(team: Team | None, fact: TeamFormed | StaffJoined | StaffLeft) -> Team:
    if isinstance(fact, TeamFormed):
        return Team(fact.municipality, fact.organisation)
    assert team is not None, "staff join and leave a team that was formed"
    match fact:
        case StaffJoined():
            return Team(team.municipality, team.organisation, team.active | {fact.staff_ref}, team.left - {fact.staff_ref})
        case StaffLeft():
            return Team(team.municipality, team.organisation, team.active - {fact.staff_ref}, team.left | {fact.staff_ref})
        case _:
            assert_never(fact)


def _baton_after(baton: Baton | None, fact: BatonFact) -> Baton:
    if isinstance(fact, BatonOpened):
        return Baton(fact.municipality, fact.organisation, fact.team_ref, fact.contact_person, fact.on)
    assert baton is not None, "a contact person is assigned on an open baton"
    return baton._replace(contact_person=fact.contact_person)
