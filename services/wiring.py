"""The only place where real things are made: logs, keys, gates, relays, reactors and clocks, from the settings."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from threading import Event as Stop
from typing import Literal, assert_never

from fastapi import FastAPI

from services.access.clerk import Clerk
from services.access.configured import gate, processing_log
from services.benefits import allowance_rules, reconciliation
from services.benefits import api as benefits_api
from services.benefits import erasing as benefits_erasing
from services.benefits import moments as benefits_moments
from services.benefits import policy as benefits_policy
from services.benefits.debtor import Debtor, accounts
from services.benefits.files import Bank
from services.benefits.iban import InvalidIban, normalise
from services.benefits.monthly import norms
from services.benefits.office import Equipment, open_office
from services.benefits.payout_figures import payout_figures
from services.contracts.codec import published
from services.contracts.topics import BENEFITS_EVENTS, HANDOVER_EVENTS, INTAKE_EVENTS, topic_of
from services.eventlog.clock import Clock, OnDue, shifted, system_guard
from services.eventlog.held_records import HeldRecords, fetching
from services.eventlog.identity import event_ids
from services.eventlog.reactor import Follower, React, Reactor, together
from services.eventlog.readback import Beside, OwnTopic, Readback, beside, on_own_topic
from services.eventlog.relay import Relay, arrived, checkpoint, topic_sender
from services.eventlog.restored import generation
from services.eventlog.sqlite import SqliteLog
from services.handover import api as handover_api
from services.handover import directory, waking, watch
from services.handover import erasing as handover_erasing
from services.handover import reaction as handover_reaction
from services.handover import rules as handover_rules
from services.handover.office import Office as HandoverOffice
from services.handover.recall import recall as handover_recall
from services.intake import api as intake_api
from services.intake import likeness, matter_figures, nameless, openings, overlooked, recalling, same_person, term_rules, waiting
from services.intake import waking as intake_waking
from services.intake.desk import Desk, Hashes
from services.intake.erasing import TOLD as ANSWERS
from services.intake.erasing import Eraser
from services.intake.office import Office as IntakeOffice
from services.intake.route import reaction as route_reaction
from services.intake.route import rules as route_rules
from services.intake.route import watch as route_watch
from services.metrics import CLIENTS_WITHOUT_NAME
from services.recovery.alone import LOG, Alone, require_log
from services.recovery.restoration import Found, Restoration, Steps
from services.serving import Loop, Process, Progress
from services.settings import Settings
from services.vault import retention
from services.vault.keyed_hash import KeyedHash, secret_at
from services.vault.sqlite_keys import SqliteKeys
from services.vault.vault import Vault
from services.web.health import Check, health
from services.web.quarantine import add_quarantine
from services.web.reads import Reads
from services.web.restoring import keep_out
from services.web.trail import keep_trail

Service = Literal["intake", "benefits", "handover"]

JOBS_SECONDS = 300.0
"""A large preparation is one step; readiness gives it this long."""

JOBS_PATIENCE = 5.0
"""So many times longer than other loops may it show no life."""

LOOK_SECONDS = 1.0


class WrongSetting(Exception):
    """A setting that cannot be worked with; the text says what to do."""


@dataclass
class _Room:
    """What every service has: its log with a relay, its gate and its processing log; loops and checks are added to."""

    settings: Settings
    service: Service

    def __post_init__(self) -> None:
        folder = self.settings.data / self.service
        self.folder, self.stop = folder, Stop()
        self.now = shifted(self.settings.clock_offset_days)
        require_log(folder)
        self.log = SqliteLog(self.service, folder / LOG, published())
        self.alone = Alone(folder)
        # A crash may have left in the write-ahead log what was dropped for ever.
        self.log.submit(lambda tx: tx.scrub())
        self.gate, keys = gate(self.settings)
        self.processing_log = processing_log(self.settings, self.service)
        self.reads = Reads(self.processing_log, self.now)
        source, send = self.settings.source(self.service), topic_sender(self.settings.kafka, self.service)
        self.topic = OwnTopic(self.settings.kafka, topic_of(self.service))
        self.held: HeldRecords | None = None
        clerk = Clerk(self.log, self.processing_log)
        self.loops = [
            Loop("relay", on_own_topic(self.log, self.topic, Relay(self.log, source, send).run)),
            Loop("log", self._keep_writing),
            Loop("clerk", clerk.run),
        ]
        relayed = Progress("relay to Kafka", lambda: self.log.head() - checkpoint(self.log), lambda: checkpoint(self.log))
        self.checks: dict[str, Check] = {"log": self._log_trouble, "keys": keys.trouble, "relay": relayed}
        self.checks["clerk"] = Progress("lines of commands in the processing log", clerk.waiting, lambda: clerk.position)

    def steps(self, beside: Beside, make_good: Callable[[], None], compare: Callable[[], Found]) -> Steps:
        """How this service comes back into use after a restore."""
        readback = Readback(self.log, published(), self.folder / "readback.sqlite", beside, self.now, event_ids())
        return Steps(lambda stop, told: readback.run(self.topic.batches(stop), told), make_good, compare)

    def _keep_writing(self, stop: Stop) -> None:
        """Ask the log's writer for something each second; where it hangs this loop does too, and the process ends."""
        while not stop.wait(LOOK_SECONDS):
            self.log.submit(lambda tx: tx.head()).exception()

    def _log_trouble(self) -> str | None:
        return None if self.log.writing else "the log takes no commands any more"

    def secret(self, purpose: str) -> KeyedHash:
        """The keyed hash for a purpose."""
        return KeyedHash(secret_at(self.folder / "secrets" / purpose))

    def vault(self) -> Vault:
        """The vault of this service, with its keys in a file of their own."""
        return Vault(SqliteKeys(self.folder / "keys.sqlite"))

    def follow(self, topics: Sequence[str], react: React, types: Collection[str] = ()) -> None:
        """React to the facts of others; to those of these types alone, where few matter."""
        reactor = Reactor(self.log, published(), react, types)
        # A restored log has forgotten what it did with facts that Kafka believes read: it reads them again, under a new name.
        group = "-".join(filter(None, ("reactor", self.service, generation(self.log))))
        follower = Follower(self.settings.kafka, topics, group, reactor)
        self.loops.append(Loop("reactor", follower.run))
        self.checks["reactor"] = follower.trouble
        self.held = HeldRecords(self.log, reactor, fetching(self.settings.kafka))

    def heed(self, on_due: OnDue) -> None:
        """Give commands when moments come."""
        clock = Clock(self.log, self.now, on_due, system_guard(self.now, self.settings.clock_jump_seconds))
        self.loops.append(Loop("clock", clock.run))
        self.checks["clock"] = clock.trouble

    def process(self, app: FastAPI, steps: Steps, allowed: Sequence[str] = ()) -> Process:
        """The process, ready to run; `allowed` are the commands that a restored service takes while others stay out."""
        keep_trail(app, self.processing_log, self.now)
        restoration = Restoration(self.log, self.now, steps)
        if self.held is not None:
            add_quarantine(app, self.held)
        if restoration.blocked:
            keep_out(app, restoration, allowed)
            self.loops = [Loop(loop.name, restoration.when_lifted(loop.run), loop.patience) for loop in self.loops]
            self.loops.append(Loop("restoration", restoration.run, patience=JOBS_PATIENCE))
            self.checks = {name: restoration.when_in_use(check) for name, check in self.checks.items()}
            self.checks["restoration"] = restoration.trouble
        health(app, self.service, self.checks)
        port = getattr(self.settings, f"{self.service}_port")
        process = Process(app, self.settings.host, port, self.stop, self.settings.hang_seconds)
        self.checks["loops"] = process.trouble
        return process.with_loops(self.loops, closing=(self.log.close, self.processing_log.close, self.alone.close))


def _new_ref(prefix: str) -> str:
    return prefix + token_hex(8)


def service(name: Service, settings: Settings) -> Process:
    """One service: its API, relay, reactor and clock. Raises `WrongSetting`."""
    room = _Room(settings, name)
    match name:
        case "intake":
            return _intake(room)
        case "benefits":
            return _benefits(room)
        case "handover":
            return _handover(room)
        case _:
            assert_never(name)


def _intake(room: _Room) -> Process:
    hashes = Hashes(room.secret("bsn"), room.secret("address"))
    desk = Desk(room.vault(), hashes, _new_ref, likeness.installed())
    rules, eraser = term_rules.installed(), Eraser(desk, retention.installed(), room.now)
    overlooked.look_at_all(room.log)
    same_person.look_at_all(room.log)
    room.heed(intake_waking.on_due(desk, rules, eraser))
    route = route_rules.installed()
    heard = together(eraser.react, route_reaction.react(route, room.now), openings.react)
    room.follow((BENEFITS_EVENTS, HANDOVER_EVENTS), heard, (*ANSWERS, *route_reaction.FOLLOWED, *openings.FOLLOWED))
    matter_figures.tell(room.log)
    route_watch.tell(room.log, room.now)
    waiting.tell(room.log, room.now)
    office = IntakeOffice(room.log, desk, room.now, rules, route)
    app = intake_api.make_app(office, room.gate, room.reads, room.settings.body_limit_bytes)
    CLIENTS_WITHOUT_NAME.set_function(lambda: len(nameless.without_name(room.log)))
    recall = beside(partial(recalling.recall, desk), eraser.note)
    return room.process(app, room.steps(recall, _nothing, lambda: Found(missing=nameless.told(room.log))))


def _benefits(room: _Room) -> Process:
    rules, monthly = allowance_rules.installed(), norms.installed()
    office = open_office(
        Equipment(
            log=room.log,
            vault=room.vault(),
            fingerprints=room.secret("account"),
            rules=rules,
            norms=monthly,
            manifests=room.folder / "manifests",
            bank=_bank(room.settings, {row.code: row.name for each in rules for row in each.municipalities}),
            now=room.now,
            new_ref=_new_ref,
            copied=lambda position: arrived(room.log, position, room.stop.wait),
        )
    )
    clearance = benefits_erasing.clearance(office, retention.installed())
    room.follow((INTAKE_EVENTS,), together(benefits_policy.react(room.now), clearance.react))
    room.heed(benefits_moments.on_due((*rules, monthly)))
    room.loops.append(Loop("jobs", office.jobs.run, patience=JOBS_PATIENCE))
    room.loops.append(Loop("payout figures", payout_figures(office).run, patience=JOBS_PATIENCE))
    room.checks["jobs"] = Progress("background work", office.jobs.waiting, lambda: office.jobs.done, limit_seconds=JOBS_SECONDS)
    app = benefits_api.make_app(office, room.gate, room.reads, room.settings.body_limit_bytes)
    steps = room.steps(clearance.note, lambda: reconciliation.make_good(office), lambda: reconciliation.compare(office))
    return room.process(app, steps, allowed=(benefits_api.BANK_ANSWERS,))


def _bank(settings: Settings, municipalities: dict[str, str]) -> Bank:
    try:
        iban = normalise(settings.debtor_iban)
    except InvalidIban as wrong:
        raise WrongSetting(f"BACKBONE_DEBTOR_IBAN is not an account to pay from ({wrong.reason}): set it") from wrong
    try:
        own = accounts(settings.debtor_ibans)
    except ValueError as wrong:
        raise WrongSetting(f"BACKBONE_DEBTOR_IBANS cannot be paid from: {wrong}") from wrong
    if strangers := sorted(own.keys() - municipalities.keys()):
        raise WrongSetting(f"BACKBONE_DEBTOR_IBANS names {', '.join(strangers)}, for whom nothing is paid")
    debtor = Debtor(settings.debtor_name, iban, settings.debtor_bic or None, municipalities, own)
    return Bank(debtor, settings.data / "bank", settings.file_transactions)


def _handover(room: _Room) -> Process:
    rules = handover_rules.installed()
    room.heed(waking.on_due(rules))
    watch.tell(room.log, room.now)
    room.checks["teams"] = lambda: directory.trouble(room.log)
    office = HandoverOffice(room.log, room.reads, room.vault(), room.secret("bodies").secret, rules, room.now, _new_ref)
    clearance = handover_erasing.clearance(office, retention.installed())
    room.follow((INTAKE_EVENTS,), together(handover_reaction.react(room.now), clearance.react))
    app = handover_api.make_app(office, room.gate, room.settings.body_limit_bytes)
    return room.process(app, room.steps(beside(handover_recall, clearance.note), _nothing, Found))


def _nothing() -> None:
    """A service that finds everything in its facts has nothing to make good."""
