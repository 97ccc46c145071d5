"""What was prepared is put down with its drawn sample, its control totals and the moment by which it must be signed."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from services.benefits.allowance_rules import installed
from services.benefits.manifest import Line
from services.benefits.recording import PREVIEWS, SIGNATURES, preview, record_prepared
from services.benefits.references import run_stream
from services.benefits.sampling import draw
from services.contracts.codec import published
from services.contracts.run_control import RunSampleDrawn
from services.contracts.runs import RunKind, RunPrepared
from services.eventlog.log import Due
from services.eventlog.memory import MemoryLog
from tests.benefits.a_region import ALKMAAR, BERGEN
from tests.benefits.test_benefits_difference import paid, unpaid
from tests.contracts.examples import EXAMPLES

AT = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
RULES = installed()[0]
EXAMPLE = next(each for each in EXAMPLES if isinstance(each, RunPrepared))
LINES: list[Line] = [*(paid(f"h-{n}", 100 + n).model_copy(update={"right_ref": f"r-{n}"}) for n in range(200)), unpaid("h-x", "moved")]


def recorded(kind: RunKind) -> MemoryLog:
    log = MemoryLog("benefits", published())
    for _ in range(2):
        record_prepared(log, RULES, EXAMPLE.model_copy(update={"kind": kind}), LINES, AT)
    return log


def test_a_prepared_run_has_a_sample_by_the_hash_of_its_lines_and_hours_to_be_signed_in() -> None:
    log = recorded("decide")
    stream = run_stream(EXAMPLE.run_ref)
    hours = timedelta(hours=RULES.signatures_for(EXAMPLE.total_cents).hours)
    facts = [envelope.event for envelope in log.read(stream)]

    assert [type(fact) for fact in facts] == [RunPrepared, RunSampleDrawn]
    assert [fact.rows for fact in facts if isinstance(fact, RunSampleDrawn)] == [
        draw(LINES, EXAMPLE.manifest_hash, RULES.sample.rows_per_stratum)
    ]
    assert log.due(AT + hours, 10) == [Due(stream, SIGNATURES, AT + hours)]
    assert {(record.actor, record.correlation_id) for record in log.after(0, 10)} == {(EXAMPLE.prepared_by, EXAMPLE.run_ref)}


def test_a_dry_run_is_signed_by_nobody_and_has_no_sample() -> None:
    log = recorded("dry-run")

    assert [type(envelope.event) for envelope in log.read(run_stream(EXAMPLE.run_ref))] == [RunPrepared]
    assert log.due(datetime.max.replace(tzinfo=UTC), 10) == []


@pytest.mark.parametrize("kind", ["decide", "dry-run"])
def test_the_control_totals_are_kept_beside_it(kind: RunKind) -> None:
    assert orjson.loads(recorded(kind).kept(PREVIEWS, EXAMPLE.run_ref) or b"") == preview(LINES)


def test_control_totals_are_told_per_municipality_standing_and_reason() -> None:
    assert preview([paid("h-1", 100), paid("h-2", 50, BERGEN), paid("h-3", 7), unpaid("h-4", "moved")]) == [
        {"municipality": ALKMAAR, "standing": "granted", "reasons": [], "households": 2, "cents": 107},
        {"municipality": ALKMAAR, "standing": "held", "reasons": ["moved"], "households": 1, "cents": 0},
        {"municipality": BERGEN, "standing": "granted", "reasons": [], "households": 1, "cents": 50},
    ]
