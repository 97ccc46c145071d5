"""Histories of clients as the three services would publish them, without any service."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.contracts.benefits import (
    AccountBound,
    AllowanceGranted,
    AllowanceRefused,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.codec import Codec, Headers, Record, headers_of, published, rfc3339
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.intake import ApplicationReceived, IntakeAccepted
from services.contracts.runs import FileHandedOver, PaymentFileWritten, RunPrepared, RunReleased

BEGIN = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
DAY = date(2024, 2, 15)
RUN = "run-0000000000000001"
MUNICIPALITIES = ("GM0361", "GM0373", "GM0383", "GM1980", "GM0399", "GM0450")


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as a relay sends it, and as aiokafka hands it on."""

    topic: str
    key: bytes | None
    headers: Headers
    value: bytes | None
    partition: int = 0
    offset: int = 0

    @property
    def stream(self) -> str:
        return dict(self.headers)["ce_stream"].decode()


def client_ref(number: int) -> str:
    return f"p-{number:016x}"


def right_ref(number: int) -> str:
    return f"r{number:026x}"


def facts_of(number: int, extra: int = 0) -> list[tuple[str, Event]]:
    """What happens to one client, service by service; `extra` contact persons follow each other."""
    client, household, right = client_ref(number), f"h-{number:016x}", right_ref(number)
    who = {"client": client, "municipality": MUNICIPALITIES[number % 6]}
    about: dict[str, Any] = {**who, "right_ref": right, "household_ref": household, "run_ref": RUN, "amount_cents": 80_000}
    decision: dict[str, Any] = {"scheme": "energy-allowance", "scheme_year": 2023, "tranche": 1, "sequence": 1, "facts_hash": "0" * 64}
    decision |= {"reasons": (), "rule_version": "regional-2023.1", "decided_on": DAY}
    payment = {**about, "attempt": 1, "end_to_end_id": f"{right}-1"}
    facts: list[tuple[str, Event]] = [
        (
            "intake",
            ApplicationReceived(
                **who,
                household_ref=household,
                application_ref=f"a-{number:016x}",
                scheme="energy-allowance",
                scheme_year=2023,
                channel="desk",
                received_on=DAY,
            ),
        ),
        ("intake", IntakeAccepted(**who, household_ref=household, route="integral" if number % 100 == 0 else "standard", accepted_on=DAY)),
        ("handover", BatonOpened(**who, organisation="region", team_ref="team-1", contact_person="s-1", on=DAY)),
        ("benefits", AccountBound(**who, account_ref=f"acc-{number:016x}", fingerprint="f" * 64, on=DAY)),
    ]
    if number % 10 == 0:
        facts.append(("benefits", AllowanceRefused(**{**about, "amount_cents": 0}, **{**decision, "reasons": ("income-above-limit",)})))
    else:
        facts.append(
            (
                "benefits",
                AllowanceGranted(**about, **decision, account_ref=f"acc-{number:016x}", account_fingerprint="f" * 64, promised_on=DAY),
            )
        )
        facts.append(
            (
                "benefits",
                PaymentInstructed(
                    **payment, message_id="M-1", account_ref=f"acc-{number:016x}", account_fingerprint="f" * 64, execution_on=DAY
                ),
            )
        )
        if number % 10 == 1:
            facts.append(("benefits", PaymentRejected(**payment, reason_code="AC04", document_ref="d-1")))
        else:
            facts.append(("benefits", PaymentPaid(**payment, booked_on=DAY, document_ref="d-2")))
            if number % 10 == 2:
                facts.append(("benefits", PaymentReturned(**payment, reason_code="AC06", booked_on=DAY, document_ref="d-3")))
    facts += [
        ("handover", ContactPersonAssigned(**who, team_ref="team-1", contact_person=f"s-{n + 2}", on=DAY, reason="leave"))
        for n in range(extra)
    ]
    return facts


def run_facts() -> list[tuple[str, Event]]:
    """A run from preparation to the bank."""
    return [
        (
            "benefits",
            RunPrepared(
                run_ref=RUN,
                scheme="energy-allowance",
                scheme_year=2023,
                tranche=1,
                intake_position=10,
                households=3,
                candidates=2,
                excluded=1,
                held=0,
                granted=1,
                refused=1,
                total_cents=80_000,
                manifest_hash="0" * 64,
                rule_versions=("regional-2023.1",),
                decided_on=DAY,
                promised_on=DAY,
                prepared_by="s-1",
            ),
        ),
        ("benefits", RunReleased(run_ref=RUN, granted=1, refused=1, withheld=0, total_cents=80_000)),
        (
            "benefits",
            PaymentFileWritten(
                run_ref=RUN, message_id="M-1", part=1, parts=1, count=1, total_cents=80_000, sha256="0" * 64, execution_on=DAY
            ),
        ),
        ("benefits", FileHandedOver(run_ref=RUN, message_id="M-1", handover=1, handed_to="s-2")),
    ]


class Recorder:
    """Gives facts their stream versions, positions and times, as the logs of the services would."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self._begin = begin
        self._versions: dict[str, int] = {}
        self._positions: dict[str, int] = {}

    def record(self, service: str, event: Event) -> tuple[str, Record]:
        home = event.home()
        version = self._versions[home.stream] = self._versions.get(home.stream, 0) + 1
        position = self._positions[service] = self._positions.get(service, 0) + 1
        at = rfc3339(self._begin + timedelta(milliseconds=position))
        data = event.model_dump_json().encode()
        return service, Record(
            position,
            f"{home.stream}@{version}",
            home.stream,
            version,
            event.TYPE,
            home.key,
            home.client,
            home.municipality,
            at,
            at,
            "s-1",
            f"c-{position}",
            None,
            f"c-{position}",
            data,
        )


def sent(service: str, record: Record) -> Sent:
    return Sent(f"{service}.events", record.key.encode(), headers_of(record, f"urn:nld:oin:{'0' * 20}:systeem:{service}"), record.data)


def envelopes(facts: Sequence[tuple[str, Event]], codec: Codec | None = None) -> list[Envelope[Event]]:
    recorder, reads = Recorder(), codec or published()
    return [reads.from_record(*recorder.record(service, event)) for service, event in facts]


def region(clients: int, events_per_client: int, seed: int = 1, first: int = 0) -> Iterator[Sent]:
    """Facts of all clients and a run, mixed over clients but in order per service; now and then the last five come again."""
    chance, recorder = random.Random(seed), Recorder()
    queues = [facts_of(n, max(0, events_per_client - len(facts_of(n)))) for n in range(first, first + clients)] + [run_facts()]
    recent: list[Sent] = []
    while queues:
        at = chance.randrange(len(queues))
        queue = queues[at]
        record = sent(*recorder.record(*queue.pop(0)))
        if not queue:
            queues[at] = queues[-1]
            queues.pop()
        yield record
        recent.append(record)
        if chance.random() < 0.02:
            yield from recent[-5:]


def at(record: Sent, partition: int, offset: int) -> Sent:
    return replace(record, partition=partition, offset=offset)
