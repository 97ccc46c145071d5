"""What can be asked about a matter; the time, the references and what is known of the household come with it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.contracts.matters import MatterChannel, MatterOutcome, StartGround, Step, Subject
from services.intake.term_rules import TermRules


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom a matter is opened, in which household and municipality."""

    client: str
    household_ref: str
    municipality: str

    @property
    def said(self) -> dict[str, Any]:
        """As facts say it."""
        return {"client": self.client, "household_ref": self.household_ref, "municipality": self.municipality}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterCommand:
    """`today` is the local day on which this is decided, under `rules`."""

    matter_ref: str
    today: date
    rules: TermRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling(MatterCommand):
    """Something comes in; `whose` opens the matter if it is not open. With `is_young` everybody who asks is under 27."""

    whose: Whose
    subject: Subject
    person_ref: str
    told_ref: str
    channel: MatterChannel
    on: date
    is_young: bool
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Telling):
    """A report on a day; `organisation` is the partner that made it."""

    organisation: str | None
    threat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply(Telling):
    """An application on a day; `exemption` is the ground on which no search period is waited for."""

    exemption: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPapers(MatterCommand):
    """Ask for papers, by code, today."""

    papers: tuple[str, ...]
    recover_by: date
    asked_by: str
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePapers(MatterCommand):
    """Papers came in on a day."""

    papers: tuple[str, ...]
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendTerm(MatterCommand):
    """Give the decision so many weeks more."""

    weeks: int
    reason_code: str
    extended_by: str
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteStep(MatterCommand):
    """What a term was for was done on a day."""

    step: Step
    completed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideMatter(MatterCommand):
    """End the matter today. `start_ground` and, for a retroactive one, `starts_on` belong to an accepted matter."""

    outcome: MatterOutcome
    decided_by: str
    reason_code: str
    start_ground: StartGround
    starts_on: date | None
    text_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeMatter(MatterCommand):
    """Let a matter go on in another; `together` tells whether both clients are one household or one person now."""

    into_ref: str
    together: bool
    merged_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassMoment(MatterCommand):
    """A moment has come: a term is near or passed, or papers are overdue."""

    moment: Literal["near", "passed", "papers"]
    step: Step


OnMatter = AskPapers | ReceivePapers | ExtendTerm | CompleteStep | DecideMatter | PassMoment
Command = Report | Apply | OnMatter | MergeMatter
