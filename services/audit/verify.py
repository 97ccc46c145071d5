"""Take the heads of the logs, wait until everything has reached them, and recompute every invariant up to there."""

import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial

from services.audit import view_answers
from services.audit.accounts import Fingerprints
from services.audit.books import RESTS_ON, Books, Read, Tallies
from services.audit.broken_glass import broken_glass
from services.audit.clickhouse import ClickHouse
from services.audit.command_lines import Difference, Lines, differing, judge, lines_of
from services.audit.commands import commands
from services.audit.erased import erased
from services.audit.figures import Figures
from services.audit.finding import Finding, Tally
from services.audit.following import arrivals, held
from services.audit.given_up import Place, given_up
from services.audit.http_api import Api, client
from services.audit.lag import Arrival, Patience, arrive
from services.audit.log_file import LogFile
from services.audit.orders import Orders
from services.audit.orders import Tallies as OrderTallies
from services.audit.personal_data import Forms, Planted
from services.audit.privacy import Privacy, planted_in
from services.audit.promises import promised
from services.audit.readings import readings, retired
from services.audit.sequence import OnKafka
from services.audit.sources import SERVICES, Sources
from services.audit.topic import Kafka
from services.audit.unreachable import Unreachable
from services.audit.views import Since, Views

LOOKS_AT_VIEWS, LOOK_AGAIN_SECONDS = 4, 1.0
FILE_WRITTEN = "nl.sociaaldomein.benefits.payment-file-written.v1"
BATON_OPENED = "nl.sociaaldomein.handover.baton-opened.v1"


def verify(sources: Sources) -> list[Finding]:
    """One finding per invariant. Never raises for what it finds: a source that cannot be read fails what rests on it."""
    audit = _Audit(sources)
    try:
        return audit.findings()
    finally:
        audit.close()


class _Audit:
    def __init__(self, sources: Sources) -> None:
        self._sources, self._tallies, self._patience = sources, Tallies(), Patience(sources.wait_seconds)
        self._books = Books(self._tallies)
        self._read: dict[str, Read] = {}
        self._remarks: dict[str, str] = {}
        self._given_up: frozenset[Place] = frozenset()
        self._kafka, self._http = Kafka(sources.kafka), client()
        self._views_api = Api("the views", sources.views, sources.token, self._http)
        self._benefits_api = Api("benefits", sources.benefits, sources.token, self._http)
        self._figures = Figures(ClickHouse(sources.clickhouse, sources.database, self._http), self._tallies["I8"])
        self._privacy = Privacy(self._tallies["I12"], Forms(), None)

    def findings(self) -> list[Finding]:
        self._attempt(("I12",), self._plant)
        self._logs()
        self._wait()
        with suppress(Unreachable):  # then each of them is named as no fact
            self._given_up = given_up(self._kafka)
        for service in self._read:
            self._attempt(("I7", "I12"), partial(self._topic, service))
        self._attempt(("I8",), self._clickhouse)
        self._attempt(("I9",), self._views)
        self._attempt(("I3",), self._promises)
        self._attempt(("I10",), self._care)
        self._attempt(("I4",), self._orders)
        self._attempt(("I12",), self._search)
        return self._tallies.findings(self._remarks)

    def close(self) -> None:
        self._kafka.close()
        self._http.close()

    def _attempt(self, invariants: tuple[str, ...], step: Callable[[], None]) -> None:
        try:
            step()
        except Unreachable as wrong:
            self._tallies.unknown(invariants, str(wrong))
        except (LookupError, TypeError, ValueError, AttributeError) as wrong:
            # Its text may quote what was read; where it happened is enough to go and look.
            place = traceback.extract_tb(wrong.__traceback__)[-1]
            self._tallies.unknown(invariants, f"a source is not as the audit knows it: {type(wrong).__name__} in {place.name}")

    def _plant(self) -> None:
        values = planted_in(self._sources.planted)
        self._privacy = Privacy(self._tallies["I12"], Forms(), Planted(values) if values else None)

    def _logs(self) -> None:
        heads: dict[LogFile, int] = {}
        for service in SERVICES:
            log = LogFile(service, self._sources.log(service))
            self._attempt(RESTS_ON[service], partial(self._head, log, heads))
        for log, head in heads.items():
            self._attempt(RESTS_ON[log.service], partial(self._log, log, head))
        self._books.conclude(self._sources.data / "benefits" / "manifests")

    def _head(self, log: LogFile, heads: dict[LogFile, int]) -> None:
        heads[log] = log.head()

    def _log(self, log: LogFile, head: int) -> None:
        self._read[log.service] = self._books.read(log, head)
        commands(log, head, self._tallies["I6"])
        held(log, self._tallies["I7"])

    def _wait(self) -> None:
        logs = {service: read.log for service, read in self._read.items()}
        awaited = [
            *(Arrival(f"Kafka's topic of {service}", partial(_unrelayed, read)) for service, read in self._read.items()),
            *(Arrival(f"ClickHouse, of {s}", partial(self._figures.behind, s, read.prints.head)) for s, read in self._read.items()),
            *arrivals(logs, {service: read.prints.head for service, read in self._read.items()}),
            Arrival("the views", lambda: int(self._views_api.gauge("view_waiting_records"))),
        ]
        arrive(awaited, self._patience, self._tallies["I13"])

    def _topic(self, service: str) -> None:
        topic, read = self._sources.topics[service], self._read[service]
        dropped = {(partition, offset) for where, partition, offset in self._given_up if where == topic}
        on_kafka = OnKafka(self._tallies["I7"], read.prints, dropped)
        for record in self._kafka.read(topic):
            # The same bytes as in the log are looked at there.
            if not on_kafka.delivered(record):
                self._privacy.record(topic, record)
        on_kafka.conclude(read.log)

    def _clickhouse(self) -> None:
        self._figures.strangers(SERVICES)
        for read in self._read.values():
            self._figures.compare(read.log, read.prints)

    def _views(self) -> None:
        """Looked at again while something differs: a view may be a second behind, and says so a second later."""
        for _ in range(LOOKS_AT_VIEWS):
            tally = self._tallies.afresh("I9")
            unknown = tally.faults
            self._look_at_views(tally)
            if tally.faults == unknown or not self._patience.wait(LOOK_AGAIN_SECONDS):
                return

    def _look_at_views(self, tally: Tally) -> None:
        books = self._books
        views = Views(books.expected, books.rights, books.care, tally, Since(self._recorded, self._moved))
        clients, runs = books.expected.clients, books.expected.runs
        view_answers.published(self._kafka, self._sources.contact_view, clients, views)
        view_answers.rows(self._views_api, views, tally)
        self._remarks["I9"] = ": " + view_answers.answered(self._views_api, clients, runs, views)

    def _moved(self) -> bool:
        benefits = self._read.get("benefits")
        return benefits is not None and benefits.log.head() != benefits.prints.head

    def _recorded(self, stream: str, version: int) -> bool:
        read = self._read.get(stream.partition("/")[0])
        return read is not None and read.log.has(stream, version)

    def _promises(self) -> None:
        listed = partial(_exceptions, self._benefits_api)
        promised(self._books.rights.granted(), self._books.last_moment, listed, self._tallies["I3"])

    def _care(self) -> None:
        opened: dict[str, str] = {}
        handover = self._read.get("handover")
        while handover and self._books.care.unopened() - opened.keys():
            for fact in handover.log.of_kind(BATON_OPENED, handover.prints.head):
                opened[fact.client or fact.key] = fact.recorded_at
            if not self._patience.wait():
                break
        self._books.care.conclude(opened)

    def _orders(self) -> None:
        benefits = self._read.get("benefits")
        if benefits is None:
            return
        tallies = OrderTallies(self._tallies["I2"], self._tallies["I4"], self._tallies["I5"])
        orders = Orders(self._books.rights, self._books.accounts, self._fingerprints(), tallies)
        folder = self._sources.data / "bank" / "out"
        on_disk = {path.stem for path in folder.glob("*.xml")}
        recorded = dict(self._books.runs.files())
        if on_disk - recorded.keys():
            on_disk -= self._written_later(benefits, on_disk - recorded.keys())
        orders.conclude(folder, recorded, on_disk)

    def _written_later(self, benefits: Read, waiting: Collection[str]) -> set[str]:
        """Files whose facts came behind the heads: the bytes are written first."""
        later: set[str] = set()
        while set(waiting) - later:
            streams = benefits.log.of_kind(FILE_WRITTEN, benefits.prints.head)
            later = {name for fact in streams for name in waiting if f'"{name}"'.encode() in fact.data}
            if not self._patience.wait():
                break
        return later

    def _fingerprints(self) -> Fingerprints | None:
        try:
            return Fingerprints.in_folder(self._sources.data / "benefits" / "secrets")
        except Unreachable as wrong:
            if any(True for _ in self._books.rights.payments()):
                self._tallies["I5"].fault(str(wrong))
            return None

    def _search(self) -> None:
        for read in self._read.values():
            self._privacy.log(read.log)
        in_emergency = readings(self._sources.data / "processing", self._sources.heads, self._tallies["I12"])
        if (handover := self._read.get("handover")) is not None:
            broken_glass(handover.log, in_emergency, self._tallies["I12"])
        for read in self._read.values():
            self._told(read)
        self._privacy.files(self._sources.data)
        for read in self._read.values():
            erased(read.log, self._sources.data / read.log.service / "keys.sqlite", self._tallies["I12"])

    def _told(self, read: Read) -> None:
        """Looked at again while lines are missing: they are written a moment after the facts."""
        lines, difference = self._lines(read)
        for _ in range(LOOKS_AT_VIEWS):
            if not difference.missing or not self._patience.wait(LOOK_AGAIN_SECONDS):
                break
            lines, difference = self._lines(read)
        judge(read.log, lines, difference, self._tallies["I12"])

    def _lines(self, read: Read) -> tuple[Lines, Difference]:
        service, head = read.log.service, read.prints.head
        folder = self._sources.data / "processing" / service
        lines = lines_of(folder, head, retired=retired(self._sources.heads, service))
        return lines, differing(read.log, head, lines)


def _unrelayed(read: Read) -> int:
    return max(0, read.prints.head - read.log.relayed())


def _exceptions(api: Api, run_ref: str) -> frozenset[str]:
    answer = api.json(f"/v1/runs/{run_ref}/exceptions") or {"exceptions": []}
    return frozenset(row["right_ref"] for row in answer["exceptions"])
