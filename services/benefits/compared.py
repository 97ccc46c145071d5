"""Which runs a run is compared with: the last one of its scheme year, or all those of the month before it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.benefits.difference import Difference, differences
from services.benefits.manifest import EntitledLine, Line
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.grounds import DECISION
from services.benefits.monthly.month_difference import differences_of_months
from services.benefits.monthly.one_benefit import dossier_in
from services.benefits.monthly.standing import standing_against
from services.benefits.office import Office
from services.benefits.request import known_runs, requested
from services.benefits.run_state import Closed, Released
from services.contracts.runs import RunPrepared


@dataclass(frozen=True, slots=True)
class Comparison:
    """A difference and the runs that it was taken from, the last one last."""

    before: tuple[str, ...]
    rows: list[Difference]


def compared(office: Office, prepared: RunPrepared) -> Comparison:
    """What the run does otherwise. Raises `Problem` where lines cannot be read."""
    if prepared.kind == "month":
        return _month(office, prepared)
    before = _last(office, prepared)
    earlier = office.lines(before.manifest_hash) if before is not None else iter(())
    rows = list(differences(earlier, office.lines(prepared.manifest_hash)))
    return Comparison((before.run_ref,) if before else (), rows)


def _released(office: Office, prepared: RunPrepared) -> list[RunPrepared]:
    """Runs of the same scheme that were released, without those that only pay again."""
    states = (office.run(ref) for ref in known_runs(office.log) if ref != prepared.run_ref)
    released = [state.run if isinstance(state, Closed) else state for state in states if isinstance(state, Released | Closed)]
    return [each.prepared for each in released if each.prepared.scheme == prepared.scheme and each.prepared.kind != "pay-again"]


def _last(office: Office, prepared: RunPrepared) -> RunPrepared | None:
    """The last run of the same scheme year that was released before this one was decided."""
    same = [each for each in _released(office, prepared) if each.scheme_year == prepared.scheme_year]
    deciding = [each for each in same if each.intake_position <= prepared.intake_position]
    return max(deciding, key=lambda each: (each.intake_position, each.decided_on, each.run_ref), default=None)


def _month(office: Office, prepared: RunPrepared) -> Comparison:
    """Every run of the last month that has one, beside this run and those released before it for its own month."""
    of, released = _month_of(prepared), _released(office, prepared)
    last = max((_month_of(each) for each in released if _month_of(each) < of), default=None)
    before = sorted((each for each in released if _month_of(each) == last), key=lambda each: (each.decided_on, each.run_ref))
    beside = [each for each in released if _month_of(each) == of and each.decided_on <= prepared.decided_on]
    own = requested(office.log, prepared.run_ref)
    municipalities = own.municipalities if own is not None else ()
    earlier = (line for each in before for line in _given(office, each))
    now = (line for each in beside for line in _given(office, each))
    rows = differences_of_months(earlier, (*now, *office.lines(prepared.manifest_hash)))
    told = (_with_decision(office, row, prepared) for row in rows if row.municipality in municipalities)
    return Comparison(tuple(each.run_ref for each in before), list(told))


def _with_decision(office: Office, row: Difference, prepared: RunPrepared) -> Difference:
    """Of who gets nothing of the month itself the line does not say by which decision, if there is a line at all: the dossier does."""
    if row.change not in ("gone", "lower"):
        return row
    history = (envelope.event for envelope in office.log.read(benefit_stream(row.client)))
    own = dossier_in(BENEFIT.fold(history), row.client, row.municipality)
    against = standing_against(own, prepared.decided_on)
    name = "" if against is None else DECISION + against.decision_ref
    return replace(row, why=(*row.why, name)) if name and name not in row.why else row


def _month_of(prepared: RunPrepared) -> tuple[int, int]:
    return prepared.scheme_year, prepared.tranche


def _given(office: Office, released: RunPrepared) -> Iterator[Line]:
    """Lines of a released run without those that were held at release."""
    granted = {each.right_ref for each in office.payments.of_run(released.run_ref)}
    for line in office.lines(released.manifest_hash):
        if not isinstance(line, EntitledLine) or all(right.right_ref in granted for right in line.rights):
            yield line
