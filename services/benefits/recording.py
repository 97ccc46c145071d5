"""Put a prepared run down: the counts that approvers see first, the rows that people judge, and by when it must be signed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from services.benefits.guards import Guards
from services.benefits.manifest import Line
from services.benefits.portions import carried_out
from services.benefits.references import run_stream
from services.benefits.run import RUN
from services.benefits.run_commands import PrepareRun
from services.benefits.sampling import draw
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Due, EventLog, Origin, Transaction

PREVIEWS = "run-preview"
SIGNATURES = "signatures"
"""The moment at which a run must have been signed."""

Preview = list[dict[str, Any]]


def record_prepared(log: EventLog, rules: Guards, prepared: RunPrepared, lines: Sequence[Line], at: datetime) -> None:
    """Record it in the name of who asked for it; the first preparation of a run counts."""
    signed = prepared.kind != "dry-run"
    rows = draw(lines, prepared.manifest_hash, rules.sample.rows_per_stratum) if signed else ()
    hours = timedelta(hours=rules.signatures_for(prepared.total_cents).hours)

    def keep_preview(tx: Transaction, _recorded: Recorded) -> None:
        tx.keep(PREVIEWS, prepared.run_ref, orjson.dumps(preview(lines)))
        if signed:
            tx.schedule(Due(run_stream(prepared.run_ref), SIGNATURES, at + hours))

    work = Work(
        decider=RUN,
        command=lambda _tx: PrepareRun(prepared, rows),
        origin=Origin(prepared.prepared_by, f"{prepared.run_ref}:prepare", at, prepared.run_ref),
        body_hash=b"",
        beside=keep_preview,
    )
    carried_out(log, work)


def preview(lines: Sequence[Line]) -> Preview:
    """Households and cents per municipality, standing and reasons: the control totals."""
    counts: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    cents: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for line in lines:
        place = (line.municipality, line.standing, line.reasons)
        counts[place] += 1
        cents[place] += line.amount_cents
    return [
        {"municipality": place[0], "standing": place[1], "reasons": list(place[2]), "households": counts[place], "cents": cents[place]}
        for place in sorted(counts)
    ]


def cents_by_municipality(lines: Iterable[Line]) -> dict[str, int]:
    """What a prepared run comes to, by municipality; from its lines, which are what people sign."""
    cents: Counter[str] = Counter()
    for line in lines:
        cents[line.municipality] += line.amount_cents
    return dict(cents)
