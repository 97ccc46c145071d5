"""A fact becomes one row of the table `events`: typed where figures are made, the rest as the JSON that was published."""

from datetime import datetime
from typing import Final, NamedTuple

from services.contracts.envelope import Envelope, Event


class Place(NamedTuple):
    """Where a record lies on Kafka; the reader goes on behind the highest place it has kept."""

    topic: str
    partition: int
    offset: int


class Row(NamedTuple):
    """One fact, columns in the order of the table. Text is '' and a number 0 where the fact has none; cents may be None."""

    topic: str
    partition: int
    offset: int
    event_id: str
    service: str
    stream: str
    version: int
    type: str
    position: int
    key: str
    client: str
    municipality: str
    household_ref: str
    run_ref: str
    right_ref: str
    scheme_year: int
    tranche: int
    amount_cents: int | None
    reasons: tuple[str, ...]
    reason_code: str
    effective_at: datetime
    recorded_at: datetime
    data: str


COLUMNS: Final = Row._fields


def row_of(place: Place, fact: Envelope[Event], published_as: str, data: str) -> Row:
    """The row of a fact at a place, with its published type and JSON text. The same record twice gives equal rows."""
    told = vars(fact.event)
    return Row(
        place.topic,
        place.partition,
        place.offset,
        fact.event_id,
        fact.service,
        fact.stream,
        fact.version,
        published_as,
        fact.position,
        fact.key,
        fact.client or told.get("client", ""),
        fact.municipality or told.get("municipality", ""),
        told.get("household_ref", ""),
        told.get("run_ref", ""),
        told.get("right_ref", ""),
        told.get("scheme_year", 0),
        told.get("tranche", 0),
        told.get("amount_cents"),
        told.get("reasons", ()),
        told.get("reason_code", ""),
        fact.effective_at,
        fact.recorded_at,
        data,
    )
