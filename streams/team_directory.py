"""Teams as staff applications see them: how a team is reached, who works there, who is away and who stands in."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from services.contracts.envelope import Envelope, Event
from services.contracts.teams import StaffJoined, StaffLeft, StaffReturned, StandInNamed, TeamDescribed, TeamFormed
from services.contracts.topics import HANDOVER_EVENTS
from streams.view import Row, View

TEAMS = "handover/team/"


def _formed(_row: Row, fact: TeamFormed) -> dict[str, Any]:
    return {"organisation": fact.organisation}


def _described(_row: Row, fact: TeamDescribed) -> dict[str, Any]:
    return {"domain": fact.domain, "name": fact.name, "telephone": fact.telephone, "email": fact.email}


def _joined(row: Row, fact: StaffJoined) -> dict[str, Any]:
    return {"staff": sorted({*row["staff"], fact.staff_ref})}


def _left(row: Row, fact: StaffLeft) -> dict[str, Any]:
    away = {staff: absences for staff, absences in row["away"].items() if staff != fact.staff_ref}
    return {"staff": [staff for staff in row["staff"] if staff != fact.staff_ref], "away": away}


def _away(row: Row, fact: StandInNamed) -> dict[str, Any]:
    until = None if fact.until_on is None else fact.until_on.isoformat()
    absence = {"stand_in": fact.stand_in, "from_on": fact.from_on.isoformat(), "until_on": until}
    others = [other for other in row["away"].get(fact.staff_ref, ()) if other["from_on"] != absence["from_on"]]
    return {"away": {**row["away"], fact.staff_ref: [*others, absence]}}


def _returned(row: Row, fact: StaffReturned) -> dict[str, Any]:
    later = [absence for absence in row["away"].get(fact.staff_ref, ()) if absence["from_on"] > fact.on.isoformat()]
    return {"away": {**row["away"], fact.staff_ref: later}}


_KNOWN: Mapping[type[Event], Callable[[Row, Any], dict[str, Any]]] = {
    TeamFormed: _formed,
    TeamDescribed: _described,
    StaffJoined: _joined,
    StaffLeft: _left,
    StandInNamed: _away,
    StaffReturned: _returned,
}


def _fold(row: Row | None, fact: Envelope[Event]) -> dict[str, Any]:
    start: dict[str, Any] = {"team_ref": fact.key, "municipality": fact.municipality, "organisation": None, "staff": [], "away": {}}
    before = {**start, "domain": None, "name": None, "telephone": None, "email": None, **(row or {})}
    known = _KNOWN.get(type(fact.event))
    return before if known is None else {**before, **known(before, fact.event)}


VIEW = View(
    name="team-directory",
    topics=(HANDOVER_EVENTS,),
    streams=(TEAMS,),
    row_key=lambda _stream, key: key,
    fold=_fold,
)
"""One row per team."""


def reach(row: Row) -> dict[str, Any]:
    """How a team is reached."""
    return {name: row.get(name) for name in ("team_ref", "name", "organisation", "domain", "telephone", "email")}


def stand_in(row: Row, staff_ref: str, today: date) -> str | None:
    """Who answers for somebody on a day, if they are away; ISO dates compare as text."""
    day = today.isoformat()
    covering = (absence for absence in row.get("away", {}).get(staff_ref, ()) if absence["from_on"] <= day <= (absence["until_on"] or day))
    return next((str(absence["stand_in"]) for absence in covering), None)
