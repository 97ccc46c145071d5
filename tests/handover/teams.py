"""Teams, staff and clients of the examples, and given/when/then on the decider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.intake import IntakeAccepted
from services.contracts.teams import StaffJoined, StaffLeft, TeamFormed
from services.eventlog.decider import Refused
from services.eventlog.log import Origin
from services.handover.commands import Command
from services.handover.domain import HANDOVER

DAY, LATER = date(2024, 2, 1), date(2024, 2, 15)
NOW = datetime(2024, 2, 15, 9, tzinfo=UTC)
ALKMAAR, BERGEN = "GM0361", "GM0373"
TEAM = "team-1"


def formed(team_ref: str = TEAM, municipality: str = ALKMAAR) -> TeamFormed:
    return TeamFormed(team_ref=team_ref, municipality=municipality, organisation="werk", on=DAY)


def joined(staff_ref: str, team_ref: str = TEAM, on: date = DAY) -> StaffJoined:
    return StaffJoined(team_ref=team_ref, municipality=ALKMAAR, staff_ref=staff_ref, on=on)


def left(staff_ref: str, team_ref: str = TEAM, on: date = LATER) -> StaffLeft:
    return StaffLeft(team_ref=team_ref, municipality=ALKMAAR, staff_ref=staff_ref, on=on)


def opened(client: str, contact_person: str, team_ref: str = TEAM, on: date = DAY) -> BatonOpened:
    return BatonOpened(client=client, municipality=ALKMAAR, organisation="werk", team_ref=team_ref, contact_person=contact_person, on=on)


def assigned(client: str, contact_person: str, reason: str = "left-the-team", on: date = LATER) -> ContactPersonAssigned:
    return ContactPersonAssigned(client=client, municipality=ALKMAAR, team_ref=TEAM, contact_person=contact_person, on=on, reason=reason)


@dataclass(frozen=True)
class Given:
    """What happened before."""

    events: tuple[Event, ...]

    def when(self, command: Command) -> Sequence[Event] | Refused:
        """What the decider answers, from the streams that it asked for."""
        streams = HANDOVER.reads(command)
        state = HANDOVER.fold(event for stream in streams for event in self.events if event.home().stream == stream)
        return HANDOVER.decide(state, command)


def given(*events: Event) -> Given:
    return Given(events)


def reason(decision: Sequence[Event] | Refused) -> str:
    assert isinstance(decision, Refused), decision
    return decision.reason


def origin(command_id: str, actor: str = "s-boss") -> Origin:
    return Origin(actor, command_id, NOW, command_id)


def accepted(client: str, municipality: str = ALKMAAR, event_id: str = "") -> Envelope[Event]:
    """An accepted intake as it comes from Kafka."""
    event = IntakeAccepted(client=client, household_ref="h-1", municipality=municipality, route="standard", accepted_on=DAY)
    id_ = event_id or f"accepted-{client}"
    return Envelope(id_, "intake", f"intake/client/{client}", 1, 1, client, client, municipality, NOW, NOW, None, "trace", event)
