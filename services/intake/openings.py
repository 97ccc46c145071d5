"""Who was let in to a client in an emergency, as handover tells it: intake's readings honour it until it is over."""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from services.access.break_glass import Opening, from_json, opening_of, to_json
from services.contracts.break_glass import BreakGlassExpired, BreakGlassOpened, BreakGlassWithdrawn
from services.contracts.envelope import Envelope, Event
from services.eventlog.log import Answer, EventLog, Transaction

LET_IN = "openings-of-client"
FOLLOWED = (BreakGlassOpened.TYPE, BreakGlassWithdrawn.TYPE, BreakGlassExpired.TYPE)

Told = BreakGlassOpened | BreakGlassWithdrawn | BreakGlassExpired


def openings_of(log: EventLog, client: str) -> list[Opening]:
    """The openings of a client that did not end as far as intake was told; whether they let in now is the clock's to say."""
    kept = _read(log.kept(LET_IN, client))["openings"]
    return [from_json(int(number), opening) for number, opening in kept.items()]


def react(envelope: Envelope[Event]) -> list[Callable[[Transaction], Answer]]:
    """For the reactor: an opening begins or ends. A repeat changes nothing, also of a beginning whose end was told already."""
    told = envelope.event
    return [partial(_note, envelope.version, told)] if isinstance(told, BreakGlassOpened | BreakGlassWithdrawn | BreakGlassExpired) else []


def _note(version: int, told: Told, tx: Transaction) -> Answer:
    kept = _read(tx.kept(LET_IN, told.client))
    if version > kept["upto"]:
        others = {number: opening for number, opening in kept["openings"].items() if number != str(told.opening)}
        begun = {str(told.opening): to_json(opening_of(told))} if isinstance(told, BreakGlassOpened) else {}
        tx.keep(LET_IN, told.client, orjson.dumps({"upto": version, "openings": {**others, **begun}}))
    return Answer("unchanged", told.home().stream, version, tx.head())


def _read(kept: bytes | None) -> dict[str, Any]:
    return {"upto": 0, "openings": {}} if kept is None else dict(orjson.loads(kept))
