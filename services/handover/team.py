"""A team as it is: who works there, who is away and who stands in, under which law it works."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple, assert_never

from services.contracts.teams import (
    Domain,
    StaffJoined,
    StaffLeft,
    StaffNamed,
    StaffReturned,
    StandInNamed,
    TeamDescribed,
    TeamFact,
    TeamFormed,
)

UNDESCRIBED: Domain = "work-income"
"""The task of a team that nobody described; most of the house works on income."""


class Absence(NamedTuple):
    """Somebody is away from a day, until and with another or until they return, and somebody stands in.

    Who is away and the first day tell one absence from another.
    """

    staff_ref: str
    stand_in: str
    from_on: date
    until_on: date | None

    def covers(self, day: date) -> bool:
        """Whether somebody is away on a day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)

    def is_over(self, day: date) -> bool:
        """Whether the last day lies behind a day."""
        return self.until_on is not None and self.until_on < day

    def is_same(self, other: "Absence") -> bool:
        """Whether both tell of one absence, perhaps with another stand-in or last day."""
        return (self.staff_ref, self.from_on) == (other.staff_ref, other.from_on)

    def overlaps(self, other: "Absence") -> bool:
        """Whether both are away on the same day."""
        ends_before = self.until_on is not None and self.until_on < other.from_on
        begins_after = other.until_on is not None and other.until_on < self.from_on
        return not (ends_before or begins_after)


class Team(NamedTuple):
    """Active staff, those who left, and absences, some of which may be over."""

    municipality: str
    organisation: str
    active: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    described: TeamDescribed | None = None
    absences: tuple[Absence, ...] = ()

    @property
    def domain(self) -> Domain:
        """The task under whose law the team works."""
        return UNDESCRIBED if self.described is None else self.described.domain

    def absences_of(self, staff_ref: str) -> tuple[Absence, ...]:
        """The absences that were told of somebody."""
        return tuple(absence for absence in self.absences if absence.staff_ref == staff_ref)

    def with_absence(self, told: Absence) -> "Team":
        """The team with an absence, in the place of what was told of it before."""
        return self._replace(absences=(*(absence for absence in self.absences if not absence.is_same(told)), told))

    def present(self, day: date) -> frozenset[str]:
        """Who works here and is not away on a day."""
        return self.active - {absence.staff_ref for absence in self.absences if absence.covers(day)}

    def able_to_stand_in(self, absence: Absence) -> frozenset[str]:
        """Who is not away themselves during an absence."""
        away = {other.staff_ref for other in self.absences if other.overlaps(absence)}
        return self.active - away - {absence.staff_ref}

    def preferred(self, among: Collection[str], day: date) -> frozenset[str]:
        """Of some staff, those who are there on a day; all of them where nobody is."""
        return (self.present(day) & frozenset(among)) or frozenset(among)


def team_after(team: Team | None, fact: TeamFact) -> Team:
    """The team after a fact."""
    if isinstance(fact, TeamFormed):
        return Team(fact.municipality, fact.organisation)
    assert team is not None, "a team is formed before anything is told of it"
    match fact:
        case TeamDescribed():
            return team._replace(described=fact)
        case StaffJoined():
            return team._replace(active=team.active | {fact.staff_ref}, left=team.left - {fact.staff_ref})
        case StaffNamed():
            return team
        case _:
            return _after_absence(team, fact)


def _after_absence(team: Team, fact: StaffLeft | StandInNamed | StaffReturned) -> Team:
    match fact:
        case StaffLeft():
            others = tuple(absence for absence in team.absences if absence.staff_ref != fact.staff_ref)
            return team._replace(active=team.active - {fact.staff_ref}, left=team.left | {fact.staff_ref}, absences=others)
        case StandInNamed():
            return team.with_absence(Absence(fact.staff_ref, fact.stand_in, fact.from_on, fact.until_on))
        case StaffReturned():
            begun = tuple(absence for absence in team.absences_of(fact.staff_ref) if absence.from_on <= fact.on)
            return team._replace(absences=tuple(absence for absence in team.absences if absence not in begun))
        case _:
            assert_never(fact)
