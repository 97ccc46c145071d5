"""What handover tells of an emergency in which somebody without the right to see a client was let in, and what another made of it."""

from typing import Annotated, Literal

from pydantic import Field

from services.contracts.envelope import Event, Home
from services.contracts.handover_contacts import Moment
from services.contracts.intake import Municipality

OpeningNumber = Annotated[int, Field(ge=1, le=1_000_000)]
Verdict = Literal["justified", "unjustified"]


class BreakGlassEvent(Event):
    """A fact about one opening; openings of a client count from 1. `municipality` is the client's."""

    client: str
    municipality: Municipality
    opening: OpeningNumber

    def home(self) -> Home:
        """The client's stream of openings."""
        return Home(f"handover/break-glass/{self.client}", self.client, self.municipality, self.client)


class BreakGlassOpened(BreakGlassEvent):
    """Somebody may read this client until `expires_at` (UTC); `reason` and `legal_basis` are codes, the story is in handover's vault.

    `works_for` are the municipalities of who opened it, `opens_special` says whether care and youth are open too.
    """

    TYPE = "nl.sociaaldomein.handover.break-glass-opened.v1"

    reason: str
    legal_basis: str
    opens_special: bool
    opened_by: str
    works_for: tuple[Municipality, ...]
    opened_at: Moment
    expires_at: Moment
    review_due_at: Moment
    rule_version: str
    text_ref: str


class BreakGlassWithdrawn(BreakGlassEvent):
    """The opening ended before its time."""

    TYPE = "nl.sociaaldomein.handover.break-glass-withdrawn.v1"

    withdrawn_by: str


class BreakGlassExpired(BreakGlassEvent):
    """The opening ended by itself."""

    TYPE = "nl.sociaaldomein.handover.break-glass-expired.v1"


class BreakGlassReviewed(BreakGlassEvent):
    """Somebody else judged the opening; `reason` is a code, the note is in the vault."""

    TYPE = "nl.sociaaldomein.handover.break-glass-reviewed.v1"

    verdict: Verdict
    reason: str
    reviewed_by: str
    text_ref: str | None = None


class BreakGlassReviewOverdue(BreakGlassEvent):
    """Nobody judged the opening by `review_due_at`."""

    TYPE = "nl.sociaaldomein.handover.break-glass-review-overdue.v1"

    review_due_at: Moment


BreakGlassFact = BreakGlassOpened | BreakGlassWithdrawn | BreakGlassExpired | BreakGlassReviewed | BreakGlassReviewOverdue
