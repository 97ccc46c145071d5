"""What intake takes in about matters over HTTP; no message repeats what was sent."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from services.contracts.matters import MatterChannel, MatterOutcome, StartGround, Subject
from services.intake.bodies import Day, Note
from services.web.body import Body

Code = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
"""A code without digits, as it must not carry a number of a person."""

MatterRef = Annotated[str, Field(pattern=r"^m-[0-9a-f]{16}$")]


def _something(codes: tuple[str, ...]) -> tuple[str, ...]:
    if not codes:
        raise ValueError("names nothing")
    return codes


Papers = Annotated[tuple[Code, ...], Field(max_length=30), AfterValidator(_something)]


class ReportBody(Body):
    """A report over a channel; `organisation` is the partner that made it, `threat` says that something threatens."""

    subject: Subject
    channel: MatterChannel
    reported_on: Day
    organisation: Code | None = None
    threat: bool = False
    note: Note | None = None


class MatterApplicationBody(Body):
    """An application over a channel; `exemption` is the ground on which no search period is waited for."""

    subject: Subject
    channel: MatterChannel
    applied_on: Day
    exemption: Code | None = None
    note: Note | None = None


class PapersRequestBody(Body):
    """Papers that are asked for, by code, until a day."""

    papers: Papers
    recover_by: Day
    note: Note | None = None


class PapersBody(Body):
    """Papers that came in."""

    papers: Papers
    received_on: Day


class ExtensionBody(Body):
    """So many weeks more, and why."""

    weeks: Annotated[int, Field(ge=1, le=12)]
    reason_code: Code
    note: Note | None = None


class StepBody(Body):
    """What a term was for, done on a day."""

    step: Literal["advance", "investigation", "first-talk", "integration-plan"]
    completed_on: Day


class MatterDecisionBody(Body):
    """How the matter ends, and why; an accepted one starts on the day of reporting unless another ground is named."""

    outcome: MatterOutcome
    reason_code: Code
    start_ground: StartGround = "report"
    starts_on: Day | None = None
    note: Note | None = None


class MergerBody(Body):
    """The matter in which this one goes on."""

    into_matter_ref: MatterRef
