"""Contacts and requests to be called back as work for the log, with their moments for the clock and the list of what is open."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.contracts.envelope import Envelope, Event, Published
from services.contracts.handover_contacts import CallBackAnswered, CallBackEvent, CallBackRequested, CallBackTermPassed
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Due, EventLog, Origin, Transaction
from services.handover.baton import Baton
from services.handover.contacts import (
    CONTACTS,
    CallBack,
    ContactCommand,
    PassCallBackTerm,
    call_back_stream,
)
from services.handover.holding import NOT_OPEN
from services.handover.work import Asked, Note, baton_of
from services.vault.erasure import barred

OPEN = "open-call-backs"
TERM = "term"
PREFIX = call_back_stream("")

ContactWork = Work[ContactCommand, CallBack]


class OpenCallBack(Published):
    """A request that is not settled; moments in UTC."""

    client: str
    call_back_ref: str
    municipality: str
    channel: str
    subject: str
    requested_at: datetime
    due_at: datetime
    is_overdue: bool = False


def open_call_backs(log: EventLog) -> list[OpenCallBack]:
    """Every request that is not settled."""
    return [OpenCallBack.model_validate_json(value) for _, value in log.kept_all(OPEN)]


def of_client(client: str, make: Callable[[Baton], ContactCommand], asked: Asked, text: Note | None = None) -> ContactWork:
    """A contact or request of a client who is held by somebody."""

    def command(tx: Transaction) -> ContactCommand | Refused:
        baton = baton_of(tx, client)
        return NOT_OPEN if baton is None else barred(tx, client) or make(baton)

    def beside(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
        note(tx, recorded)
        if text is not None:
            text.vault.seal(tx, text.text_ref, client, recorded[0].event_id, {"note": text.text})

    return Work(CONTACTS, command, asked.origin, asked.body_hash, asked.expected, beside, _refs)


def passing_term(due: Due, origin: Origin) -> ContactWork:
    """The term of a request has passed; whoever holds the client now is told."""
    call_back_ref = due.stream.removeprefix(PREFIX)

    def command(tx: Transaction) -> ContactCommand:
        requested = CONTACTS.fold(tx.read(due.stream)).requested
        baton = None if requested is None else baton_of(tx, requested.client)
        return PassCallBackTerm(call_back_ref, None if baton is None else baton.team_ref)

    return Work(CONTACTS, command, origin, origin.command_id.encode(), beside=note)


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Keep moments and the list of open requests right, in the transaction of the facts."""
    for envelope in recorded:
        event = envelope.event
        if isinstance(event, CallBackRequested):
            tx.schedule(Due(envelope.stream, TERM, event.due_at))
            _keep(tx, event, _open(event, envelope.recorded_at))
        elif isinstance(event, CallBackTermPassed):
            _overdue(tx, event)
        elif isinstance(event, CallBackAnswered):
            tx.unschedule(envelope.stream, TERM)
            tx.drop(OPEN, event.call_back_ref)


def _keep(tx: Transaction, event: CallBackEvent, request: OpenCallBack) -> None:
    tx.keep(OPEN, event.call_back_ref, request.model_dump_json().encode())


def _overdue(tx: Transaction, event: CallBackTermPassed) -> None:
    kept = tx.kept(OPEN, event.call_back_ref)
    if kept is not None:  # a request may be lost before a restore
        _keep(tx, event, OpenCallBack.model_validate_json(kept).model_copy(update={"is_overdue": True}))


def _open(event: CallBackRequested, requested_at: datetime) -> OpenCallBack:
    return OpenCallBack(
        client=event.client,
        call_back_ref=event.call_back_ref,
        municipality=event.municipality,
        channel=event.channel,
        subject=event.subject,
        requested_at=requested_at,
        due_at=event.due_at,
    )


def _refs(recorded: Recorded) -> dict[str, str]:
    event = recorded[0].event
    return {name: str(ref) for name in ("call_back_ref", "contact_ref") if (ref := getattr(event, name, None)) is not None}
