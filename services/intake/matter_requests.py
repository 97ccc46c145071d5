"""What callers ask about matters, as work for the log."""

from services.intake.desk import Asked
from services.intake.matter_bodies import (
    ExtensionBody,
    MatterApplicationBody,
    MatterDecisionBody,
    MergerBody,
    PapersBody,
    PapersRequestBody,
    ReportBody,
    StepBody,
)
from services.intake.matter_commands import Apply, AskPapers, CompleteStep, DecideMatter, ExtendTerm, MergeMatter, ReceivePapers, Report
from services.intake.matter_work import MatterDesk, MatterWork, Told


def report(desk: MatterDesk, asked: Asked, client: str, body: ReportBody) -> MatterWork:
    """A report by or about a client."""

    def make(told: Told, text_ref: str | None) -> Report:
        return Report(
            matter_ref=told.matter_ref or desk.new_ref("m-"),
            today=asked.today,
            rules=desk.rules,
            whose=told.whose,
            subject=body.subject,
            person_ref=client,
            told_ref=desk.new_ref("rep-"),
            channel=body.channel,
            on=body.reported_on,
            is_young=told.is_young,
            text_ref=text_ref,
            organisation=body.organisation,
            threat=body.threat,
        )

    return desk.telling(asked, client, body.subject, make, body.note)


def application(desk: MatterDesk, asked: Asked, client: str, body: MatterApplicationBody) -> MatterWork:
    """An application by a client."""

    def make(told: Told, text_ref: str | None) -> Apply:
        return Apply(
            matter_ref=told.matter_ref or desk.new_ref("m-"),
            today=asked.today,
            rules=desk.rules,
            whose=told.whose,
            subject=body.subject,
            person_ref=client,
            told_ref=desk.new_ref("app-"),
            channel=body.channel,
            on=body.applied_on,
            is_young=told.is_young,
            text_ref=text_ref,
            exemption=body.exemption,
        )

    return desk.telling(asked, client, body.subject, make, body.note)


def papers_request(desk: MatterDesk, asked: Asked, matter_ref: str, body: PapersRequestBody) -> MatterWork:
    """Papers that are asked for today."""

    def make(text_ref: str | None) -> AskPapers:
        return AskPapers(
            matter_ref=matter_ref,
            today=asked.today,
            rules=desk.rules,
            papers=body.papers,
            recover_by=body.recover_by,
            asked_by=asked.origin.actor,
            text_ref=text_ref,
        )

    return desk.on_matter(asked, matter_ref, make, body.note)


def papers(desk: MatterDesk, asked: Asked, matter_ref: str, body: PapersBody) -> MatterWork:
    """Papers that came in."""
    command = ReceivePapers(matter_ref=matter_ref, today=asked.today, rules=desk.rules, papers=body.papers, received_on=body.received_on)
    return desk.on_matter(asked, matter_ref, lambda _text_ref: command)


def extension(desk: MatterDesk, asked: Asked, matter_ref: str, body: ExtensionBody) -> MatterWork:
    """A longer term of decision."""

    def make(text_ref: str | None) -> ExtendTerm:
        return ExtendTerm(
            matter_ref=matter_ref,
            today=asked.today,
            rules=desk.rules,
            weeks=body.weeks,
            reason_code=body.reason_code,
            extended_by=asked.origin.actor,
            text_ref=text_ref,
        )

    return desk.on_matter(asked, matter_ref, make, body.note)


def step(desk: MatterDesk, asked: Asked, matter_ref: str, body: StepBody) -> MatterWork:
    """What a term was for is done."""
    command = CompleteStep(matter_ref=matter_ref, today=asked.today, rules=desk.rules, step=body.step, completed_on=body.completed_on)
    return desk.on_matter(asked, matter_ref, lambda _text_ref: command)


def decision(desk: MatterDesk, asked: Asked, matter_ref: str, body: MatterDecisionBody) -> MatterWork:
    """How a matter ends, today, by this caller."""

    def make(text_ref: str | None) -> DecideMatter:
        return DecideMatter(
            matter_ref=matter_ref,
            today=asked.today,
            rules=desk.rules,
            outcome=body.outcome,
            decided_by=asked.origin.actor,
            reason_code=body.reason_code,
            start_ground=body.start_ground,
            starts_on=body.starts_on,
            text_ref=text_ref,
        )

    return desk.on_matter(asked, matter_ref, make, body.note)


def merger(desk: MatterDesk, asked: Asked, matter_ref: str, body: MergerBody) -> MatterWork:
    """A matter that goes on in another."""

    def make(*, together: bool) -> MergeMatter:
        return MergeMatter(
            matter_ref=matter_ref,
            today=asked.today,
            rules=desk.rules,
            into_ref=body.into_matter_ref,
            together=together,
            merged_by=asked.origin.actor,
        )

    return desk.merging(asked, (matter_ref, body.into_matter_ref), make)
