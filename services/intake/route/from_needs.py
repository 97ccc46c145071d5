"""A need that is seen or closed is a signal in the same transaction, so that the rules weigh it at once."""

from dataclasses import replace
from typing import Any

from services.contracts.envelope import Envelope, Event
from services.contracts.needs import NeedClosed, NeedIdentified
from services.eventlog.handle import Recorded
from services.eventlog.log import Origin, Transaction
from services.intake.desk import Asked
from services.intake.need_work import NeedWork
from services.intake.route.commands import EndSignal, RecordSignal
from services.intake.route.rules import RouteRules
from services.intake.route.work import RouteWork, of_client


def weighed(rules: RouteRules, asked: Asked, work: NeedWork) -> NeedWork:
    """The same work, followed by what the route makes of its facts; a refusal there leaves the need as it is."""

    def beside(tx: Transaction, recorded: Recorded) -> None:
        work.beside(tx, recorded)
        for envelope in recorded:
            following = _following(rules, asked, envelope)
            if following is not None:
                following(tx)

    return replace(work, beside=beside)


def _following(rules: RouteRules, asked: Asked, envelope: Envelope[Event]) -> RouteWork | None:
    need = envelope.event
    told = asked.origin
    origin = Origin(told.actor, f"{envelope.event_id}:route-signal", told.at, told.correlation_id, envelope.event_id)
    behind = Asked(origin, envelope.event_id.encode(), asked.permit)
    if isinstance(need, NeedIdentified):
        return of_client(need.client, rules, lambda who: _seen(need, who), behind)
    if isinstance(need, NeedClosed):
        return of_client(need.client, rules, lambda who: _over(need, who), behind)
    return None


def _signal_of(need_ref: str) -> str:
    """One signal per need, known by its reference."""
    return f"sg-{need_ref.removeprefix('n-')}"


def _seen(need: NeedIdentified, who: dict[str, Any]) -> RecordSignal:
    told: dict[str, Any] = {"kind": "open-need", "domain": need.domain, "source": "intake", "since": need.identified_on}
    return RecordSignal(**who, **told, organisation=None, signal_ref=_signal_of(need.need_ref), recorded_by=need.identified_by)


def _over(need: NeedClosed, who: dict[str, Any]) -> EndSignal:
    return EndSignal(**who, signal_ref=_signal_of(need.need_ref), on=need.closed_on, end="over")
