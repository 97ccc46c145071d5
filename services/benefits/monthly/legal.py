"""What follows on a decision in law: the letter, an objection and its outcome, and taking the decision again."""

from datetime import timedelta
from typing import assert_never

from services.benefits.monthly.commands import DecideObjection, LegalCommand, LodgeObjection, NotifyDecision, ReopenDecision
from services.benefits.monthly.dossier import Dossier
from services.contracts.envelope import Event
from services.contracts.monthly import DecisionNotified, DecisionReopened, ObjectionDecided, ObjectionLodged
from services.eventlog.decider import Refused


def decide(own: Dossier, command: LegalCommand) -> list[Event] | Refused:
    """What follows from a command on the dossier of its client."""
    match command:
        case NotifyDecision():
            return _notify(own, command)
        case LodgeObjection():
            return _lodge(own, command)
        case DecideObjection():
            return _outcome(own, command)
        case ReopenDecision():
            return _reopen(own, command)
        case _:
            assert_never(command)


def notification(own: Dossier, decision_ref: str) -> DecisionNotified | None:
    """The letter of a decision."""
    return next((each for each in own.notified if each.decision_ref == decision_ref), None)


def _notify(own: Dossier, command: NotifyDecision) -> list[Event] | Refused:
    taken = own.taken(command.decision_ref)
    if taken is None:
        return Refused("unknown-decision")
    if notification(own, command.decision_ref) is not None:
        return []
    if command.notified_on < taken.on:
        return Refused("notified-before-the-decision")
    notified = DecisionNotified(
        **command.whose.said,
        decision_ref=command.decision_ref,
        letter_ref=command.letter_ref,
        notified_on=command.notified_on,
        objection_until=command.objection_until,
    )
    return [notified]


def _lodge(own: Dossier, command: LodgeObjection) -> list[Event] | Refused:
    if own.taken(command.decision_ref) is None:
        return Refused("unknown-decision")
    if any(each.objection_ref == command.objection_ref for each in own.objections):
        return []
    letter = notification(own, command.decision_ref)
    if letter is None:
        return Refused("not-notified", "the term of objection begins with the letter")
    # An objection after the term is taken in as well: whether it is admissible is a decision of its own.
    lodged = ObjectionLodged(
        **command.whose.said,
        objection_ref=command.objection_ref,
        decision_ref=command.decision_ref,
        lodged_on=command.lodged_on,
        decide_by=max(letter.objection_until, command.lodged_on) + timedelta(weeks=command.weeks),
        text_ref=command.text_ref,
    )
    return [lodged]


def _outcome(own: Dossier, command: DecideObjection) -> list[Event] | Refused:
    objection = next((each for each in own.objections if each.objection_ref == command.objection_ref), None)
    if objection is None:
        return Refused("unknown-objection")
    before = next((each for each in own.outcomes if each.objection_ref == command.objection_ref), None)
    if before is not None:
        return [] if before.outcome == command.outcome else Refused("objection-decided-already")
    taken = own.taken(objection.decision_ref)
    if taken is None:
        return Refused("unknown-decision")
    if taken.by == command.decided_by:
        return Refused("decided-by-the-same-person")
    decided = ObjectionDecided(
        **command.whose.said,
        objection_ref=command.objection_ref,
        decision_ref=objection.decision_ref,
        outcome=command.outcome,
        decided_on=command.decided_on,
        decided_by=command.decided_by,
    )
    if command.outcome != "upheld":
        return [decided]
    reopened = DecisionReopened(
        **command.whose.said,
        decision_ref=objection.decision_ref,
        ground="objection",
        source=command.objection_ref,
        reopened_on=command.decided_on,
        reopened_by=command.decided_by,
    )
    return [decided, reopened]


def _reopen(own: Dossier, command: ReopenDecision) -> list[Event] | Refused:
    if own.taken(command.decision_ref) is None:
        return Refused("unknown-decision")
    if any((each.decision_ref, each.source) == (command.decision_ref, command.source) for each in own.reopened):
        return []
    reopened = DecisionReopened(
        **command.whose.said,
        decision_ref=command.decision_ref,
        ground=command.ground,
        source=command.source,
        reopened_on=command.reopened_on,
        reopened_by=command.reopened_by,
    )
    return [reopened]
