"""What can be decided about a client: that an application was received, and that the client is in care."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, assert_never

from services.contracts.envelope import Event
from services.contracts.intake import ApplicationReceived, Channel, IntakeAccepted
from services.eventlog.decider import Decider, Refused

Scheme = Literal["energy-allowance"]
Route = Literal["standard", "integral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCommand:
    """The household and municipality are those of the client now; `today` is the local day on which this is decided."""

    client: str
    household_ref: str
    municipality: str
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveApplication(ClientCommand):
    """The client applied for a scheme on `received_on`; free text lies in the vault under `text_ref`."""

    application_ref: str
    scheme: Scheme
    scheme_year: int
    channel: Channel
    received_on: date
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptIntake(ClientCommand):
    """Take the client into care."""

    route: Route
    accepted_on: date


Command = ReceiveApplication | AcceptIntake


@dataclass(frozen=True, slots=True)
class Client:
    """Applications by scheme and year; `route` is empty until the client is in care."""

    applied: frozenset[tuple[str, int]] = frozenset()
    route: Route | Literal[""] = ""


def stream_of(client: str) -> str:
    """The client's own stream in intake."""
    return f"intake/client/{client}"


def reads(command: Command) -> tuple[str, ...]:
    """The client's stream alone: two partners may each apply, benefits decides one per household."""
    return (stream_of(command.client),)


def decide(state: Client, command: Command) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal."""
    match command:
        case ReceiveApplication():
            return _receive(state, command)
        case AcceptIntake():
            return _accept(state, command)
        case _:
            assert_never(command)


def _receive(state: Client, command: ReceiveApplication) -> Sequence[Event] | Refused:
    if (command.scheme, command.scheme_year) in state.applied:
        return []
    if command.received_on > command.today:
        return Refused("date-in-future")
    if command.received_on < date(command.scheme_year, 1, 1):
        return Refused("before-scheme-year", "received before the scheme year began")
    received = ApplicationReceived(
        client=command.client,
        household_ref=command.household_ref,
        municipality=command.municipality,
        application_ref=command.application_ref,
        scheme=command.scheme,
        scheme_year=command.scheme_year,
        channel=command.channel,
        received_on=command.received_on,
        text_ref=command.text_ref,
    )
    return [received] if state.route else [received, _accepted(command, "standard", command.today)]


def _accept(state: Client, command: AcceptIntake) -> Sequence[Event] | Refused:
    if state.route:
        return [] if state.route == command.route else Refused("in-care-on-other-route")
    if command.accepted_on > command.today:
        return Refused("date-in-future")
    return [_accepted(command, command.route, command.accepted_on)]


def _accepted(command: Command, route: Route, accepted_on: date) -> IntakeAccepted:
    return IntakeAccepted(
        client=command.client,
        household_ref=command.household_ref,
        municipality=command.municipality,
        route=route,
        accepted_on=accepted_on,
    )


def evolve(state: Client, event: Event) -> Client:
    """The client after a fact."""
    match event:
        case ApplicationReceived():
            return replace(state, applied=state.applied | {(event.scheme, event.scheme_year)})
        case IntakeAccepted():
            return replace(state, route=event.route)
        case _:
            return state


client: Decider[Command, Client] = Decider(Client(), reads, decide, evolve)
