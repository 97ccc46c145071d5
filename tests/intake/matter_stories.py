"""Matters that the tests tell of: what is asked about them, told from a Monday in January 2024 on."""

from datetime import date, timedelta
from typing import Any

from services.contracts.envelope import Event
from services.contracts.matters import Subject, Term
from services.eventlog.decider import Refused
from services.intake.matter_commands import (
    Apply,
    AskPapers,
    Command,
    CompleteStep,
    DecideMatter,
    ExtendTerm,
    MergeMatter,
    PassMoment,
    ReceivePapers,
    Report,
    Whose,
)
from services.intake.matters import MATTERS
from tests.intake.stories import RULES, Story, household_ref, person

MONDAY = date(2024, 1, 8)
M, OTHER = f"m-{1:016x}", f"m-{2:016x}"
WHOSE = Whose(person(1), household_ref(1), "GM0399")


def later(days: int) -> date:
    """So many days after the Monday."""
    return MONDAY + timedelta(days=days)


def _asked(today: date, other: dict[str, Any], /, **about: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a command
    return {"matter_ref": M, "today": today, "rules": RULES, **about, **other}


def _told(on: date, subject: Subject, other: dict[str, Any]) -> dict[str, Any]:
    about = {"whose": WHOSE, "subject": subject, "person_ref": person(1), "channel": "desk", "on": on, "is_young": False, "text_ref": None}
    return _asked(on, other, **about, told_ref=f"told-{on}")


def report(today: date = MONDAY, subject: Subject = "social-assistance", **other: Any) -> Report:  # noqa: ANN401 - any field
    return Report(**{"organisation": None, "threat": False, **_told(today, subject, other)})


def apply(today: date = MONDAY, subject: Subject = "social-assistance", **other: Any) -> Apply:  # noqa: ANN401 - any field
    return Apply(**{"exemption": None, **_told(today, subject, other)})


def ask(on: date, days: int = 14, *papers: str) -> AskPapers:
    asked = papers or ("bank-statements", "rental-contract")
    return AskPapers(**_asked(on, {}, papers=asked, recover_by=on + timedelta(days=days), asked_by="s-0001", text_ref=None))


def receive(on: date, *papers: str, **other: Any) -> ReceivePapers:  # noqa: ANN401 - any field
    return ReceivePapers(**_asked(on, other, papers=papers or ("bank-statements", "rental-contract"), received_on=on))


def extend(on: date, weeks: int = 2) -> ExtendTerm:
    return ExtendTerm(**_asked(on, {}, weeks=weeks, reason_code="advice-awaited", extended_by="s-0001", text_ref=None))


def complete(on: date, step: str = "investigation", **other: Any) -> CompleteStep:  # noqa: ANN401 - any field
    return CompleteStep(**_asked(on, other, step=step, completed_on=on))


def decide(on: date, outcome: str = "accepted", **other: Any) -> DecideMatter:  # noqa: ANN401 - any field
    about = {"outcome": outcome, "decided_by": "s-0001", "reason_code": "entitled", "start_ground": "report", "starts_on": None}
    return DecideMatter(**_asked(on, other, **about, text_ref=None))


def merge(into: str = OTHER, *, on: date = MONDAY, together: bool = True) -> MergeMatter:
    return MergeMatter(**_asked(on, {}, into_ref=into, together=together, merged_by="s-0001"))


def moment(on: date, moment: str, step: str = "decision") -> PassMoment:
    return PassMoment(**_asked(on, {}, moment=moment, step=step))


def after(*commands: Command) -> Story[Command, Any]:
    """The story in which these commands were accepted one after the other."""
    story: Story[Command, Any] = Story(MATTERS)
    for command in commands:
        told = story.when(command)
        assert not isinstance(told, Refused), told
        story = story.given(*told)
    return story


def facts(*commands: Command) -> list[Event]:
    """What the last of these commands led to."""
    *before, last = commands
    told = after(*before).when(last)
    assert not isinstance(told, Refused), told
    return list(told)


def refused(*commands: Command) -> str:
    """Why the last of these commands is refused."""
    *before, last = commands
    return str(getattr(after(*before).when(last), "reason", "accepted"))


def names(events: list[Event]) -> list[str]:
    return [event.TYPE.split(".")[3] for event in events]


def term_of(*commands: Command) -> Term:
    """The term of decision after these commands."""
    state = MATTERS.fold(after(*commands).told)
    term: Term = state.known[M].terms["decision"].term  # type: ignore[union-attr]  # it is open
    return term
