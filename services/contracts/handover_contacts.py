"""What handover tells of contacts: each moment at which somebody spoke with a client, and requests to be called back."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from services.contracts.envelope import Event, Home
from services.contracts.intake import Municipality

Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC))]
"""A moment with its offset from UTC, near enough to be written in any zone."""

ContactChannel = Literal["telephone", "desk", "letter", "email", "portal", "home-visit", "chat"]


class ContactRecorded(Event):
    """Somebody of the house and the client were in touch; what was said is in handover's vault under `text_ref`."""

    TYPE = "nl.sociaaldomein.handover.contact-recorded.v1"

    client: str
    municipality: Municipality
    contact_ref: str
    channel: ContactChannel
    direction: Literal["from-client", "to-client"]
    subject: str
    staff_ref: str
    at: Moment
    text_ref: str | None = None

    def home(self) -> Home:
        """The client's stream of contacts."""
        return Home(f"handover/contacts/{self.client}", self.client, self.municipality, self.client)


class CallBackEvent(Event):
    """A fact about one request to be called back."""

    client: str
    municipality: Municipality
    call_back_ref: str

    def home(self) -> Home:
        """The stream of the request, beside the other facts of the client."""
        return Home(f"handover/call-back/{self.call_back_ref}", self.client, self.municipality, self.client)


class CallBackRequested(CallBackEvent):
    """A client asked to be called back, by `due_at` (UTC) after the policy in force; the question is in the vault."""

    TYPE = "nl.sociaaldomein.handover.call-back-requested.v1"

    team_ref: str
    channel: ContactChannel
    subject: str
    due_at: Moment
    rule_version: str
    text_ref: str | None = None


class CallBackAnswered(CallBackEvent):
    """The request is settled."""

    TYPE = "nl.sociaaldomein.handover.call-back-answered.v1"

    outcome: Literal["reached", "not-reached", "no-longer-needed"]
    answered_by: str


class CallBackTermPassed(CallBackEvent):
    """The client should have been called back by `due_at` and was not."""

    TYPE = "nl.sociaaldomein.handover.call-back-term-passed.v1"

    team_ref: str
    due_at: Moment
