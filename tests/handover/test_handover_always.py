"""Whatever is asked of handover in any order, and however late the clock is: who holds whom is never in doubt."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.contracts.codec import published
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import (
    BatonAccepted,
    BatonDueNeared,
    BatonDuePassed,
    BatonOffered,
    BatonOpened,
    ContactPersonAssigned,
    OfferClosed,
    OfferEvent,
)
from services.contracts.teams import StaffJoined, StaffLeft, StaffReturned, StandInNamed
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer
from services.eventlog.memory import MemoryLog
from services.handover.baton import Baton
from services.handover.caseloads import ordering
from services.handover.commands import (
    AcceptBaton,
    Acting,
    Command,
    DeclineBaton,
    FormTeam,
    JoinStaff,
    LeaveStaff,
    NameStandIn,
    OfferBaton,
    OrderReassignment,
    ReturnStaff,
    WithdrawOffer,
)
from services.handover.due_times import local_day
from services.handover.offers import open_offers
from services.handover.reaction import react
from services.handover.rules import installed
from services.handover.waking import on_due
from services.handover.work import Asked, forming, joining, leaving, of_baton, staffing
from tests.handover.teams import ALKMAAR, DAY, NOW, accepted, origin

RULES = installed()
TEAMS = st.sampled_from(["team-1", "team-2", "team-3"])
STAFF = st.sampled_from(["s-1", "s-2", "s-3", "s-4"])
CLIENTS = st.sampled_from(["p-1", "p-1", "p-2"])
AGO = st.sampled_from([0, 0, 0, 1])
"""Mostly the last offer, now and then the one before."""
DAYS = st.integers(-1, 4)


class Handovers(RuleBasedStateMachine):
    """The whole room on a log in memory, and what the facts tell, read again from the start after each step."""

    @initialize()
    def begin(self) -> None:
        self.log, self.time, self._count = MemoryLog("handover", published()), NOW, 0
        for team, staff in (("team-1", ("s-1", "s-2")), ("team-2", ("s-3",)), ("team-3", ("s-4", "s-1"))):
            self._do(forming(FormTeam(team, ALKMAAR, "werk", DAY), self._asked()))
            for member in staff:
                self.join(team, member)
        self.accept_intake("p-1")

    def _asked(self) -> Asked:
        self._count += 1
        return Asked(replace(origin(f"key-{self._count}"), at=self.time), b"")

    def _do(self, work: Work[Any, Any]) -> Answer:
        return handle(self.log, work).result(5)

    def _acting(self, staff: str) -> Acting:
        """Everybody directs teams here, so that many offers get as far as an answer; who may act is tried elsewhere."""
        return Acting(staff, self.time, local_day(self.time), directs=True)

    def _on_baton(self, client: str, command: Any) -> None:  # noqa: ANN401 - makes a command of a baton and the offer that stands
        def made(baton: Baton) -> Command:
            told: Command = command(baton, baton.offer.number if baton.offer else baton.offers)
            return told

        self._do(of_baton(client, made, self._asked()))

    @rule(client=CLIENTS)
    def accept_intake(self, client: str) -> None:
        for work in react(lambda: self.time)(accepted(client)):
            self.log.submit(work).result(5)

    @rule(team=TEAMS, staff=STAFF)
    def join(self, team: str, staff: str) -> None:
        self._do(joining(JoinStaff(team, staff, DAY, local_day(self.time)), ALKMAAR, self._asked()))

    @rule(team=TEAMS, staff=STAFF)
    def leave(self, team: str, staff: str) -> None:
        self._do(leaving(LeaveStaff(team, staff, DAY, local_day(self.time)), self._asked()))

    @rule(team=TEAMS, staff=STAFF, stand_in=st.none() | STAFF, first=DAYS, last=st.none() | DAYS)
    def go_away(self, team: str, staff: str, stand_in: str | None, first: int, last: int | None) -> None:
        today = local_day(self.time)
        until = None if last is None else today + timedelta(days=last)
        self._do(staffing(NameStandIn(team, staff, stand_in, today + timedelta(days=first), until, today), self._asked()))

    @rule(team=TEAMS, staff=STAFF)
    def come_back(self, team: str, staff: str) -> None:
        self._do(staffing(ReturnStaff(team, staff, DAY, local_day(self.time)), self._asked()))

    @rule(team=TEAMS, staff=STAFF)
    def reassign(self, team: str, staff: str) -> None:
        ref = f"ra-{self._count}"
        self._do(ordering(OrderReassignment(ref, team, staff, (), "reorganisation", "s-boss", DAY, {}), self._asked()))

    @rule(client=CLIENTS, team=TEAMS, staff=STAFF)
    def offer(self, client: str, team: str, staff: str) -> None:
        grounds = ("guide-to-work", "same-task", ("reference",))
        self._on_baton(client, lambda baton, _: OfferBaton(client, baton.team_ref, team, self._acting(staff), RULES, *grounds))

    @rule(client=CLIENTS, ago=AGO, staff=STAFF, person=STAFF)
    def accept(self, client: str, ago: int, staff: str, person: str) -> None:
        acting = self._acting(staff)
        self._on_baton(client, lambda baton, last: AcceptBaton(client, last - ago, baton.receiver(last - ago), person, acting))

    @rule(client=CLIENTS, ago=AGO, staff=STAFF)
    def decline(self, client: str, ago: int, staff: str) -> None:
        acting = self._acting(staff)
        self._on_baton(client, lambda baton, last: DeclineBaton(client, last - ago, baton.receiver(last - ago), acting, "no-capacity"))

    @rule(client=CLIENTS, ago=AGO, staff=STAFF)
    def withdraw(self, client: str, ago: int, staff: str) -> None:
        acting = self._acting(staff)
        self._on_baton(client, lambda baton, last: WithdrawOffer(client, last - ago, baton.team_ref, acting, "mistaken"))

    @rule(days=st.integers(0, 12), wakes=st.booleans())
    def time_passes(self, days: int, *, wakes: bool) -> None:
        """The clock may be asleep, and catches up later."""
        self.time += timedelta(days=days)
        if wakes:
            self.wake()

    def wake(self) -> None:
        clock = Clock(self.log, lambda: self.time, on_due(RULES), JumpGuard(lambda: self.time, self.time.timestamp, 1))
        while clock.round():
            pass
        assert clock.trouble() is None

    @invariant()
    def what_was_told_holds_at_every_prefix(self) -> None:
        if hasattr(self, "log"):
            codec = published()
            look_at([codec.from_record("handover", record) for record in self.log.after(0, 100_000)])

    def teardown(self) -> None:
        """Once the clock has caught up, nothing is open that should have fallen back."""
        if hasattr(self, "log"):
            self.time += timedelta(days=30)
            self.wake()
            assert open_offers(self.log) == []
            assert self.log.due(self.time, 100) == []


class Look:
    """One holder, one contact person who works there, at most one offer, and no clock after an answer; from the facts alone."""

    def __init__(self) -> None:
        self.active: set[tuple[str, str]] = set()
        self.held: dict[str, tuple[str, str]] = {}
        self.offer: dict[str, OfferEvent] = {}
        self.away: dict[tuple[str, str, date], StandInNamed] = {}

    def at(self, fact: Event, today: date) -> None:
        match fact:
            case StaffJoined():
                self.active.add((fact.team_ref, fact.staff_ref))
            case StaffLeft():
                self.active.discard((fact.team_ref, fact.staff_ref))
                self.away = {of: told for of, told in self.away.items() if of[:2] != (fact.team_ref, fact.staff_ref)}
            case StaffReturned():
                mine = [of for of in self.away if of[:2] == (fact.team_ref, fact.staff_ref) and of[2] <= fact.on]
                self.away = {of: told for of, told in self.away.items() if of not in mine}
            case StandInNamed():
                self.away[fact.team_ref, fact.staff_ref, fact.from_on] = fact
            case BatonOpened():
                assert fact.client not in self.held
                self.held[fact.client] = (fact.team_ref, fact.contact_person)
            case ContactPersonAssigned():
                assert self.held[fact.client][0] == fact.team_ref
                self.held[fact.client] = (fact.team_ref, fact.contact_person)
            case OfferEvent():
                self.of_offer(fact)
            case _:
                pass
        assert set(self.held.values()) <= self.active
        standing_in = [told for told in self.away.values() if told.until_on is None or told.until_on >= today]
        assert {(told.team_ref, told.stand_in) for told in standing_in} <= self.active

    def of_offer(self, fact: OfferEvent) -> None:
        standing = self.offer.get(fact.client)
        assert fact.from_team_ref == self.held[fact.client][0] or not isinstance(fact, BatonOffered | OfferClosed)
        if isinstance(fact, BatonOffered):
            assert standing is None, "two offers at once"
            self.offer[fact.client] = fact
        elif isinstance(fact, BatonDueNeared | BatonDuePassed | OfferClosed):
            assert standing is not None, "an answer or a clock without an offer"
            assert (standing.offer, standing.to_team_ref) == (fact.offer, fact.to_team_ref)
            if isinstance(fact, BatonAccepted):
                self.held[fact.client] = (fact.to_team_ref, fact.contact_person)
            if isinstance(fact, OfferClosed):
                del self.offer[fact.client]


def look_at(facts: Sequence[Envelope[Event]]) -> None:
    look, holders = Look(), dict[str, str]()
    for envelope in facts:
        fact = envelope.event
        look.at(fact, local_day(envelope.recorded_at))
        for client, (team, _) in look.held.items():
            moved = holders.get(client, team) != team
            assert not moved or isinstance(fact, BatonAccepted), "the baton moves on acceptance and on nothing else"
            holders[client] = team


TestHandovers = Handovers.TestCase
TestHandovers.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
