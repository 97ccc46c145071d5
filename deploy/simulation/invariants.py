"""What must hold in every history: the auditor's own model on the logs, and every consumer compared with them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.simulation import views as worker
from deploy.simulation.broker import FOREIGN, Broker
from deploy.simulation.commands import Callers, Violated
from deploy.simulation.payments import Payments
from deploy.simulation.rooms import FINGERPRINTS
from deploy.simulation.views import VIEWS, Views
from services.audit.accounts import Fingerprints
from services.audit.books import Books, Tallies
from services.audit.fact import Fact
from services.audit.orders import Orders
from services.audit.orders import Tallies as OrderTallies
from services.audit.prints import Prints
from services.audit.sequence import OnKafka
from services.audit.topic import Delivered
from services.audit.views import Since
from services.audit.views import Views as ViewsAudit
from services.contracts.benefits import ApplicationNoted, HouseholdNoted
from services.contracts.codec import Codec, Record
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonAccepted, BatonOpened, ContactPersonAssigned
from services.contracts.intake import ApplicationReceived, HouseholdEvent, HouseholdRegistered, IntakeAccepted
from services.contracts.teams import StaffJoined, StaffLeft
from services.contracts.topics import EVENT_TOPICS, INTAKE_EVENTS, PARTITIONS, topic_of
from services.eventlog.memory import MemoryLog
from services.eventlog.reactor import held
from services.eventlog.relay import checkpoint
from streams import contact_view
from streams.reporting.memory import MemoryTable
from streams.view import Row, View, canonical, folded

SERVICES = ("intake", "benefits", "handover")
EVERYTHING = 1_000_000
GROUPS = (("reactor-benefits", (INTAKE_EVENTS,)), ("reactor-handover", (INTAKE_EVENTS,)), (worker.GROUP, EVENT_TOPICS))


@dataclass
class Consumers:
    """I7 while it happens: what reactors act on counts 1, 2, 3 per stream, once repeats are skipped."""

    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def heard(self, consumer: str, envelope: Envelope[Event]) -> None:
        """A consumer acts on a fact; raises `Violated`."""
        place = (consumer, envelope.stream)
        before = self._seen.get(place, 0)
        if envelope.version > before + 1:
            raise Violated("I7", f"the reactor of {consumer} acts on {envelope.stream}@{envelope.version} after version {before}")
        self._seen[place] = max(before, envelope.version)


@dataclass(frozen=True)
class Evidence:
    """Everything that outlives the processes of a history."""

    disks: Mapping[str, MemoryLog]
    broker: Broker
    views: Views
    table: MemoryTable
    callers: Callers
    consumers: Consumers
    folder: Path
    codec: Codec

    def records(self, service: str) -> list[Record]:
        """Every fact of a service, in order."""
        return self.disks[service].after(0, EVERYTHING)

    def lags(self) -> dict[str, int]:
        """What still waits, by who it waits for (I13)."""
        waiting = {f"relay of {name}": disk.head() - checkpoint(disk) for name, disk in self.disks.items()}
        waiting["broker"] = len(self.broker.late)
        waiting |= {group: self.broker.lag(group, topics) for group, topics in GROUPS}
        resume = self.table.resume()
        waiting["sink"] = sum(
            len(records) - resume.get((place.topic, place.partition), 0) for place, records in self.broker.partitions.items()
        )
        return {name: number for name, number in waiting.items() if number}


def judge(evidence: Evidence) -> None:
    """Raises `Violated` for the first thing that does not hold, from the logs on in the direction of the facts."""
    tallies = Tallies()
    books = Books(tallies, longest_seconds=float("inf"))
    for service in SERVICES:
        _commands(evidence, service)
        prints = books.take(service, evidence.disks[service].head(), _facts(evidence, service))
        _kafka(evidence, service, prints, tallies)
    books.conclude(evidence.folder / "manifests")
    books.care.conclude({})
    _files(evidence, books, tallies)
    _require(tallies)
    _reactions(evidence)
    _payments(evidence)
    _contact_persons(evidence)
    _rows(evidence)
    _views(evidence, books, tallies)
    _require(tallies)


def _require(tallies: Tallies) -> None:
    for finding in tallies.findings({}):
        if not finding.holds:
            raise Violated(finding.invariant, finding.detail)


def _facts(evidence: Evidence, service: str) -> Iterator[Fact]:
    assert Fact._fields == ("service", *Record._fields)
    return (Fact(service, *record) for record in evidence.records(service))


def _commands(evidence: Evidence, service: str) -> None:
    """I6: an accepted answer has its facts, in one piece and no others; any other answer has none; no fact is without a command."""
    facts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record in evidence.records(service):
        facts[record.actor, record.command_id].append(record.position)
    for (room, actor, command_id), answer in evidence.callers.answers.items():
        if room == service:
            positions = facts.get((actor, command_id), [])
            told = answer.position if answer.outcome == "accepted" else 0
            if positions[-1:] != [told][: told > 0]:
                raise Violated(
                    "I6", f"{service}: {actor} {command_id} was {answer.outcome} at {answer.position}, its facts are {positions}"
                )
    for name, positions in facts.items():
        kept = evidence.disks[service].perform(lambda tx, name=name: tx.answered(*name))  # type: ignore[misc]  # bound now
        if positions != list(range(positions[0], positions[-1] + 1)) or kept is None or kept[1].position != positions[-1]:
            raise Violated("I6", f"{service}: the facts of {name} at {positions} are not those of one accepted command")


def _kafka(evidence: Evidence, service: str, prints: Prints, tallies: Tallies) -> None:
    on_kafka, topic = OnKafka(tallies["I7"], prints), topic_of(service)
    for place in evidence.broker.of_topics((topic,)):
        for record in evidence.broker.partitions[place]:
            if record.key == FOREIGN:
                continue
            on_kafka.delivered(Delivered(record.partition, record.offset, record.key, record.value, record.headers))
    for position in on_kafka.missing():
        tallies["I7"].fault(f"position {position} of {service} is in the log and not on Kafka")


def _files(evidence: Evidence, books: Books, tallies: Tallies) -> None:
    folder = evidence.folder / "bank" / "out"
    audited = OrderTallies(tallies["I2"], tallies["I4"], tallies["I5"])
    on_disk = {path.stem for path in folder.glob("*.xml")} if books.runs.by_ref else ()
    Orders(books.rights, books.accounts, Fingerprints([FINGERPRINTS.secret]), audited).conclude(folder, dict(books.runs.files()), on_disk)


def _rows(evidence: Evidence) -> None:
    """I8: the rows of the last offset of each fact are what the logs hold, and a repeat says the same."""
    rows = {(row.stream, row.version): row for row in evidence.table.rows}
    for row in evidence.table.rows:
        if row[3:] != rows[row.stream, row.version][3:]:
            raise Violated("I8", f"{row.stream}@{row.version} has two rows that differ")
    for service in SERVICES:
        for record in evidence.records(service):
            found = rows.pop((record.stream, record.version), None)
            if found is None or (found.event_id, found.position, found.data) != (record.event_id, record.position, record.data.decode()):
                raise Violated("I8", f"{record.stream}@{record.version} has the row {found and found.event_id}")
    if rows or {aside[:3] for aside in evidence.table.asides} != evidence.broker.foreign(EVENT_TOPICS):
        raise Violated("I8", f"rows of no fact: {sorted(rows)}, or others set aside than are no facts: {evidence.table.asides}")


def _views(evidence: Evidence, books: Books, tallies: Tallies) -> None:
    """I9: each row is its fold from zero, byte for byte, and shows what the auditor's model says."""
    facts = [evidence.codec.from_record(service, record) for service in SERVICES for record in evidence.records(service)]
    audit = ViewsAudit(books.expected, books.rights, books.care, tallies["I9"], Since(lambda _stream, _version: False, lambda: False))
    for view in VIEWS:
        keeper, rebuilt = evidence.views.keepers[view.name], _rebuilt(view, facts)
        kept = {key.decode(): value for partition in range(PARTITIONS) for key, value in keeper.rows(partition)}
        _held("I9", view.name, len(evidence.broker.foreign(view.topics)), sum(map(len, keeper.held.values())))
        for key in sorted(kept.keys() | rebuilt.keys()):
            if kept.get(key) != canonical(rebuilt.get(key, {})):
                raise Violated("I9", f"row {key} of {view.name} is not its rebuild from zero")
        audit.keys(view.name, kept)
    for client, row in _rebuilt(contact_view.VIEW, facts).items():
        audit.client("contact-view", client, row)
    for run in sorted(books.expected.runs):
        audit.run("the sum", run, {"payouts": evidence.views.totals.of("run_ref", run)})


def _rebuilt(view: View, facts: list[Envelope[Event]]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for fact in facts:
        if fact.stream.startswith(view.streams):
            key = view.row_key(fact.stream, fact.key)
            rows[key] = folded(view, rows.get(key), fact)
    return rows


def _reactions(evidence: Evidence) -> None:
    """What follows from each fact of intake was done once: households in order, applications and batons in any order."""
    intake, benefits = list(_events(evidence, "intake")), list(_events(evidence, "benefits"))
    told, noted = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for event in intake:
        if isinstance(event, HouseholdEvent):
            told[event.household_ref].append(len(told[event.household_ref]) + 1)
    for event in benefits:
        if isinstance(event, HouseholdNoted):
            noted[event.household_ref].append(event.source_version)
    _followed("households", told, noted)
    received = sorted(event.application_ref for event in intake if isinstance(event, ApplicationReceived))
    _followed("applications", received, sorted(event.application_ref for event in benefits if isinstance(event, ApplicationNoted)))
    accepted = sorted(event.client for event in intake if isinstance(event, IntakeAccepted))
    opened = sorted(event.client for event in _events(evidence, "handover") if isinstance(event, BatonOpened))
    _followed("clients in care", accepted, opened)
    for service in ("benefits", "handover"):
        _held("I7", service, len(evidence.broker.foreign((INTAKE_EVENTS,))), len(held(evidence.disks[service])))


def _followed(what: str, told: object, done: object) -> None:
    if told != done:
        raise Violated("I7", f"of {what} intake told {told}, and what followed is {done}")


def _held(invariant: str, who: str, foreign: int, held_here: int) -> None:
    if foreign != held_here:
        raise Violated(invariant, f"{who} holds {held_here} records, {foreign} are no facts")


def _payments(evidence: Evidence) -> None:
    known = [record.position for record in evidence.records("intake") if record.type == HouseholdRegistered.TYPE]
    Payments(lambda upto: sum(position <= upto for position in known)).follow(_events(evidence, "benefits"))


def _contact_persons(evidence: Evidence) -> None:
    """I10 at every prefix: whoever is or becomes a contact person works in the team at that moment."""
    staff, contacts = defaultdict[str, set[str]](set), dict[str, str]()
    for event in _events(evidence, "handover"):
        match event:
            case StaffJoined():
                staff[event.team_ref].add(event.staff_ref)
            case StaffLeft():
                staff[event.team_ref].discard(event.staff_ref)
                if event.staff_ref in contacts.values():
                    raise Violated("I10", f"{event.staff_ref} left, and is still a contact person")
            case BatonOpened() | ContactPersonAssigned() | BatonAccepted():
                team_ref = event.to_team_ref if isinstance(event, BatonAccepted) else event.team_ref
                contacts[event.client] = event.contact_person
                if event.contact_person not in staff[team_ref]:
                    raise Violated("I10", f"{event.contact_person} of {event.client} does not work in {team_ref}")
            case _:
                pass


def _events(evidence: Evidence, service: str) -> Iterator[Event]:
    return (evidence.codec.event(record.type, record.data) for record in evidence.records(service))
