"""I10 and I11: every client in care has one contact person who is there, and one team that holds them, at every moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally

LONGEST_SECONDS = 60.0


@dataclass(slots=True)
class Baton:
    """Who holds a client."""

    team_ref: str
    contact_person: str
    opened_at: str


class Care:
    """Staff and batons, as far as the logs of intake and handover were read."""

    def __init__(self, contact: Tally, holder: Tally, longest_seconds: float) -> None:
        self._contact, self._holder, self._longest_seconds = contact, holder, longest_seconds
        self._accepted: dict[str, str] = {}
        self._staff: dict[str, set[str]] = {}
        self.batons: dict[str, Baton] = {}
        self._clients: dict[tuple[str, str], set[str]] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "intake.intake-accepted": self._intake_accepted,
            "handover.staff-joined": self._joined,
            "handover.staff-left": self._left,
            "handover.baton-opened": self._opened,
            "handover.contact-person-assigned": self._assigned,
        }

    def _intake_accepted(self, fact: Fact, content: Content) -> None:
        self._accepted.setdefault(content["client"], fact.recorded_at)

    def _joined(self, _fact: Fact, content: Content) -> None:
        self._staff.setdefault(content["team_ref"], set()).add(content["staff_ref"])

    def _left(self, fact: Fact, content: Content) -> None:
        team, person = content["team_ref"], content["staff_ref"]
        self._staff.setdefault(team, set()).discard(person)
        for client in sorted(self._clients.get((team, person), ())):
            self._contact.fault(f"{fact.name} leaves handover/baton/{client} with contact person {person}, who is gone")

    def _meets(self, fact: Fact, client: str, baton: Baton) -> None:
        """The contact person of a client from now on, who must be there at this very moment."""
        there = baton.contact_person in self._staff.get(baton.team_ref, ())
        self._contact.require(there, f"{fact.name} names contact person {baton.contact_person}, who is not active in {baton.team_ref}")
        self._clients.setdefault((baton.team_ref, baton.contact_person), set()).add(client)

    def _opened(self, fact: Fact, content: Content) -> None:
        client = content["client"]
        self._holder.looked_at()
        if client in self.batons:
            self._holder.fault(f"{fact.name} opens a baton that {self.batons[client].team_ref} holds already")
            return
        baton = self.batons[client] = Baton(content["team_ref"], content["contact_person"], fact.recorded_at)
        self._meets(fact, client, baton)

    def _assigned(self, fact: Fact, content: Content) -> None:
        baton = self.batons.get(content["client"])
        self._holder.looked_at()
        if baton is None:
            self._holder.fault(f"{fact.name} assigns a contact person to a baton that nobody holds")
            return
        held = baton.team_ref == content["team_ref"]
        self._holder.require(held, f"{fact.name} is of {content['team_ref']}, while {baton.team_ref} holds the baton")
        self._clients.get((baton.team_ref, baton.contact_person), set()).discard(content["client"])
        baton.contact_person = content["contact_person"]
        self._meets(fact, content["client"], baton)

    def unopened(self) -> set[str]:
        """Clients in care whose baton was not opened as far as was read."""
        return self._accepted.keys() - self.batons.keys()

    def conclude(self, opened_later: Mapping[str, str]) -> None:
        """Judge who is contact person at the heads, and how long clients waited; `opened_later` is when, behind the heads."""
        for client, baton in self.batons.items():
            self._contact.looked_at()
            there = baton.contact_person in self._staff.get(baton.team_ref, ())
            self._contact.require(
                there, f"handover/baton/{client}: contact person {baton.contact_person} is not active in {baton.team_ref}"
            )
            self._waited(client, baton.opened_at)
        for client in sorted(self.unopened()):
            self._contact.require(client in opened_later, f"intake/client/{client} was accepted and has no baton")
            self._waited(client, opened_later.get(client, ""))

    def _waited(self, client: str, opened_at: str) -> None:
        accepted_at = self._accepted.get(client)
        if accepted_at and opened_at:
            waited = _seconds(accepted_at, opened_at)
            self._contact.require(waited <= self._longest_seconds, f"handover/baton/{client} was opened {waited:.0f} s after the intake")


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
