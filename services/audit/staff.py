"""Who works where, who is away and who stands in, as the auditor keeps it; nobody who left answers for anybody."""

from collections.abc import Iterator

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally

Member = tuple[str, str]
"""Team and staff member."""


class Staff:
    """Staff of every team, as far as the log of handover was read; `contact` is the tally of I10."""

    def __init__(self, contact: Tally) -> None:
        self._contact = contact
        self._active: set[Member] = set()
        self._clients: dict[Member, set[str]] = {}
        self._away: dict[Member, dict[str, Content]] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "handover.staff-joined": self._joined,
            "handover.staff-left": self._left,
            "handover.stand-in-named": self._stands_in,
            "handover.staff-returned": self._returned,
        }

    def is_active(self, team_ref: str, staff_ref: str) -> bool:
        """Whether somebody works in a team."""
        return (team_ref, staff_ref) in self._active

    def moves(self, client: str, old: Member, new: Member) -> None:
        """A client goes from one contact person to another."""
        self._clients.get(old, set()).discard(client)
        self._clients.setdefault(new, set()).add(client)

    def lets_go(self, client: str, old: Member) -> None:
        """A client has no contact person any more, and needs none."""
        self._clients.get(old, set()).discard(client)

    def _joined(self, _fact: Fact, content: Content) -> None:
        self._active.add((content["team_ref"], content["staff_ref"]))

    def _left(self, fact: Fact, content: Content) -> None:
        """At this very fact nobody may depend on the leaver any more."""
        team_ref, gone = content["team_ref"], content["staff_ref"]
        self._contact.looked_at()
        for client in sorted(self._clients.get((team_ref, gone), ())):
            self._contact.fault(f"{fact.name} leaves handover/baton/{client} with contact person {gone}, who is gone")
        self._away.pop((team_ref, gone), None)
        for absent, named in self._absences(team_ref):
            stands_in = named["stand_in"] == gone and not _is_over(named, fact)
            self._contact.require(not stands_in, f"{fact.name}: {gone} leaves {team_ref} while standing in for {absent}")
        self._active.discard((team_ref, gone))

    def _stands_in(self, fact: Fact, content: Content) -> None:
        team_ref, absent, stand_in = content["team_ref"], content["staff_ref"], content["stand_in"]
        self._contact.looked_at()
        there = self.is_active(team_ref, stand_in) and stand_in != absent
        self._contact.require(there, f"{fact.name}: {stand_in}, who stands in for {absent}, is not a colleague in {team_ref}")
        self._away.setdefault((team_ref, absent), {})[content["from_on"]] = content
        for other, named in self._absences(team_ref):
            alone = not _is_over(named, fact) and self._is_away(team_ref, named["stand_in"], named)
            self._contact.require(not alone, f"{fact.name}: {named['stand_in']} stands in for {other} and is away on the same days")

    def _absences(self, team_ref: str) -> Iterator[tuple[str, Content]]:
        for (team, staff), absences in self._away.items():
            if team == team_ref:
                yield from ((staff, named) for named in absences.values())

    def _is_away(self, team_ref: str, staff_ref: str, meanwhile: Content) -> bool:
        absences = self._away.get((team_ref, staff_ref), {}).values()
        return any(_begins_by_the_end_of(away, meanwhile) and _begins_by_the_end_of(meanwhile, away) for away in absences)

    def _returned(self, _fact: Fact, content: Content) -> None:
        absences = self._away.get((content["team_ref"], content["staff_ref"]), {})
        for from_on in [from_on for from_on in absences if from_on <= content["on"]]:
            del absences[from_on]


def _is_over(named: Content, fact: Fact) -> bool:
    """Whether the last day lies behind a fact; on the last day itself UTC does not say which day it is in the Netherlands."""
    return named["until_on"] is not None and str(named["until_on"]) <= fact.recorded_at[:10]


def _begins_by_the_end_of(one: Content, other: Content) -> bool:
    """Dates are ISO 8601, so text order is time order; an absence without an end has no last day."""
    end = other["until_on"]
    return end is None or str(one["from_on"]) <= str(end)
