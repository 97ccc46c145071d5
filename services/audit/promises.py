"""I3: what was promised is on its way one working day before, or stands where people see that it is not."""

from collections.abc import Callable, Collection, Iterable
from datetime import date

from services.audit.finding import Tally
from services.audit.rights import Right
from services.audit.unreachable import Unreachable
from services.audit.working_days import before

Exceptions = Callable[[str], Collection[str]]
"""The rights on the visible exception list of a run; raises `Unreachable`."""


def promised(granted: Iterable[Right], now: str, exceptions: Exceptions, tally: Tally) -> None:
    """Compare every grant with its last day, a whole day in UTC; `now` is the log's own clock (RFC 3339)."""
    late: dict[str, list[Right]] = {}
    for right in granted:
        tally.looked_at()
        if _late(right, now):
            late.setdefault(right.run_ref, []).append(right)
    for run_ref, rights in sorted(late.items()):
        try:
            listed = exceptions(run_ref)
        except Unreachable as wrong:
            tally.fault(f"{len(rights)} rights of {run_ref} are late, and {wrong}")
            continue
        for right in rights:
            if right.right_ref not in listed:
                tally.fault(f"{right.right_ref}, promised on {right.promised_on}, is late and on no exception list")


def _late(right: Right, now: str) -> bool:
    last_day = before(date.fromisoformat(right.promised_on)).isoformat()
    moment = right.attempts[0].recorded_at if right.attempts else now
    return moment[:10] > last_day
