"""The emergencies of I12: who read without a right did so under an opening of their own that ran, and another person judged it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from services.audit.fact import Fact
from services.audit.finding import Tally
from services.audit.log_file import LogFile

KINDS: Final = ("opened", "withdrawn", "expired", "reviewed", "review-overdue")
TYPE: Final = "nl.sociaaldomein.handover.break-glass-{}.v1"
LONGEST: Final = timedelta(hours=8)
"""No opening lasts longer than a working day, whatever a policy says."""

CLOCKS: Final = timedelta(seconds=10)
"""Clocks of two processes may differ so much at the beginning; at the end a reading is on the safe side."""

TOLD: Final = timedelta(seconds=60)
"""So long a withdrawal may take to every service (as I13); until its time is over an opening would let in anyhow."""


class Under(NamedTuple):
    """A reading under a broken glass: what it is called, who read whom, under which opening, and when it began (UTC)."""

    name: str
    actor: str
    client: str
    opening: int
    started_at: datetime


@dataclass(slots=True)
class Opening:
    """As handover told it; `over_at` is when it was withdrawn, or else ends by itself."""

    opened_by: str
    opened_at: datetime
    expires_at: datetime
    over_at: datetime
    over: bool = False
    judged: bool = False


def broken_glass(log: LogFile, readings: Iterable[Under], tally: Tally) -> None:
    """Follow every opening in handover's log, and hold the readings against them. Raises `Unreachable`.

    The readings were collected before: whoever read had an opening in the log by then.
    """
    found: dict[tuple[str, int], Opening] = {}
    for fact in sorted(_facts(log), key=lambda fact: fact.position):
        tally.looked_at()
        content = orjson.loads(fact.data)
        key = content["client"], content["opening"]
        if fact.type == TYPE.format("opened"):
            _require_opening(fact, content, found, tally)
            found[key] = _opening(content)
        elif key in found:
            _goes_on(fact, content, found[key], tally)
        else:
            tally.fault(f"{fact.name} is about an opening that never was")
    for under in readings:
        _require_let_in(under, found.get((under.client, under.opening)), tally)


def _facts(log: LogFile) -> Iterator[Fact]:
    for kind in KINDS:
        yield from log.of_kind(TYPE.format(kind), 0)


def _opening(content: dict[str, Any]) -> Opening:
    opened_at, expires_at = datetime.fromisoformat(content["opened_at"]), datetime.fromisoformat(content["expires_at"])
    return Opening(content["opened_by"], opened_at, expires_at, expires_at)


def _require_opening(fact: Fact, content: dict[str, Any], found: dict[tuple[str, int], Opening], tally: Tally) -> None:
    before = sum(client == content["client"] for client, _ in found)
    tally.require(content["opening"] == before + 1, f"{fact.name} is opening {content['opening']}, after {before}")
    opening = _opening(content)
    lasts = opening.expires_at - opening.opened_at
    tally.require(timedelta() < lasts <= LONGEST, f"{fact.name} lets in for {lasts.total_seconds() / 60:.0f} minutes")


def _goes_on(fact: Fact, content: dict[str, Any], opening: Opening, tally: Tally) -> None:
    match fact.type.removeprefix(TYPE.partition("{")[0]).removesuffix(".v1"):
        case "withdrawn":
            tally.require(not opening.over, f"{fact.name} withdraws an opening that was over")
            opening.over, opening.over_at = True, min(opening.expires_at, datetime.fromisoformat(fact.recorded_at) + TOLD)
        case "expired":
            ended = not opening.over and datetime.fromisoformat(fact.recorded_at) >= opening.expires_at
            tally.require(ended, f"{fact.name} lets an opening expire that was over, or had not run out")
            opening.over = True
        case "reviewed":
            tally.require(opening.over and not opening.judged, f"{fact.name} judges an opening that runs, or a second time")
            tally.require(content["reviewed_by"] != opening.opened_by, f"{fact.name} is judged by whoever broke the glass")
            opening.judged = True
        case _:
            tally.require(not opening.judged, f"{fact.name} says that nobody judged an opening that was judged")


def _require_let_in(under: Under, opening: Opening | None, tally: Tally) -> None:
    tally.looked_at()
    what = f"{under.name} was made under opening {under.opening} of {under.client}"
    if opening is None:
        tally.fault(f"{what}, which never was")
        return
    tally.require(under.actor == opening.opened_by, f"{what}, which is of somebody else")
    runs = opening.opened_at - CLOCKS <= under.started_at < opening.over_at
    tally.require(runs, f"{what}, which did not run at that moment")
