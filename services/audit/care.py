"""I10 and I11: every client in care has one contact person who is there, and one team that holds them, at every moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.audit.fact import Content, Fact, Handler, Handlers
from services.audit.finding import Tally
from services.audit.staff import Member, Staff

LONGEST_SECONDS = 60.0


@dataclass(slots=True)
class Baton:
    """Who holds a client, and the offer that stands: its number, the team that may accept, and when it is over."""

    team_ref: str
    contact_person: str
    opened_at: str
    level: int = 1
    offer: int = 0
    offered_to: str = ""
    offers: int = 0


class Care:
    """Staff and batons, as far as the logs of intake and handover were read."""

    def __init__(self, contact: Tally, holder: Tally, longest_seconds: float) -> None:
        self._contact, self._holder, self._longest_seconds = contact, holder, longest_seconds
        self._accepted: dict[str, str] = {}
        self._gone: set[str] = set()
        self._staff = Staff(contact)
        self.batons: dict[str, Baton] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "intake.intake-accepted": self._intake_accepted,
            "handover.baton-opened": self._opened,
            "handover.contact-person-assigned": self._assigned,
            "handover.baton-offered": self._offered,
            "handover.baton-accepted": self._moved,
            "handover.baton-declined": self._closed("declines"),
            "handover.baton-offer-withdrawn": self._closed("withdraws"),
            "handover.baton-fell-back": self._closed("lets fall back"),
            "handover.baton-due-neared": self._ticked,
            "handover.baton-due-passed": self._ticked,
            "handover.escalation-raised": self._levelled,
            "handover.escalation-lowered": self._levelled,
            "handover.client-erased": self._erased,
            "intake.client-erased": self._erased,
            **self._staff.handlers,
        }

    def _intake_accepted(self, fact: Fact, content: Content) -> None:
        self._accepted.setdefault(content["client"], fact.recorded_at)

    def _opened(self, fact: Fact, content: Content) -> None:
        client = content["client"]
        self._holder.looked_at()
        if client in self.batons:
            self._holder.fault(f"{fact.name} opens a baton that {self.batons[client].team_ref} holds already")
            return
        baton = self.batons[client] = Baton(content["team_ref"], content["contact_person"], fact.recorded_at)
        self._meets(fact, client, baton, (baton.team_ref, baton.contact_person))

    def _assigned(self, fact: Fact, content: Content) -> None:
        baton = self.batons.get(content["client"])
        self._holder.looked_at()
        if baton is None:
            self._holder.fault(f"{fact.name} assigns a contact person to a baton that nobody holds")
            return
        held = baton.team_ref == content["team_ref"]
        self._holder.require(held, f"{fact.name} is of {content['team_ref']}, while {baton.team_ref} holds the baton")
        self._meets(fact, content["client"], baton, (baton.team_ref, content["contact_person"]))

    def _offered(self, fact: Fact, content: Content) -> None:
        baton = self._of_holder(fact, content)
        if baton is None:
            return
        self._holder.require(not baton.offer, f"{fact.name} offers a baton of which offer {baton.offer} still stands")
        self._holder.require(content["offer"] == baton.offers + 1, f"{fact.name} is offer {content['offer']}, after {baton.offers}")
        baton.offer = baton.offers = content["offer"]
        baton.offered_to = content["to_team_ref"]

    def _moved(self, fact: Fact, content: Content) -> None:
        """The only fact by which another team holds a baton; it takes an offer that stands, and somebody who is there."""
        baton = self._of_holder(fact, content)
        if baton is None:
            return
        receiver, person = content["to_team_ref"], content["contact_person"]
        stands = (baton.offer, baton.offered_to) == (content["offer"], receiver)
        self._holder.require(stands, f"{fact.name} moves the baton to {receiver}, to whom no offer {content['offer']} stands")
        self._meets(fact, content["client"], baton, (receiver, person))
        baton.team_ref, baton.offer = receiver, 0

    def _closed(self, what: str) -> Handler:
        def closed(fact: Fact, content: Content) -> None:
            baton = self._of_holder(fact, content)
            if baton is not None:
                self._holder.require(baton.offer == content["offer"], f"{fact.name} {what} offer {content['offer']}, which does not stand")
                baton.offer = 0

        return closed

    def _ticked(self, fact: Fact, content: Content) -> None:
        """The clock speaks of offers that stand, never after an answer."""
        baton = self._of_holder(fact, content)
        if baton is not None:
            self._holder.require(baton.offer == content["offer"], f"{fact.name} tells time of offer {content['offer']}, which was answered")

    def _of_holder(self, fact: Fact, content: Content) -> Baton | None:
        baton = self.batons.get(content["client"])
        self._holder.looked_at()
        if baton is None:
            self._holder.fault(f"{fact.name} is about a baton that nobody holds")
            return None
        sender = content["from_team_ref"]
        self._holder.require(baton.team_ref == sender, f"{fact.name} is an offer of {sender}, while {baton.team_ref} holds the baton")
        return baton

    def _levelled(self, fact: Fact, content: Content) -> None:
        baton = self.batons.get(content["client"])
        self._holder.require(baton is not None, f"{fact.name} is about a baton that nobody holds")
        if baton is not None:
            baton.level = content["level"]

    def _erased(self, fact: Fact, content: Content) -> None:
        """Nobody holds an erased client, and nobody needs to; of intake's fact handover's batons are not known yet."""
        client = content["client"]
        self._gone.add(client)
        baton = self.batons.pop(client, None) if fact.service == "handover" else None
        if baton is not None:
            self._holder.require(not baton.offer, f"{fact.name} erases a client of whom offer {baton.offer} stands")
            self._staff.lets_go(client, (baton.team_ref, baton.contact_person))

    def _meets(self, fact: Fact, client: str, baton: Baton, meets: Member) -> None:
        """The contact person of a client from now on, who must be there at this very moment."""
        team_ref, person = meets
        self._contact.looked_at()
        there = self._staff.is_active(team_ref, person)
        self._contact.require(there, f"{fact.name} names contact person {person}, who is not active in {team_ref}")
        self._staff.moves(client, (baton.team_ref, baton.contact_person), meets)
        baton.contact_person = person

    def unopened(self) -> set[str]:
        """Clients in care whose baton was not opened as far as was read."""
        return self._accepted.keys() - self.batons.keys() - self._gone

    def conclude(self, opened_later: Mapping[str, str]) -> None:
        """Judge who is contact person at the heads, and how long clients waited; `opened_later` is when, behind the heads."""
        for client, baton in self.batons.items():
            self._contact.looked_at()
            there = self._staff.is_active(baton.team_ref, baton.contact_person)
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
