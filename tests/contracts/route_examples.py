"""One example of every fact about the route of a client, with invented references."""

from datetime import date
from typing import Any

from services.contracts import route
from services.contracts.envelope import Event

ON = date(2024, 1, 1)
NEED, REPORT = "sg-00000000000000a1", "sg-00000000000000a2"

_client: dict[str, Any] = {"client": "p-00000000000000b1", "household_ref": "h-00000000000000a1", "municipality": "GM0361"}
_signal: dict[str, Any] = {**_client, "source": "client", "since": ON, "recorded_by": "s-1"}
_flag: dict[str, Any] = {**_client, "flag": 1}
_days: dict[str, Any] = {"review_on": date(2024, 7, 1), "expires_on": date(2025, 1, 1), "rule_version": "route+ab12cd34"}

ROUTE_EXAMPLES: tuple[Event, ...] = (
    route.RouteSignalRecorded(**_signal, signal_ref=NEED, kind="open-need", domain="housing", organisation=None),
    route.RouteSignalEnded(**_client, signal_ref=NEED, on=ON, end="over"),
    route.IntegralFlagProposed(
        **_flag,
        **_days,
        on=ON,
        score=80,
        threshold=60,
        fired=(
            route.FiredRule(rule="safety", weight=60, source="AVE", seen=(REPORT,)),
            route.FiredRule(rule="debts", weight=20, source="Wgs art. 3", seen=(NEED,)),
        ),
    ),
    route.IntegralFlagConfirmed(**_flag, **_days, on=ON, reason="safety-first", confirmed_by="s-2", text_ref="t-1"),
    route.IntegralFlagReviewed(**_flag, **_days, on=ON, reason="several-problems-at-once", reviewed_by="s-2"),
    route.IntegralFlagReviewDue(**_flag, due_on=ON),
    route.IntegralFlagRemoved(**_flag, on=ON, reason="goals-reached", removed_by="s-2", text_ref="t-1"),
    route.IntegralFlagExpired(**_flag, on=ON, stood_as="confirmed"),
)
