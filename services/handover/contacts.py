"""Contacts with a client over every channel, and requests to be called back, which have a term."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, assert_never, cast

from services.contracts.envelope import Event
from services.contracts.handover import ContactFact
from services.contracts.handover_contacts import (
    CallBackAnswered,
    CallBackRequested,
    CallBackTermPassed,
    ContactChannel,
    ContactRecorded,
)
from services.eventlog.decider import Decider, Refused, refusal
from services.handover.due_times import moments
from services.handover.rules import HandoverRules

NOT_REQUESTED = Refused("call-back-unknown", "this client did not ask so to be called back")

Outcome = Literal["reached", "not-reached", "no-longer-needed"]
Direction = Literal["from-client", "to-client"]


@dataclass(frozen=True, slots=True)
class RecordContact:
    """Somebody of the house and the client were in touch at a moment (UTC), not in the future."""

    client: str
    municipality: str
    contact_ref: str
    channel: ContactChannel
    direction: Direction
    subject: str
    staff_ref: str
    at: datetime
    now: datetime
    text_ref: str | None


@dataclass(frozen=True, slots=True)
class RequestCallBack:
    """A client asks to be called back by the team that holds them."""

    client: str
    municipality: str
    call_back_ref: str
    team_ref: str
    channel: ContactChannel
    subject: str
    at: datetime
    today: date
    rules: HandoverRules
    text_ref: str | None


@dataclass(frozen=True, slots=True)
class AnswerCallBack:
    """A request is settled."""

    client: str
    call_back_ref: str
    outcome: Outcome
    answered_by: str


@dataclass(frozen=True, slots=True)
class PassCallBackTerm:
    """The term of a request has passed; `team_ref` holds the client now."""

    call_back_ref: str
    team_ref: str | None


ContactCommand = RecordContact | RequestCallBack | AnswerCallBack | PassCallBackTerm


class CallBack(NamedTuple):
    """A request, as it was asked, and how it was settled."""

    requested: CallBackRequested | None = None
    answered: CallBackAnswered | None = None
    is_overdue: bool = False


def contacts_stream(client: str) -> str:
    """Stream of the contacts with a client."""
    return f"handover/contacts/{client}"


def call_back_stream(call_back_ref: str) -> str:
    """Stream of a request to be called back."""
    return f"handover/call-back/{call_back_ref}"


def reads(command: ContactCommand) -> tuple[str, ...]:
    """One stream each: contacts and requests rest on nothing else."""
    return (contacts_stream(command.client) if isinstance(command, RecordContact) else call_back_stream(command.call_back_ref),)


def decide(state: CallBack, command: ContactCommand) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    match command:
        case RecordContact():
            return _record(command)
        case RequestCallBack():
            return [] if state.requested is not None else _request(command)
        case AnswerCallBack():
            return _answer(state, command)
        case PassCallBackTerm():
            return _pass(state, command)
        case _:
            assert_never(command)


def _record(command: RecordContact) -> Sequence[Event] | Refused:
    if command.at > command.now:
        return Refused("in-the-future", "a contact is recorded when it has been")
    recorded = ContactRecorded(
        client=command.client,
        municipality=command.municipality,
        contact_ref=command.contact_ref,
        channel=command.channel,
        direction=command.direction,
        subject=command.subject,
        staff_ref=command.staff_ref,
        at=command.at,
        text_ref=command.text_ref,
    )
    return [recorded]


def _request(command: RequestCallBack) -> Sequence[Event] | Refused:
    term = command.rules.term("call-back", command.today)
    if term is None:
        return Refused("no-term", "no policy gives a term for calling back on this day; add a row to policies/terms.toml")
    requested = CallBackRequested(
        client=command.client,
        municipality=command.municipality,
        call_back_ref=command.call_back_ref,
        team_ref=command.team_ref,
        channel=command.channel,
        subject=command.subject,
        due_at=moments(command.rules, term, command.at).due_at,
        rule_version=command.rules.version,
        text_ref=command.text_ref,
    )
    return [requested]


def _answer(state: CallBack, command: AnswerCallBack) -> Sequence[Event] | Refused:
    asked, settled = state.requested, state.answered
    if asked is None or asked.client != command.client:
        return NOT_REQUESTED
    if settled is None:
        outcome, by = command.outcome, command.answered_by
        about = {"client": asked.client, "municipality": asked.municipality, "call_back_ref": asked.call_back_ref}
        return [CallBackAnswered(**about, outcome=outcome, answered_by=by)]
    other = refusal((settled.outcome != command.outcome, Refused("already-answered", "this request was settled in another way")))
    return other or []


def _pass(state: CallBack, command: PassCallBackTerm) -> Sequence[Event]:
    asked = state.requested
    if asked is None or state.answered is not None or state.is_overdue:
        return []
    about = {"client": asked.client, "municipality": asked.municipality, "call_back_ref": asked.call_back_ref}
    return [CallBackTermPassed(**about, team_ref=command.team_ref or asked.team_ref, due_at=asked.due_at)]


def evolve(state: CallBack, event: Event) -> CallBack:
    """The request after a fact; a contact leaves nothing that a later command rests on."""
    fact = cast("ContactFact", event)
    match fact:
        case CallBackRequested():
            return CallBack(fact)
        case CallBackAnswered():
            return state._replace(answered=fact)
        case CallBackTermPassed():
            return state._replace(is_overdue=True)
        case ContactRecorded():
            return state
        case _:
            assert_never(fact)


CONTACTS: Decider[ContactCommand, CallBack] = Decider(CallBack(), reads, decide, evolve)
