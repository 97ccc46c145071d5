"""Facts as CloudEvents on Kafka, binary mode: attributes in headers, the fact as JSON in the value."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, get_args

import orjson
from pydantic import ValidationError

from services.contracts.benefits import BenefitsEvent
from services.contracts.envelope import Envelope, Event
from services.contracts.erasure import ErasureFact
from services.contracts.handover import HandoverEvent
from services.contracts.intake import IntakeEvent
from services.contracts.matters import MatterFact
from services.contracts.monthly import MonthlyBenefitEvent
from services.contracts.monthly_money import MonthlyMoneyEvent
from services.contracts.needs import NeedFact
from services.contracts.payouts import PayoutEvent
from services.contracts.persons import PairFact
from services.contracts.restored import LogFact
from services.contracts.route import RouteFact
from services.contracts.run_control import RunControlEvent

Headers = list[tuple[str, bytes]]
SPECVERSION = ("ce_specversion", b"1.0")
CONTENT_TYPE = ("content-type", b"application/json")
VERSION_DIGITS, POSITION_DIGITS = 9, 18
Upcast = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]
"""From the data of an older type to a newer type and its data."""


class Undecodable(Exception):
    """A record that cannot be read; `reason` is a code that goes into quarantine and metrics, never content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Record(NamedTuple):
    """A fact as it lies in a service's log: times are RFC 3339 in UTC, `data` is the JSON that goes to Kafka as it is."""

    position: int
    event_id: str
    stream: str
    version: int
    type: str
    key: str
    client: str | None
    municipality: str | None
    effective_at: str
    recorded_at: str
    actor: str
    command_id: str
    causation_id: str | None
    correlation_id: str
    data: bytes


@lru_cache(maxsize=64)
def rfc3339(moment: datetime) -> str:
    """UTC with microseconds and a `Z`, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def headers_of(record: Record, source: str) -> Headers:
    """CloudEvents attributes of a record; `source` is the URN of the service."""
    headers = [
        ("ce_id", record.event_id.encode()),
        ("ce_source", source.encode()),
        SPECVERSION,
        ("ce_type", record.type.encode()),
        ("ce_time", record.recorded_at.encode()),
        ("ce_sequence", b"%d" % record.version),
        ("ce_stream", record.stream.encode()),
        ("ce_position", b"%d" % record.position),
        ("ce_effectiveat", record.effective_at.encode()),
        ("ce_correlationid", record.correlation_id.encode()),
        CONTENT_TYPE,
    ]
    if record.client is not None:
        headers.append(("ce_subject", record.client.encode()))
    if record.municipality is not None:
        headers.append(("ce_municipality", record.municipality.encode()))
    if record.causation_id is not None:
        headers.append(("ce_causationid", record.causation_id.encode()))
    return headers


def record_of(key: bytes | None, headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Record:
    """The inverse of `headers_of`, letter for letter; actor and command id do not travel and are empty.

    Raises `Undecodable` with `not-an-event`. The fact itself is not looked into.
    """
    if key is None or value is None:
        raise Undecodable("not-an-event")
    try:
        ce = {name: text.decode() for name, text in headers}
        return Record(
            position=int(ce["ce_position"]),
            event_id=ce["ce_id"],
            stream=ce["ce_stream"],
            version=int(ce["ce_sequence"]),
            type=ce["ce_type"],
            key=key.decode(),
            client=ce.get("ce_subject"),
            municipality=ce.get("ce_municipality"),
            effective_at=ce["ce_effectiveat"],
            recorded_at=ce["ce_time"],
            actor="",
            command_id="",
            causation_id=ce.get("ce_causationid"),
            correlation_id=ce["ce_correlationid"],
            data=value,
        )
    except (KeyError, ValueError) as wrong:
        raise Undecodable("not-an-event") from wrong


class Codec:
    """Reads facts of every version ever published."""

    def __init__(self, events: Iterable[type[Event]], upcasts: Mapping[str, Upcast]) -> None:
        self._events = {event.TYPE: event for event in events}
        self._upcasts = dict(upcasts)

    @property
    def types(self) -> Mapping[str, type[Event]]:
        """Every current event by its CloudEvents type."""
        return self._events

    def event(self, type_: str, data: bytes) -> Event:
        """The fact in `data`; raises `Undecodable` with `unknown-type`, `future-version`, `not-json` or `invalid-data`."""
        event = self._events.get(type_)
        try:
            if event is not None:
                return event.__pydantic_validator__.validate_json(data)  # type: ignore[no-any-return]  # pydantic types it Any
            current, content = self._upcast(type_, data)
            return self._events[current].__pydantic_validator__.validate_json(orjson.dumps(content))  # type: ignore[no-any-return]  # as above
        except (ValidationError, KeyError, TypeError):
            # `from None`, here and below: what went wrong quotes what was sent.
            raise Undecodable("invalid-data") from None

    def _upcast(self, type_: str, data: bytes) -> tuple[str, dict[str, Any]]:
        if type_ not in self._upcasts:
            known = {known.rpartition(".v")[0] for known in self._events}
            raise Undecodable("future-version" if type_.rpartition(".v")[0] in known else "unknown-type")
        try:
            content = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise Undecodable("not-json") from None
        while type_ in self._upcasts:
            type_, content = self._upcasts[type_](content)
        return type_, content

    def from_record(self, service: str, record: Record) -> Envelope[Event]:
        """The fact of a log record."""
        return Envelope(
            event_id=record.event_id,
            service=service,
            stream=record.stream,
            version=record.version,
            position=record.position,
            key=record.key,
            client=record.client,
            municipality=record.municipality,
            effective_at=datetime.fromisoformat(record.effective_at),
            recorded_at=datetime.fromisoformat(record.recorded_at),
            causation_id=record.causation_id,
            correlation_id=record.correlation_id,
            event=self.event(record.type, record.data),
        )

    def from_kafka(self, key: bytes | None, headers: Sequence[tuple[str, bytes]], value: bytes | None) -> Envelope[Event]:
        """The fact of a Kafka record; raises `Undecodable`, with `not-an-event` where attributes are missing or malformed."""
        if key is None or value is None:
            raise Undecodable("not-an-event")
        try:
            ce = _attributes(headers)
            value.decode()  # an unknown field is skipped unread, and not every consumer can keep what is no text
            return Envelope(
                event_id=ce["ce_id"],
                service=ce["ce_source"].rpartition(":")[2],
                stream=ce["ce_stream"],
                version=_number(ce["ce_sequence"], VERSION_DIGITS),
                position=_number(ce["ce_position"], POSITION_DIGITS),
                key=key.decode(),
                client=ce.get("ce_subject"),
                municipality=ce.get("ce_municipality"),
                effective_at=_moment(ce["ce_effectiveat"]),
                recorded_at=_moment(ce["ce_time"]),
                causation_id=ce.get("ce_causationid"),
                correlation_id=ce["ce_correlationid"],
                event=self.event(ce["ce_type"], value),
            )
        except (KeyError, ValueError, AttributeError, OverflowError):
            raise Undecodable("not-an-event") from None


def _attributes(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    """Headers as text; raises `ValueError` where an attribute comes twice, as readers would take different ones."""
    ce = {name: text.decode() for name, text in headers}
    if len(ce) < len(headers) and any(name.startswith("ce_") for name, count in Counter(name for name, _ in headers).items() if count > 1):
        raise ValueError("an attribute comes twice")
    return ce


def _number(text: str, digits: int) -> int:
    """From 1, and no longer than every consumer can keep; `int` itself takes signs, spaces and the digits of all scripts."""
    if len(text) > digits or not text.isascii() or not text.isdigit() or text[0] == "0":
        raise ValueError("not a number that counts")
    return int(text)


def _moment(text: str) -> datetime:
    """In UTC; raises `ValueError` for a moment that says no offset, `OverflowError` for one outside the calendar in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def published() -> Codec:
    """The codec of everything that the three services publish today."""
    intake = (*get_args(IntakeEvent), *get_args(MatterFact), *get_args(PairFact), *get_args(NeedFact), *get_args(RouteFact))
    benefits = (*get_args(BenefitsEvent), *get_args(PayoutEvent), *get_args(RunControlEvent))
    monthly = (*get_args(MonthlyBenefitEvent), *get_args(MonthlyMoneyEvent))
    return Codec(
        (
            *(*intake, *benefits, *monthly),
            *(*get_args(HandoverEvent), *get_args(LogFact), *get_args(ErasureFact)),
        ),
        {},
    )
