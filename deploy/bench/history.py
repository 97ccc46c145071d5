"""Facts of many clients as handover publishes them, the same every time, to be carried and folded by what is measured."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

from services.contracts.codec import Headers, Record, headers_of, rfc3339
from services.contracts.handover import BatonEvent, BatonOpened, ContactPersonAssigned
from services.eventlog.relay import Sender, topic_sender

CLIENTS: Final = 5_000
FACTS_A_CLIENT: Final = 20
SERVICE: Final = "handover"
SOURCE: Final = f"urn:nld:oin:{'0' * 20}:systeem:{SERVICE}"

_DAY: Final = date(2024, 2, 15)
_BEGIN: Final = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
_PORTION: Final = 5_000

Sent = tuple[bytes, Headers, bytes]
"""Key, headers and value of a record."""


def client_ref(number: int) -> str:
    """A client's reference."""
    return f"p-{number:016x}"


def records(clients: int, facts_a_client: int) -> Iterator[Sent]:
    """The baton of every client is opened, then all get one contact person after another; in order of position."""
    for position in range(clients * facts_a_client):
        turn, client = divmod(position, clients)
        yield _sent(_fact(client_ref(client), turn), turn + 1, position + 1)


def _fact(client: str, turn: int) -> BatonEvent:
    about: dict[str, Any] = {"client": client, "municipality": "GM0361", "team_ref": "team-1", "contact_person": f"s-{turn}", "on": _DAY}
    return ContactPersonAssigned(**about, reason="leave") if turn else BatonOpened(**about, organisation="region")


def _sent(fact: BatonEvent, version: int, position: int) -> Sent:
    home, at = fact.home(), rfc3339(_BEGIN + timedelta(milliseconds=position))
    record = Record(
        position=position,
        event_id=f"00000000-0000-4000-8000-{position:012x}",
        stream=home.stream,
        version=version,
        type=fact.TYPE,
        key=home.key,
        client=home.client,
        municipality=home.municipality,
        effective_at=at,
        recorded_at=at,
        actor="s-bench",
        command_id=f"c-{position}",
        causation_id=None,
        correlation_id=f"c-{position}",
        data=fact.model_dump_json().encode(),
    )
    return home.key.encode(), headers_of(record, SOURCE), record.data


@cache
def sent_to(bootstrap: str, clients: int = CLIENTS, facts_a_client: int = FACTS_A_CLIENT) -> int:
    """Put the history on Kafka, once for every broker; how many records that are."""
    send = topic_sender(bootstrap, SERVICE)
    portion: list[Sent] = []
    for record in records(clients, facts_a_client):
        portion.append(record)
        if len(portion) == _PORTION:
            _flush(send, portion)
    _flush(send, portion)
    send.close()
    return clients * facts_a_client


def _flush(send: Sender, portion: list[Sent]) -> None:
    if portion:
        send(portion)
        portion.clear()
