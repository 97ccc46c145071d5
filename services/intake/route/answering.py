"""A person confirms, keeps or removes a flag, with a reason; the clock tells when somebody should look, and when it is over."""

from collections.abc import Sequence
from typing import Any, Literal, assert_never

from services.contracts.envelope import Event
from services.contracts.route import (
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagRemoved,
    IntegralFlagReviewDue,
    IntegralFlagReviewed,
)
from services.eventlog.decider import Refused, refusal
from services.intake.route.commands import AnswerCommand, ConfirmFlag, PassFlagMoment, RemoveFlag, ReviewFlag
from services.intake.route.course import Course, Flag
from services.intake.route.days import months_after
from services.intake.route.rules import Answer

Decision = Sequence[Event] | Refused

UNKNOWN_FLAG = Refused("unknown-flag", "no such flag of this client was proposed last")
NOT_CONFIRMED = Refused("not-confirmed", "a proposal is confirmed or removed, not reviewed")
IS_CONFIRMED = Refused("already-confirmed", "another confirmed it before; review or remove it instead")
ENDED = Refused("flag-ended", "this flag was removed or expired; it is proposed again when something new is known")


def answer(course: Course, command: AnswerCommand) -> Decision:
    """Facts, nothing where the same person said the same, or a refusal."""
    flag = course.flag
    if flag is None or flag.number != command.flag:
        return UNKNOWN_FLAG
    if _is_repeat(flag, command):
        return []
    allowed = command.rules.reasons_for(_kind(command), command.today)
    refused = refusal(
        (not flag.stands, ENDED),
        (isinstance(command, ConfirmFlag) and flag.state == "confirmed", IS_CONFIRMED),
        (isinstance(command, ReviewFlag) and flag.state == "proposed", NOT_CONFIRMED),
        (command.reason not in allowed, Refused("not-a-reason", f"reasons on this day: {', '.join(allowed)}")),
    )
    return refused or [_answered(command)]


def _kind(command: AnswerCommand) -> Answer:
    match command:
        case ConfirmFlag():
            return "confirm"
        case ReviewFlag():
            return "keep"
        case RemoveFlag():
            return "remove"
        case _:
            assert_never(command)


def _is_repeat(flag: Flag, command: AnswerCommand) -> bool:
    """The last word on this flag was this one, on this day."""
    told, said = flag.told_by, (command.by, command.reason, command.today)
    match command:
        case ConfirmFlag():
            return isinstance(told, IntegralFlagConfirmed) and (told.confirmed_by, told.reason) == (command.by, command.reason)
        case ReviewFlag():
            return isinstance(told, IntegralFlagReviewed) and (told.reviewed_by, told.reason, told.on) == said
        case RemoveFlag():
            return isinstance(told, IntegralFlagRemoved) and (told.removed_by, told.reason) == (command.by, command.reason)
        case _:
            assert_never(command)


def _answered(command: AnswerCommand) -> Event:
    beside: dict[str, Any] = {"flag": command.flag, "on": command.today, "reason": command.reason, "text_ref": command.text_ref}
    told = {**command.about(), **beside}
    match command:
        case ConfirmFlag():
            return IntegralFlagConfirmed(**told, **_days(command), confirmed_by=command.by)
        case ReviewFlag():
            return IntegralFlagReviewed(**told, **_days(command), reviewed_by=command.by)
        case RemoveFlag():
            return IntegralFlagRemoved(**told, removed_by=command.by)
        case _:
            assert_never(command)


def _days(command: AnswerCommand) -> dict[str, Any]:
    term = command.rules.term(command.today)
    return {
        "review_on": months_after(command.today, term.review_months),
        "expires_on": months_after(command.today, term.flag_months),
        "rule_version": command.rules.version,
    }


def pass_moment(course: Course, command: PassFlagMoment) -> Sequence[Event]:
    """A fact for a flag that still stands, nothing for one that was answered or replaced."""
    flag = course.flag
    if flag is None or flag.number != command.flag or not flag.stands:
        return []
    told = flag.told_by
    who: dict[str, Any] = {
        "client": told.client,
        "household_ref": told.household_ref,
        "municipality": told.municipality,
        "flag": flag.number,
    }
    match command.moment:
        case "review":
            is_new = command.due_on == flag.review_on and not flag.is_review_due
            return [IntegralFlagReviewDue(**who, due_on=flag.review_on)] if is_new else []
        case "expiry":
            stood_as: Literal["proposed", "confirmed"] = "confirmed" if flag.state == "confirmed" else "proposed"
            return [IntegralFlagExpired(**who, on=flag.expires_on, stood_as=stood_as)] if command.due_on == flag.expires_on else []
        case _:
            assert_never(command.moment)
