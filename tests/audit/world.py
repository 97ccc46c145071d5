"""A small backbone on real files and real Kafka, in which everything holds until a test plants a fault."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import orjson
from kafka import KafkaAdminClient, KafkaProducer

from services.access.clerk import Clerk
from services.access.processing_log import ProcessingLog
from services.audit.finding import Finding
from services.audit.following import FOLLOWS
from services.audit.sources import SERVICES, Sources
from services.audit.verify import verify
from services.contracts import benefits, handover, intake, payouts, run_control, runs, teams
from services.contracts.codec import Record, headers_of, published
from services.contracts.envelope import Envelope, Event
from services.eventlog.decider import Decider
from services.eventlog.handle import Work, handle
from services.eventlog.log import Answer, Origin
from services.eventlog.reactor import WATERMARK
from services.eventlog.sqlite import SqliteLog
from services.eventlog.watermark import Watermark
from streams import allowance_run, contact_view, payout_status, team_directory
from streams.view import View, canonical, folded
from tests.audit.stand_ins import ClickHouseStandIn, TableRow, ViewsStandIn, serving
from tests.contracts.examples import FACTS

AT = datetime(2024, 2, 15, 8, 30, tzinfo=UTC)
ON, PROMISED_ON, EXECUTION_ON = date(2024, 1, 1), date(2024, 2, 29), date(2024, 2, 22)
GM, TEAM, RUN, FILE = "GM0361", "team-1", "run-00000000000000c1", "run-00000000000000c1-001"
AGAIN, AGAIN_FILE, OTHER_IBAN = "run-00000000000000c2", "run-00000000000000c2-001", "NL20INGB0001234567"
SECRET = b"s" * 32
CENTS = 130_000
IBANS = ("NL91ABNA0417164300", "NL44RABO0123456789")
DEBTOR_IBAN, REGION_IBAN = "NL69INGB0123456789", "NL39RABO0300065264"
SHARED: dict[str, Any] = {"scheme": "energy-allowance", "scheme_year": 2023}

DEBITED: dict[str, Any] = {"debtor_fingerprint": hmac.new(SECRET, DEBTOR_IBAN.encode(), hashlib.sha256).hexdigest()}

VIEWS = (contact_view.VIEW, payout_status.VIEW, allowance_run.VIEW, team_directory.VIEW)

Changes = Mapping[type[Event], Mapping[str, Any]]
"""Fields that a test wants otherwise, by kind of fact."""


@dataclass(frozen=True)
class Household:
    """One household with its applicant, who is its client."""

    number: int

    @property
    def ref(self) -> str:
        return f"h-{self.number:016x}"

    @property
    def client(self) -> str:
        return f"p-{self.number:016x}"

    @property
    def right(self) -> str:
        return f"r{self.number:026x}"

    @property
    def end_to_end_id(self) -> str:
        return f"{self.right}-1"

    @property
    def account(self) -> dict[str, Any]:
        return {"account_ref": f"acc-{self.number:016x}", "account_fingerprint": fingerprint(self.iban)}

    @property
    def iban(self) -> str:
        return IBANS[self.number % len(IBANS)]

    @property
    def about(self) -> dict[str, Any]:
        return {"right_ref": self.right, "client": self.client, "household_ref": self.ref, "municipality": GM, "run_ref": RUN}

    @property
    def payment(self) -> dict[str, Any]:
        return {**self.about, "amount_cents": CENTS, "attempt": 1, "end_to_end_id": self.end_to_end_id}

    @property
    def decided(self) -> dict[str, Any]:
        rules = {"rule_version": "1", "facts_hash": "ab", "decided_on": AT.date(), "tranche": 2, "sequence": 1}
        return {**self.about, **SHARED, **rules, "amount_cents": CENTS, "reasons": ()}

    @property
    def ledger(self) -> dict[str, Any]:
        return {"household_ref": self.ref, "municipality": GM, **SHARED, "right_ref": self.right}


ONE, TWO = Household(1), Household(2)


def fingerprint(iban: str) -> str:
    return hmac.new(SECRET, iban.encode(), hashlib.sha256).hexdigest()


def xml(lines: list[tuple[str, int, str]], count_said: int | None = None, cents_said: int | None = None, name: str = FILE) -> str:
    """A payment file of end-to-end id, cents and account, as small as the audit needs it."""
    said = count_said if count_said is not None else len(lines)
    total_cents = cents_said if cents_said is not None else sum(cents for _, cents, _ in lines)
    sums = f"<NbOfTxs>{said}</NbOfTxs><CtrlSum>{euros(total_cents)}</CtrlSum>"
    transfers = "".join(
        f"<CdtTrfTxInf><PmtId><EndToEndId>{reference}</EndToEndId></PmtId><Amt><InstdAmt Ccy='EUR'>{euros(cents)}</InstdAmt></Amt>"
        f"<CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct></CdtTrfTxInf>"
        for reference, cents, iban in lines
    )
    header = f"<GrpHdr><MsgId>{name}</MsgId>{sums}</GrpHdr>"
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'><CstmrCdtTrfInitn>"
        f"{header}<PmtInf><PmtInfId>{name}-{GM}</PmtInfId>{sums}<DbtrAcct><Id><IBAN>{DEBTOR_IBAN}</IBAN></Id></DbtrAcct>"
        f"{transfers}</PmtInf></CstmrCdtTrfInitn></Document>"
    )


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass
class World:
    """Use `standard`, plant a fault, then `audit`. `sources` is what the audit is told."""

    sources: Sources
    views: ViewsStandIn
    clickhouse: ClickHouseStandIn
    exceptions: list[str]
    logs: dict[str, SqliteLog]
    bank: Path
    lost_on_the_way: Callable[[Record], bool] = lambda _record: False
    in_order: Callable[[list[Record]], list[Record]] = lambda records: records
    _commands: Iterator[int] = field(default_factory=lambda: count(1))
    _clock: datetime = AT

    def record(self, service: str, *events: Event, changes: Changes | None = None, after: timedelta = timedelta(seconds=1)) -> Answer:
        """Record facts by one command, `after` the one before."""
        self._clock += after
        wanted = [event.model_copy(update=dict((changes or {}).get(type(event), {}))) for event in events]
        decider: Decider[list[Event], None] = Decider(
            initial=None,
            reads=lambda command: (command[0].home().stream,),
            decide=lambda _state, command: command,
            evolve=lambda state, _event: state,
        )
        number = next(self._commands)
        origin = Origin("s-3", f"command-{number}", self._clock, f"correlation-{number}")
        return handle(self.logs[service], Work(decider, lambda _tx: wanted, origin, b"")).result(10)

    def standard(self, changes: Changes | None = None) -> None:
        """Two households from intake to bank statement: one is paid, the other's payment comes back."""
        for service, facts in (*self._care(), *self._run(), *self._bank_answers()):
            self.record(service, *facts, changes=changes)

    def _care(self) -> Iterator[tuple[str, list[Event]]]:
        team: dict[str, Any] = {"team_ref": TEAM, "municipality": GM, "on": ON}
        yield "handover", [teams.TeamFormed(**team, organisation="region")]
        yield "handover", [teams.StaffJoined(**team, staff_ref="s-1")]
        for home in (ONE, TWO):
            about: dict[str, Any] = {"household_ref": home.ref, "on": ON, "facts": members(home.client)}
            yield "intake", [intake.HouseholdRegistered(**about)]
            accepted: dict[str, Any] = {"client": home.client, "household_ref": home.ref, "municipality": GM}
            yield "intake", [intake.IntakeAccepted(**accepted, route="standard", accepted_on=ON)]
            yield "handover", [handover.BatonOpened(**team, client=home.client, organisation="region", contact_person="s-1")]
            yield "benefits", [benefits.HouseholdNoted(**about, cause="registered", source_version=1)]
            bound = {"account_ref": home.account["account_ref"], "fingerprint": home.account["account_fingerprint"]}
            yield "benefits", [benefits.AccountBound(client=home.client, municipality=GM, **bound, on=ON)]

    def _run(self) -> Iterator[tuple[str, list[Event]]]:
        manifest = self.manifest()
        totals: dict[str, Any] = {"granted": 2, "total_cents": 2 * CENTS}
        prepared: dict[str, Any] = {
            "run_ref": RUN,
            **SHARED,
            "tranche": 2,
            "intake_position": 4,
            "manifest_hash": manifest,
            "prepared_by": "s-3",
        }
        counts: dict[str, Any] = {"households": 2, "candidates": 2, "excluded": 0, "held": 0, "refused": 0, **totals}
        dates: dict[str, Any] = {"decided_on": AT.date(), "promised_on": PROMISED_ON, "rule_versions": ("1",)}
        drawn = run_control.SampleRow(right_ref=ONE.right, municipality=GM, standing="granted")
        sample = run_control.RunSampleDrawn(run_ref=RUN, manifest_hash=manifest, rows=(drawn,))
        yield "benefits", [runs.RunPrepared(**prepared, **counts, **dates), sample]
        yield "benefits", [run_control.SampleRowJudged(run_ref=RUN, right_ref=ONE.right, verdict="right", judged_by="s-4")]
        yield "benefits", [runs.RunApproved(run_ref=RUN, manifest_hash=manifest, approved_by="s-4", **totals)]
        yield "benefits", [runs.RunReleaseOrdered(run_ref=RUN, ordered_by="s-3", execution_on=EXECUTION_ON)]
        for home in (ONE, TWO):
            yield "benefits", granting(home)
        yield "benefits", [runs.RunReleased(run_ref=RUN, refused=0, withheld=0, **totals)]
        for home in (ONE, TWO):
            yield "benefits", [instructed(home)]
        sums: dict[str, Any] = {
            "count": 2,
            "total_cents": 2 * CENTS,
            "sha256": self.pay_by([(h.end_to_end_id, CENTS, h.iban) for h in (ONE, TWO)]),
        }
        yield (
            "benefits",
            [runs.PaymentFileWritten(run_ref=RUN, message_id=FILE, part=1, parts=1, execution_on=EXECUTION_ON, **DEBITED, **sums)],
        )
        yield "benefits", [runs.FileHandedOver(run_ref=RUN, message_id=FILE, handover=1, handed_to="s-3")]

    def _bank_answers(self) -> Iterator[tuple[str, list[Event]]]:
        answer: dict[str, Any] = {"document_ref": "bank-1", "booked_on": EXECUTION_ON}
        for home in (ONE, TWO):
            yield "benefits", [benefits.PaymentPaid(**home.payment, **answer)]
        yield "benefits", [benefits.PaymentReturned(**TWO.payment, **answer, reason_code="AC04")]
        sums: dict[str, Any] = {"granted_cents": 2 * CENTS, "paid_cents": CENTS, "returned_cents": CENTS, "rejected_cents": 0}
        yield "benefits", [runs.RunClosed(run_ref=RUN, closed_by="s-3", **sums)]

    def pays_again(self, changes: Changes | None = None) -> None:
        """The household whose money came back names another account, and a run pays it again there."""
        for facts in self._again():
            self.record("benefits", *facts, changes=changes)

    def _again(self) -> Iterator[list[Event]]:
        account: dict[str, Any] = {"account_ref": "acc-other", "account_fingerprint": fingerprint(OTHER_IBAN)}
        bound = TWO.client
        line = {"standing": "again", "right_ref": TWO.right, "attempt": 2, "amount_cents": CENTS, **account}
        manifest, sums = self._manifest([line]), {"granted": 1, "total_cents": CENTS}
        counts: dict[str, Any] = {"households": 1, "candidates": 1, "excluded": 0, "held": 0, "refused": 0, **sums}
        dates: dict[str, Any] = {"decided_on": AT.date(), "promised_on": PROMISED_ON, "rule_versions": ("1",)}
        about: dict[str, Any] = {"tranche": 2, "intake_position": 4, "manifest_hash": manifest, "prepared_by": "s-3"}
        payment: dict[str, Any] = {**TWO.payment, "attempt": 2, "end_to_end_id": f"{TWO.right}-2"}
        yield [benefits.AccountBound(client=bound, municipality=GM, account_ref="acc-other", fingerprint=fingerprint(OTHER_IBAN), on=ON)]
        yield [runs.RunPrepared(run_ref=AGAIN, **SHARED, **about, **counts, **dates, kind="pay-again", corrects=RUN)]
        yield [runs.RunApproved(run_ref=AGAIN, manifest_hash=manifest, approved_by="s-4", **sums)]
        yield [runs.RunReleaseOrdered(run_ref=AGAIN, ordered_by="s-3", execution_on=EXECUTION_ON)]
        yield [
            payouts.PayoutAccountReplaced(**TWO.about, amount_cents=CENTS, attempt=2, **account),
            benefits.PaymentInstructed(**payment, **account, message_id=AGAIN_FILE, execution_on=EXECUTION_ON),
        ]
        yield [runs.RunReleased(run_ref=AGAIN, refused=0, withheld=0, **sums)]
        said: dict[str, Any] = {"count": 1, "total_cents": CENTS, "sha256": self.pay_again_by([(f"{TWO.right}-2", CENTS, OTHER_IBAN)])}
        yield [runs.PaymentFileWritten(run_ref=AGAIN, message_id=AGAIN_FILE, part=1, parts=1, execution_on=EXECUTION_ON, **said)]
        yield [benefits.PaymentPaid(**payment, document_ref="bank-2", booked_on=EXECUTION_ON)]
        closed = {"granted_cents": CENTS, "paid_cents": CENTS, "returned_cents": 0, "rejected_cents": 0}
        yield [runs.RunClosed(run_ref=AGAIN, closed_by="s-3", **closed)]

    def manifest(self) -> str:
        """Write the lines of the run; their hash."""
        return self._manifest([{"standing": "granted", "right_ref": h.right, "amount_cents": CENTS, **h.account} for h in (ONE, TWO)])

    def _manifest(self, rows: list[dict[str, Any]]) -> str:
        lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        name = hashlib.sha256(lines).hexdigest()
        folder = self.sources.data / "benefits" / "manifests"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.ndjson").write_bytes(lines)
        return name

    def pay_by(self, lines: list[tuple[str, int, str]], **said: int) -> str:
        """Write the payment file; the hash of its bytes."""
        text = xml(lines, said.get("count_said"), said.get("cents_said"))
        self.bank.write_text(text)
        self.bank.chmod(0o600)
        return hashlib.sha256(text.encode()).hexdigest()

    def pay_again_by(self, lines: list[tuple[str, int, str]]) -> str:
        """Write the file of the run that pays again; the hash of its bytes."""
        text, place = xml(lines, name=AGAIN_FILE), self.bank.with_name(f"{AGAIN_FILE}.xml")
        place.write_text(text)
        place.chmod(0o600)
        return hashlib.sha256(text.encode()).hexdigest()

    def publish(self) -> None:
        """Bring everything to Kafka, the views and ClickHouse as relay, worker and sink do, with their headers, folds and rows."""
        for service in SERVICES:
            self._send(service, [r for r in self.in_order(self.logs[service].after(0, 10_000)) if not self.lost_on_the_way(r)])
        self._fill()
        with producing(self.sources.kafka) as send:
            for client, row in self.views.rows[contact_view.VIEW.name].items():
                send(self.sources.contact_view, client, canonical(contact_view.shown(row)), [])
        for log in self.logs.values():
            self.relayed(log.service, log.head())
        for service in FOLLOWS:
            self.followed(service, self.logs["intake"].head())

    def publish_again(self, service: str, changed: Callable[[Record], Record]) -> None:
        """Send the facts of a service to Kafka once more, perhaps changed."""
        self._send(service, map(changed, self.logs[service].after(0, 10_000)))

    def _send(self, service: str, records: Iterable[Record]) -> None:
        with producing(self.sources.kafka) as send:
            for record in records:
                headers = headers_of(record, f"urn:nld:oin:{'0' * 20}:systeem:{service}")
                send(self.sources.topics[service], record.key, record.data, headers)

    def relayed(self, service: str, position: int) -> None:
        """Move the checkpoint of a relay."""
        self.logs[service].submit(lambda tx: tx.keep("relay", "position", str(position).encode())).result(10)

    def followed(self, service: str, position: int) -> None:
        """Move the mark up to which a reactor has acted on what intake told."""
        mark = Watermark(position).to_bytes()
        self.logs[service].submit(lambda tx: tx.keep(WATERMARK, "intake", mark)).result(10)

    def _fill(self) -> None:
        codec = published()
        for service in SERVICES:
            for record in self.logs[service].after(0, 10_000):
                fact = codec.from_record(service, record)
                amount_cents = getattr(fact.event, "amount_cents", None)
                place = (service, record.position, record.stream, record.version, record.event_id, record.type)
                self.clickhouse.rows.append(TableRow(*place, amount_cents, record.data.decode()))
                for view in VIEWS:
                    if fact.stream.startswith(view.streams):
                        self._fold(view, fact)

    def _fold(self, view: View, fact: Envelope[Event]) -> None:
        rows, key = self.views.rows[view.name], view.row_key(fact.stream, fact.key)
        rows[key] = folded(view, rows.get(key), fact)

    def audit(self) -> dict[str, Finding]:
        """Publish and audit; findings by invariant."""
        self.publish()
        return self.verdict()

    def tell_of_commands(self) -> None:
        """Each command has its lines, as in a service that runs."""
        for service, log in self.logs.items():
            lines = ProcessingLog(self.sources.data / "processing" / service)
            with closing(lines), suppress(sqlite3.Error):  # of a log that a test took away
                clerk = Clerk(log, lines)
                clerk.resume()
                while clerk.round():
                    pass

    def verdict(self, **otherwise: Any) -> dict[str, Finding]:  # noqa: ANN401 - fields of Sources
        """Audit what is published; findings by invariant."""
        self.tell_of_commands()
        return {finding.invariant: finding for finding in verify(replace(self.sources, **otherwise))}


def members(*persons: str) -> intake.HouseholdFacts:
    """A household of adults."""
    adults = tuple(intake.Member(person_ref=person, role="applicant", age_band="27-pension") for person in persons)
    return FACTS.model_copy(update={"members": adults})


def granting(home: Household) -> list[Event]:
    """A grant with its ledger and claim."""
    grant = benefits.AllowanceGranted(**home.decided, **home.account, promised_on=PROMISED_ON)
    reserved = benefits.LedgerReserved(**home.ledger, amount_cents=CENTS, run_ref=RUN)
    return [grant, reserved, benefits.ClaimReserved(**home.ledger, person_ref=home.client)]


def instructed(home: Household) -> Event:
    """The payment in the file."""
    return benefits.PaymentInstructed(**home.payment, **home.account, message_id=FILE, execution_on=EXECUTION_ON)


class Send(Protocol):
    """Sends one record."""

    def __call__(self, topic: str, key: str, value: bytes, headers: list[tuple[str, bytes]], partition: int | None = None) -> object:
        """To the partition of its key, unless one is named."""


@contextmanager
def producing(bootstrap: str) -> Iterator[Send]:
    """Send records; everything has arrived at the end of the block."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")

    def send(topic: str, key: str, value: bytes, headers: list[tuple[str, bytes]], partition: int | None = None) -> object:
        return producer.send(topic, key=key.encode(), value=value, headers=headers, partition=partition)

    try:
        yield send
        producer.flush(timeout=20)
    finally:
        producer.close(timeout=5)


def create_topics(sources: Sources) -> None:
    """The topics of one world, with two partitions each."""
    names = [*sources.topics.values(), sources.contact_view]
    admin = KafkaAdminClient(bootstrap_servers=sources.kafka)
    try:
        admin.create_topics({name: {"num_partitions": 2} for name in names})
        admin.wait_for_topics(names, timeout_ms=20_000)
    finally:
        admin.close()


@contextmanager
def world(data: Path, bootstrap: str) -> Iterator[World]:
    """An empty world, whose topics have names of their own and are not made yet."""
    name = f"audit-{uuid4().hex[:8]}"
    topics = {service: f"{name}.{service}" for service in SERVICES}
    secrets = data / "benefits" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "account").write_bytes(SECRET)
    (secrets / "account").chmod(0o600)
    bank = data / "bank" / "out" / f"{FILE}.xml"
    bank.parent.mkdir(parents=True)
    views = ViewsStandIn({view.name: {} for view in VIEWS})
    clickhouse, exceptions = ClickHouseStandIn([]), list[str]()
    logs = {service: SqliteLog(service, data / service / "log.sqlite", published()) for service in SERVICES}

    def benefits_api(_path: str, _body: str) -> tuple[int, str]:
        return 200, orjson.dumps({"exceptions": [{"right_ref": ref} for ref in exceptions]}).decode()

    with ExitStack() as servers:
        sources = Sources(
            data=data,
            kafka=bootstrap,
            topics=topics,
            contact_view=f"{name}.contact-view",
            wait_seconds=0.6,
            views=servers.enter_context(serving(views)),
            clickhouse=servers.enter_context(serving(clickhouse)),
            benefits=servers.enter_context(serving(benefits_api)),
        )
        yield World(sources, views, clickhouse, exceptions, logs, bank)
        for log in logs.values():
            log.close()
