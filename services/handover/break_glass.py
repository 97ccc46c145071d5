"""In an emergency somebody without the right to see a client is let in for a short time; it is told, and judged by somebody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypedDict, assert_never, cast

from services.contracts.break_glass import (
    BreakGlassExpired,
    BreakGlassFact,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
    BreakGlassWithdrawn,
    Verdict,
)
from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused
from services.handover.due_times import moments
from services.handover.rules import HandoverRules

NEVER_OPENED = Refused("opening-unknown", "this client has no opening of that number")


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Let `opened_by` in, who works for other municipalities or is not involved; `reason` is a code of the policy."""

    client: str
    municipality: str
    reason: str
    opened_by: str
    works_for: tuple[str, ...]
    at: datetime
    today: date
    rules: HandoverRules
    text_ref: str


@dataclass(frozen=True, slots=True)
class WithdrawAccess:
    """End an opening before its time: who opened it, or somebody who directs teams of the client's municipality."""

    client: str
    opening: int
    withdrawn_by: str
    directs: bool


@dataclass(frozen=True, slots=True)
class ExpireAccess:
    """The time of an opening is over."""

    client: str
    opening: int


@dataclass(frozen=True, slots=True)
class ReviewOpening:
    """Judge an opening of somebody else; `reason` is a code."""

    client: str
    opening: int
    verdict: Verdict
    reason: str
    reviewed_by: str
    text_ref: str | None = None


@dataclass(frozen=True, slots=True)
class PassReviewTerm:
    """An opening should have been judged by now."""

    client: str
    opening: int


GlassCommand = BreakGlass | WithdrawAccess | ExpireAccess | ReviewOpening | PassReviewTerm


class Opening(NamedTuple):
    """One opening: `over` is how it ended, empty while it runs."""

    opened: BreakGlassOpened
    over: str = ""
    reviewed: BreakGlassReviewed | None = None
    overdue: bool = False


Openings = Mapping[int, Opening]


class _About(TypedDict):
    client: str
    municipality: str
    opening: int


def glass_stream(client: str) -> str:
    """Stream of the openings of a client."""
    return f"handover/break-glass/{client}"


def reads(command: GlassCommand) -> tuple[str, ...]:
    """The client's openings: a second one rests on the first."""
    return (glass_stream(command.client),)


def decide(state: Openings, command: GlassCommand) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    if isinstance(command, BreakGlass):
        return _open(state, command)
    opening = state.get(command.opening)
    if opening is None:
        return NEVER_OPENED
    match command:
        case WithdrawAccess():
            return _withdraw(opening, command)
        case ExpireAccess():
            return [] if opening.over else [BreakGlassExpired(**_about(opening))]
        case ReviewOpening():
            return _review(opening, command)
        case PassReviewTerm():
            due_at = opening.opened.review_due_at
            is_told = opening.reviewed is not None or opening.overdue
            return [] if is_told else [BreakGlassReviewOverdue(**_about(opening), review_due_at=due_at)]
        case _:
            assert_never(command)


def running_of(state: Openings, staff_ref: str, at: datetime) -> BreakGlassOpened | None:
    """The opening under which somebody is in at a moment, if there is one."""
    mine = (each.opened for each in state.values() if each.opened.opened_by == staff_ref and not each.over)
    return next((opened for opened in mine if at < opened.expires_at), None)


def _open(state: Openings, command: BreakGlass) -> Sequence[Event] | Refused:
    running = running_of(state, command.opened_by, command.at)
    if running is not None:
        same = running.reason == command.reason
        return [] if same else Refused("already-open", f"opening {running.opening} of this client still runs; withdraw it first")
    emergency = command.rules.emergency(command.reason, command.today)
    if emergency is None:
        return Refused("emergency-unknown", "no policy in force knows this emergency; see policies/break-glass.toml")
    term, review = command.rules.opening_term(command.today), command.rules.term("break-glass-review", command.today)
    if term is None or review is None:
        return Refused("no-term", "no policy gives a term on this day; add rows to policies/break-glass.toml and terms.toml")
    opened = BreakGlassOpened(
        client=command.client,
        municipality=command.municipality,
        opening=len(state) + 1,
        reason=command.reason,
        legal_basis=emergency.legal_basis,
        opens_special=emergency.opens_special,
        opened_by=command.opened_by,
        works_for=command.works_for,
        opened_at=command.at,
        expires_at=command.at + timedelta(minutes=term.access_minutes),
        review_due_at=moments(command.rules, review, command.at).due_at,
        rule_version=command.rules.version,
        text_ref=command.text_ref,
    )
    return [opened]


def _withdraw(opening: Opening, command: WithdrawAccess) -> Sequence[Event] | Refused:
    if not command.directs and opening.opened.opened_by != command.withdrawn_by:
        return Refused("not-yours", "who opened it ends it, or somebody who directs teams of the client's municipality")
    if opening.over == "expired":
        return Refused("already-expired", "this opening ended by itself")
    return [] if opening.over else [BreakGlassWithdrawn(**_about(opening), withdrawn_by=command.withdrawn_by)]


def _review(opening: Opening, command: ReviewOpening) -> Sequence[Event] | Refused:
    if opening.opened.opened_by == command.reviewed_by:
        return Refused("own-opening", "whoever broke the glass does not judge it; ask another coordinator or manager")
    if not opening.over:
        return Refused("still-open", "it is judged when it is over; withdraw it to end it now")
    judged = opening.reviewed
    if judged is not None:
        same = (judged.verdict, judged.reason) == (command.verdict, command.reason)
        return [] if same else Refused("already-reviewed", f"this opening was judged {judged.verdict}")
    return [
        BreakGlassReviewed(
            **_about(opening),
            verdict=command.verdict,
            reason=command.reason,
            reviewed_by=command.reviewed_by,
            text_ref=command.text_ref,
        )
    ]


def _about(opening: Opening) -> _About:
    fact = opening.opened
    return _About(client=fact.client, municipality=fact.municipality, opening=fact.opening)


def evolve(state: Openings, event: Event) -> Openings:
    """The openings of a client after a fact."""
    fact = cast("BreakGlassFact", event)
    return {**state, fact.opening: _after(state.get(fact.opening), fact)}


def _after(opening: Opening | None, fact: BreakGlassFact) -> Opening:
    if isinstance(fact, BreakGlassOpened):
        return Opening(fact)
    assert opening is not None, "an opening is made before anything is told of it"
    match fact:
        case BreakGlassWithdrawn():
            return opening._replace(over="withdrawn")
        case BreakGlassExpired():
            return opening._replace(over="expired")
        case BreakGlassReviewed():
            return opening._replace(reviewed=fact)
        case BreakGlassReviewOverdue():
            return opening._replace(overdue=True)
        case _:
            assert_never(fact)


GLASS: Decider[GlassCommand, Openings] = Decider({}, reads, decide, evolve)
