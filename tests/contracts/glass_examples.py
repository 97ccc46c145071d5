"""One example of every fact about an opening in an emergency, with invented references."""

from datetime import UTC, datetime
from typing import Any

from services.contracts import break_glass
from services.contracts.envelope import Event

_opening: dict[str, Any] = {"client": "p-00000000000000b1", "municipality": "GM0361", "opening": 1}
OPENED, OVER, REVIEW = (datetime(2024, 2, day, hour, 30, tzinfo=UTC) for day, hour in ((15, 8), (15, 9), (19, 8)))

GLASS_EXAMPLES: tuple[Event, ...] = (
    break_glass.BreakGlassOpened(
        **_opening,
        reason="danger-to-life",
        legal_basis="avg-9-2-c",
        opens_special=True,
        opened_by="s-9",
        works_for=("GM0373",),
        opened_at=OPENED,
        expires_at=OVER,
        review_due_at=REVIEW,
        rule_version="handover+ab12cd34",
        text_ref="t-9",
    ),
    break_glass.BreakGlassWithdrawn(**_opening, withdrawn_by="s-9"),
    break_glass.BreakGlassExpired(**_opening),
    break_glass.BreakGlassReviewed(**_opening, verdict="unjustified", reason="could-have-waited", reviewed_by="s-1", text_ref="t-10"),
    break_glass.BreakGlassReviewOverdue(**_opening, review_due_at=REVIEW),
)
