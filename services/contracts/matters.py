"""What intake tells of matters: what was reported and applied for, which terms of law run, and how it was decided."""

from datetime import date
from typing import Literal

from services.contracts.envelope import Event, Home, Published
from services.contracts.intake import Count, Municipality

Subject = Literal["social-assistance", "special-assistance", "debt-help", "social-support", "youth-support", "integration"]
MatterChannel = Literal["desk", "telephone", "web-form", "post", "partner", "alderman"]
Step = Literal["decision", "advance", "investigation", "first-talk", "integration-plan"]
MatterOutcome = Literal["accepted", "rejected", "withdrawn", "not-taken-into-handling"]
StartGround = Literal["report", "application", "retroactive"]


class Term(Published):
    """A term that runs: from the day after `began_on`, counted until `runs_until`, due on that day or the next working day.

    From `near_on` on it is near. Between two facts of one term neither end ever moves back, unless the term began anew.
    """

    step: Step
    began_on: date
    runs_until: date
    due_on: date
    near_on: date


class MatterEvent(Event):
    """A fact about one matter; `client` is the one for whom it was opened, `household_ref` and municipality those of that day."""

    matter_ref: str
    client: str
    household_ref: str
    municipality: Municipality

    def home(self) -> Home:
        """The stream of the matter, beside the other facts of its client."""
        return Home(f"intake/matter/{self.matter_ref}", self.client, self.municipality, self.client)


class MatterOpened(MatterEvent):
    """Something was reported or applied for that was no open matter yet; terms follow the rules of `rule_version`."""

    TYPE = "nl.sociaaldomein.intake.matter-opened.v1"

    subject: Subject
    opened_on: date
    rule_version: str


class MatterReported(MatterEvent):
    """Somebody reported [melding] over a channel; with `search_until` an application can come from that day on.

    `organisation` is the partner that reported, if one did; `threat` says that something threatens, such as an eviction.
    """

    TYPE = "nl.sociaaldomein.intake.matter-reported.v1"

    report_ref: str
    person_ref: str
    channel: MatterChannel
    reported_on: date
    organisation: str | None = None
    threat: bool = False
    search_until: date | None = None
    text_ref: str | None = None


class MatterApplied(MatterEvent):
    """Somebody applied [aanvraag]; `exemption` is the ground on which the search period was not waited for."""

    TYPE = "nl.sociaaldomein.intake.matter-applied.v1"

    application_ref: str
    person_ref: str
    channel: MatterChannel
    applied_on: date
    exemption: str | None = None
    text_ref: str | None = None


class MatterTermStarted(MatterEvent):
    """A term of law began, or began anew at an earlier day."""

    TYPE = "nl.sociaaldomein.intake.matter-term-started.v1"

    term: Term


class MatterTermExtended(MatterEvent):
    """The term of decision was extended, once, with a reason."""

    TYPE = "nl.sociaaldomein.intake.matter-term-extended.v1"

    term: Term
    weeks: Count
    reason_code: str
    extended_by: str
    text_ref: str | None = None


class MatterPapersAsked(MatterEvent):
    """Papers were asked for, by code, to be there by `recover_by`; with `suspends` the term of decision stands still."""

    TYPE = "nl.sociaaldomein.intake.matter-papers-asked.v1"

    papers: tuple[str, ...]
    asked_on: date
    recover_by: date
    suspends: bool
    asked_by: str
    text_ref: str | None = None


class MatterPapersReceived(MatterEvent):
    """Papers came in; `missing` are those that are still awaited."""

    TYPE = "nl.sociaaldomein.intake.matter-papers-received.v1"

    papers: tuple[str, ...]
    received_on: date
    missing: tuple[str, ...]


class MatterPapersTermPassed(MatterEvent):
    """Papers were not there on `recover_by`."""

    TYPE = "nl.sociaaldomein.intake.matter-papers-term-passed.v1"

    missing: tuple[str, ...]
    recover_by: date


class MatterTermResumed(MatterEvent):
    """The term of decision runs on after it stood still for `suspended_days`."""

    TYPE = "nl.sociaaldomein.intake.matter-term-resumed.v1"

    term: Term
    suspended_days: Count


class MatterTermNeared(MatterEvent):
    """A term is near."""

    TYPE = "nl.sociaaldomein.intake.matter-term-neared.v1"

    step: Step
    due_on: date


class MatterTermPassed(MatterEvent):
    """A term passed and what it was for was not there."""

    TYPE = "nl.sociaaldomein.intake.matter-term-passed.v1"

    step: Step
    due_on: date


class MatterAdvanceFellDue(MatterEvent):
    """Nothing is decided and an advance is due; `papers_missing`: asked papers did not come in time, perhaps a ground to pay none."""

    TYPE = "nl.sociaaldomein.intake.matter-advance-fell-due.v1"

    due_on: date
    papers_missing: bool


class MatterStepCompleted(MatterEvent):
    """What a term was for is done: the investigation, the first talk, the plan, the advance."""

    TYPE = "nl.sociaaldomein.intake.matter-step-completed.v1"

    step: Step
    completed_on: date
    due_on: date


class MatterDecided(MatterEvent):
    """The matter ended with a decision; the motive is in the vault. `starts_on` and its ground belong to an accepted one."""

    TYPE = "nl.sociaaldomein.intake.matter-decided.v1"

    subject: Subject
    outcome: MatterOutcome
    decided_on: date
    decided_by: str
    reason_code: str
    due_on: date | None = None
    starts_on: date | None = None
    start_ground: StartGround | None = None
    text_ref: str | None = None


class MatterMerged(MatterEvent):
    """The matter turned out to be about the same as another, in which it goes on."""

    TYPE = "nl.sociaaldomein.intake.matter-merged.v1"

    into_matter_ref: str
    merged_by: str


class MatterAbsorbed(MatterEvent):
    """Another matter goes on in this one; the earlier of the two days of reporting counts."""

    TYPE = "nl.sociaaldomein.intake.matter-absorbed.v1"

    from_matter_ref: str
    reported_on: date


MatterFact = (
    MatterOpened
    | MatterReported
    | MatterApplied
    | MatterTermStarted
    | MatterTermExtended
    | MatterPapersAsked
    | MatterPapersReceived
    | MatterPapersTermPassed
    | MatterTermResumed
    | MatterTermNeared
    | MatterTermPassed
    | MatterAdvanceFellDue
    | MatterStepCompleted
    | MatterDecided
    | MatterMerged
    | MatterAbsorbed
)
