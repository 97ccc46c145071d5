"""Openings in an emergency, as the examples have them, and given/when/then on their decider."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.contracts.break_glass import (
    BreakGlassExpired,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
    BreakGlassWithdrawn,
)
from services.contracts.envelope import Event
from services.eventlog.decider import Refused
from services.handover.break_glass import GLASS, BreakGlass, GlassCommand, PassReviewTerm, ReviewOpening, WithdrawAccess
from services.handover.rules import installed
from tests.handover.teams import ALKMAAR, BERGEN

RULES = installed()
AT = datetime(2024, 2, 15, 9, tzinfo=UTC)
OVER, REVIEW_DUE = AT + timedelta(hours=1), datetime(2024, 2, 19, 9, tzinfo=UTC)
BREAK = BreakGlass("p-1", ALKMAAR, "danger-to-life", "s-9", (BERGEN,), AT, date(2024, 2, 15), RULES, "t-1")
WITHDRAW, REVIEW = WithdrawAccess("p-1", 1, "s-9", directs=False), ReviewOpening("p-1", 1, "justified", "life-saved", "s-boss")
REVIEW_TERM = PassReviewTerm("p-1", 1)


def about(opening: int = 1) -> dict[str, Any]:
    return {"client": "p-1", "municipality": ALKMAAR, "opening": opening}


def opened(opening: int = 1, by: str = "s-9", at: datetime = AT) -> BreakGlassOpened:
    return BreakGlassOpened(
        **about(opening),
        reason="danger-to-life",
        legal_basis="avg-9-2-c",
        opens_special=True,
        opened_by=by,
        works_for=(BERGEN,),
        opened_at=at,
        expires_at=at + timedelta(hours=1),
        review_due_at=REVIEW_DUE + (at - AT),
        rule_version=RULES.version,
        text_ref="t-1",
    )


def withdrawn(by: str = "s-9") -> BreakGlassWithdrawn:
    return BreakGlassWithdrawn(**about(), withdrawn_by=by)


def expired() -> BreakGlassExpired:
    return BreakGlassExpired(**about())


def overdue() -> BreakGlassReviewOverdue:
    return BreakGlassReviewOverdue(**about(), review_due_at=REVIEW_DUE)


def reviewed() -> BreakGlassReviewed:
    return BreakGlassReviewed(**about(), verdict="justified", reason="life-saved", reviewed_by="s-boss")


def when(command: GlassCommand, *given: Event) -> Sequence[Event] | Refused:
    return GLASS.decide(GLASS.fold(given), command)


def later(minutes: int, **changes: Any) -> BreakGlass:  # noqa: ANN401 - fields of the command
    return replace(BREAK, at=AT + timedelta(minutes=minutes), **changes)
