"""Openings as work for the log, with their moments for the clock and the list of those that run or wait for a judgement."""

from collections.abc import Callable, Sequence
from datetime import datetime

import orjson

from services.access.break_glass import Opening, opening_of
from services.contracts.break_glass import (
    BreakGlassEvent,
    BreakGlassExpired,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
    BreakGlassWithdrawn,
)
from services.contracts.envelope import Envelope, Event, Published
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Due, EventLog, Origin, Transaction
from services.handover.baton import Baton
from services.handover.break_glass import GLASS, BreakGlass, ExpireAccess, GlassCommand, Openings, PassReviewTerm, glass_stream, running_of
from services.handover.holding import NOT_OPEN
from services.handover.work import Asked, Note, baton_of
from services.vault.erasure import barred

OPEN = "break-glass-openings"
EXPIRY, REVIEW = "expiry", "review"
PREFIX = glass_stream("")

GlassWork = Work[GlassCommand, Openings]


class ListedOpening(Published):
    """An opening that runs or that nobody judged: `state` is running, withdrawn or expired; moments in UTC."""

    client: str
    municipality: str
    opening: int
    reason: str
    opened_by: str
    works_for: tuple[str, ...]
    opened_at: datetime
    expires_at: datetime
    review_due_at: datetime
    state: str = "running"
    review: str = "waiting"


def listed(log: EventLog) -> list[ListedOpening]:
    """Every opening that runs, or waits for a judgement."""
    return [ListedOpening.model_validate_json(value) for _, value in log.kept_all(OPEN)]


def openings_of(log: EventLog, client: str) -> list[Opening]:
    """The openings of a client that were not ended, as access looks at them."""
    state = GLASS.fold(told.event for told in log.read(glass_stream(client)))
    return [opening_of(each.opened) for each in state.values() if not each.over]


def opener_of(log: EventLog, client: str, opening: int) -> str | None:
    """Who broke the glass, if there is such an opening."""
    found = GLASS.fold(told.event for told in log.read(glass_stream(client))).get(opening)
    return None if found is None else found.opened.opened_by


def breaking(client: str, make: Callable[[Baton], BreakGlass], asked: Asked, text: Note) -> GlassWork:
    """Somebody is let in to a client who is held by somebody; the answer names the opening, also where it runs already."""
    standing: dict[str, str] = {}

    def command(tx: Transaction) -> BreakGlass | Refused:
        baton, refused = baton_of(tx, client), barred(tx, client)
        if baton is None or refused is not None:
            return refused or NOT_OPEN
        made = make(baton)
        running = running_of(GLASS.fold(tx.read(glass_stream(client))), made.opened_by, made.at)
        standing.update({} if running is None else _refs_of(running))
        return made

    def refs(recorded: Recorded) -> dict[str, str]:
        opened = recorded[0].event
        assert isinstance(opened, BreakGlassOpened), "the only fact by which somebody is let in"
        return _refs_of(opened)

    return Work(GLASS, command, asked.origin, asked.body_hash, beside=_sealing(client, text), refs=refs, standing=lambda: standing)


def ending(command: GlassCommand, asked: Asked, text: Note | None = None) -> GlassWork:
    """An opening ends, or is judged."""
    return Work(GLASS, lambda _tx: command, asked.origin, asked.body_hash, asked.expected, _sealing(command.client, text))


def passing(due: Due, origin: Origin) -> GlassWork:
    """A moment of an opening has come: it is over, or should have been judged."""
    kind, _, opening = due.kind.rpartition("-")
    client, number = due.stream.removeprefix(PREFIX), int(opening)
    command = ExpireAccess(client, number) if kind == EXPIRY else PassReviewTerm(client, number)
    return Work(GLASS, lambda _tx: command, origin, origin.command_id.encode(), beside=note)


def _refs_of(opened: BreakGlassOpened) -> dict[str, str]:
    return {"opening": str(opened.opening), "expires_at": opened.expires_at.isoformat()}


def _sealing(client: str, text: Note | None) -> Callable[[Transaction, Recorded], None]:
    def beside(tx: Transaction, recorded: Recorded) -> None:
        note(tx, recorded)
        if text is not None:
            text.vault.seal(tx, text.text_ref, client, recorded[0].event_id, {"note": text.text})

    return beside


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep moments and the list right, in the transaction of the facts."""
    for envelope in recorded:
        event = envelope.event
        match event:
            case BreakGlassOpened():
                tx.schedule(Due(envelope.stream, f"{EXPIRY}-{event.opening}", event.expires_at))
                tx.schedule(Due(envelope.stream, f"{REVIEW}-{event.opening}", event.review_due_at))
                told = event.model_dump(include=set(ListedOpening.model_fields))
                tx.keep(OPEN, _key(event), ListedOpening(**told).model_dump_json().encode())
            case BreakGlassWithdrawn():
                tx.unschedule(envelope.stream, f"{EXPIRY}-{event.opening}")
                _changed(tx, event, state="withdrawn")
            case BreakGlassExpired():
                _changed(tx, event, state="expired")
            case BreakGlassReviewOverdue():
                _changed(tx, event, review="overdue")
            case BreakGlassReviewed():
                tx.unschedule(envelope.stream, f"{REVIEW}-{event.opening}")
                tx.drop(OPEN, _key(event))
            case _:
                pass


def _changed(tx: Transaction, event: BreakGlassEvent, **change: str) -> None:
    kept = tx.kept(OPEN, _key(event))
    if kept is not None:  # an opening may be lost before a restore
        tx.keep(OPEN, _key(event), orjson.dumps({**orjson.loads(kept), **change}))


def _key(event: BreakGlassEvent) -> str:
    return f"{event.client}/{event.opening}"
