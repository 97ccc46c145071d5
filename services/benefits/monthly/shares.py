"""What lowers or divides a running benefit: measures, fixed charges, attachments, and the income of a month."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from services.benefits.monthly.commands import (
    ArrangeFixedCharge,
    ImposeMeasure,
    LiftAttachment,
    ReportIncome,
    ServeAttachment,
    ShareCommand,
    StopFixedCharge,
)
from services.benefits.monthly.condition import NeverApplied
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.periods import first_day, month_of, next_month
from services.contracts.envelope import Event
from services.contracts.monthly import (
    AttachmentLifted,
    AttachmentServed,
    FixedChargeArranged,
    FixedChargeStopped,
    IncomeReported,
    MeasureImposed,
)
from services.eventlog.decider import Refused, refusal

WHOLE = 100


def decide(own: Dossier, command: ShareCommand) -> list[Event] | Refused:
    """What follows from a command on the dossier of its client."""
    if isinstance(command, ReportIncome):
        return _report(own, command)
    if own.decision(command.terms.decision_ref) is not None:
        return []
    if own.since is None:
        return Refused("no-benefit")
    match command:
        case ImposeMeasure():
            return _impose(own, command)
        case ArrangeFixedCharge() | StopFixedCharge():
            return _charge(own, command)
        case ServeAttachment() | LiftAttachment():
            return _attach(own, command)
        case _:
            assert_never(command)


def _impose(own: Dossier, command: ImposeMeasure) -> list[Event] | Refused:
    imposed = MeasureImposed(**command.terms.said, percent=command.percent, months=command.months)
    month, over = first_day(command.terms.effective_on), 0
    for _ in range(command.months):
        over = max(over, measure_percent(own, month) + command.percent)
        month = next_month(month)
    return Refused("measures-above-the-whole") if over > WHOLE else [imposed]


def measure_percent(own: Dossier, month: date) -> int:
    """The percent of the norm by which the benefit is lower in the month that begins on `month`."""
    return sum(each.percent for each in measures(own, month))


def measures(own: Dossier, month: date) -> list[MeasureImposed]:
    """The measures that hold in the month that begins on `month`."""
    imposed = (each for each in own.decisions if isinstance(each, MeasureImposed))
    return [each for each in imposed if 0 <= _months_between(each.effective_on, month) < each.months]


def _months_between(first: date, month: date) -> int:
    return (month.year - first.year) * 12 + month.month - first.month


def _charge(own: Dossier, command: ArrangeFixedCharge | StopFixedCharge) -> list[Event] | Refused:
    known = command.charge_ref in {each.charge_ref for each in charges(own, command.terms.effective_on)}
    if isinstance(command, StopFixedCharge):
        return [FixedChargeStopped(**command.terms.said, charge_ref=command.charge_ref)] if known else Refused("unknown-charge")
    if known:
        return Refused("charge-arranged-already")
    arranged = FixedChargeArranged(
        **command.terms.said,
        charge_ref=command.charge_ref,
        cents_per_month=command.cents_per_month,
        account_ref=command.payee.account_ref,
        account_fingerprint=command.payee.account_fingerprint,
    )
    return [arranged]


def charges(own: Dossier, day: date) -> tuple[FixedChargeArranged, ...]:
    """What is paid to third parties as of a day, in order of arrangement."""
    held: dict[str, FixedChargeArranged] = {}
    for each in own.decisions:
        if isinstance(each, FixedChargeArranged) and each.effective_on <= day:
            held[each.charge_ref] = each
        elif isinstance(each, FixedChargeStopped) and each.effective_on <= day:
            held.pop(each.charge_ref, None)
    return tuple(held.values())


def _attach(own: Dossier, command: ServeAttachment | LiftAttachment) -> list[Event] | Refused:
    held = {each.attachment_ref: each for each in attachments(own, date.max)}
    if isinstance(command, LiftAttachment):
        lifted = AttachmentLifted(**command.terms.said, attachment_ref=command.attachment_ref)
        return [lifted] if command.attachment_ref in held else Refused("unknown-attachment")
    before = [each for each in own.decisions if isinstance(each, AttachmentServed) and each.attachment_ref == command.attachment_ref]
    refused = _not_again(command, before, held.get(command.attachment_ref)) if before else None
    if refused is not None:
        return refused
    attached = AttachmentServed(
        **command.terms.said,
        attachment_ref=command.attachment_ref,
        claimed_cents=command.claimed_cents,
        account_ref=command.payee.account_ref,
        account_fingerprint=command.payee.account_fingerprint,
    )
    return [attached]


def _not_again(command: ServeAttachment, before: Sequence[AttachmentServed], held: AttachmentServed | None) -> Refused | None:
    """An attachment that holds may be served again for the same amount on another account, by another person than before."""
    last = before[-1]
    return refusal(
        (held is None or held.account_fingerprint == command.payee.account_fingerprint, Refused("attachment-served-already")),
        (
            last.claimed_cents != command.claimed_cents,
            Refused("attachment-differs", f"it is for {last.claimed_cents} cents: lift it first"),
        ),
        (last.decided_by == command.terms.decided_by, Refused("served-by-the-same-person", "another account takes another person")),
        (command.terms.effective_on < last.effective_on, Refused("before-it-was-served")),
    )


def attachments(own: Dossier, day: date) -> tuple[AttachmentServed, ...]:
    """Whose attachments hold as of a day, in order of first service; one that was served again as it was last."""
    lifted = {each.attachment_ref for each in own.decisions if isinstance(each, AttachmentLifted) and each.effective_on <= day}
    served = (each for each in own.decisions if isinstance(each, AttachmentServed) and each.effective_on <= day)
    last = {each.attachment_ref: each for each in served}
    return tuple(each for each in last.values() if each.attachment_ref not in lifted)


def _report(own: Dossier, command: ReportIncome) -> list[Event] | Refused:
    if isinstance(own.condition, NeverApplied):
        return Refused("no-application")
    known = own.income.get(command.month)
    if known is not None and (known.lines, known.source_ref) == (command.lines, command.source_ref):
        return []
    if month_of(command.month) > command.reported_on:
        return Refused("month-has-not-begun")
    return [
        IncomeReported(
            **command.whose.said,
            month=command.month,
            lines=command.lines,
            reported_on=command.reported_on,
            source_ref=command.source_ref,
        )
    ]
