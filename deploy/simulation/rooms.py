"""The services of a history: each on a disk that outlives it, with the relay, reactor, clock and background work of the product."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.simulation.broker import Broker, ConsumerLost, FaultyConsumer, FaultySender
from deploy.simulation.disk import FaultyLog
from deploy.simulation.nature import Nature, Waiting
from services.benefits import allowance_rules
from services.benefits import policy as benefits_policy
from services.benefits.debtor import Debtor
from services.benefits.files import Bank
from services.benefits.monthly import letters, norms
from services.benefits.monthly.desk import MonthlyDesk
from services.benefits.office import Equipment, Office, open_office
from services.contracts.envelope import Envelope, Event
from services.contracts.topics import INTAKE_EVENTS, topic_of
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.log import LogUnavailable
from services.eventlog.memory import MemoryLog
from services.eventlog.reactor import Follower, React, Reactor
from services.eventlog.relay import Relay, checkpoint
from services.handover import reaction as handover_reaction
from services.intake import likeness, term_rules, waking
from services.intake.desk import Desk, Hashes
from services.intake.erasing import Eraser
from services.vault import retention
from services.vault.keyed_hash import KeyedHash
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault
from streams.reporting.sink import Sink

RULES = allowance_rules.installed()
NORMS = norms.installed()
LETTERS = letters.installed()
TERM_RULES = term_rules.installed()
TERMS = retention.installed()
CODES = tuple(row.code for row in RULES[0].municipalities)
DEBTOR = Debtor("Regio Werk en Inkomen", "NL91ABNA0417164300", "ABNANL2A", {code: f"Gemeente {code}" for code in CODES})


@dataclass(frozen=True, slots=True)
class RememberedHash(KeyedHash):
    """The same few numbers and addresses come in every history."""

    known: dict[str, str] = field(default_factory=dict)

    def of(self, text: str) -> str:
        """See `KeyedHash`."""
        found = self.known.get(text)
        if found is None:
            found = self.known[text] = KeyedHash.of(self, text)
        return found


FINGERPRINTS = RememberedHash(b"k" * 32)
HASHES = Hashes(RememberedHash(b"b" * 32), RememberedHash(b"a" * 32))
KEYS_AT_ONCE = 4
PATIENCE_SECONDS = 1.0
JUMP_SECONDS = 3_600.0

Step = Callable[[], object]
Heard = Callable[[str, Envelope[Event]], None]
"""Told of what a consumer acts on."""


@dataclass(frozen=True)
class Product:
    """What is simulated; a test puts a broken part in the place of one, and wants it found."""

    relay: type[Relay] = Relay
    reactor: type[Reactor] = Reactor
    follower: type[Follower] = Follower
    sink: type[Sink] = Sink


class Room:
    """One service. `disk` outlives it; everything that `start` makes is lost when it falls."""

    name = ""

    def __init__(self, broker: Broker, nature: Nature, product: Product, heard: Heard) -> None:
        self._broker, self._nature, self._product, self._heard = broker, nature, product, heard
        self.disk = MemoryLog(self.name, nature.codec, nature.new_id)
        self._keys = MemoryKeys()
        self.is_up = False

    def start(self) -> None:
        """Begin a life, with what the disk holds."""
        self.log = FaultyLog(self.disk, self._nature)
        self.now = self._nature.clock_of(self.name)
        self.vault = Vault(self._keys, at_once=KEYS_AT_ONCE)
        self._relay = self._new_relay(self._between)
        self._open()
        self.is_up = True

    def _open(self) -> None:
        """What this service has besides."""

    def fall(self) -> None:
        """End, as kill -9 does."""
        self.is_up = False
        if hasattr(self, "log"):
            self.log.is_alive = False

    def steps(self) -> Mapping[str, Step]:
        """What its loops do, a round at a time."""
        return {"relay": self.relay}

    def _new_relay(self, step: Callable[[str], None]) -> Relay:
        sender = FaultySender(topic_of(self.name), self._broker, self._nature)
        return self._product.relay(self.log, f"urn:nld:oin:00000000000000000000:systeem:{self.name}", sender, step)

    def relay(self) -> None:
        """A turn of the relay."""
        self._relay.turn()

    def _between(self, step: str) -> None:
        self._nature.faults.ends_at("relay-ends", self.name)
        if step == "before-send" and self._nature.faults.strikes("relay-twice"):
            self._new_relay(lambda _: None).turn()

    def _follow(self, topics: Sequence[str], react: React) -> Follower:
        """The follower; `self.follow` is a round of it."""

        def reaction(envelope: Envelope[Event]) -> Sequence[Callable[..., object]]:
            self._heard(self.name, envelope)
            return react(envelope)

        self._topics = topics
        self._consumer = self._new_consumer()
        reactor = self._product.reactor(self.log, self._nature.codec, reaction)  # type: ignore[arg-type]  # the same commands
        return self._product.follower("", topics, f"reactor-{self.name}", reactor)

    def _new_consumer(self) -> FaultyConsumer:
        return FaultyConsumer(self._broker, f"reactor-{self.name}", self._topics, self._nature)


class Intake(Room):
    """Intake, with its clock."""

    name = "intake"

    def _open(self) -> None:
        self.desk = Desk(self.vault, HASHES, self._nature.new_ref, likeness.installed())
        guard = JumpGuard(self.now, self._nature.monotonic, JUMP_SECONDS)
        eraser = Eraser(self.desk, TERMS, self.now)
        self._clock = Clock(self.log, self.now, waking.on_due(self.desk, TERM_RULES, eraser), guard)

    def steps(self) -> Mapping[str, Step]:
        """See `Room`."""
        return {**super().steps(), "clock": self.watch}

    def watch(self) -> None:
        """A round of the clock."""
        self._clock.round()


class Handover(Room):
    """Handover, which follows intake."""

    name = "handover"

    def _open(self) -> None:
        self._follower = self._follow((INTAKE_EVENTS,), handover_reaction.react(self.now))

    def steps(self) -> Mapping[str, Step]:
        """See `Room`."""
        return {**super().steps(), "reactor": self.follow}

    def follow(self) -> None:
        """A round of the reactor; what its loop does then is done here, with a consumer of the simulation."""
        try:
            self._follower.round(self._consumer)
        except (ConsumerLost, LogUnavailable, TimeoutError):
            self._consumer = self._new_consumer()


class Benefits(Handover):
    """Benefits, which follows intake and works in the background; its files lie in `folder`."""

    name = "benefits"

    def __init__(self, broker: Broker, nature: Nature, product: Product, heard: Heard, folder: Path) -> None:
        super().__init__(broker, nature, product, heard)
        self.folder = folder
        self._most_transfers = nature.chance.choice((1, 2, 1_000))

    def _open(self) -> None:
        self._follower = self._follow((INTAKE_EVENTS,), benefits_policy.react(self.now))
        self.office: Office = open_office(
            Equipment(
                log=self.log,
                vault=self.vault,
                fingerprints=FINGERPRINTS,
                norms=NORMS,
                rules=RULES,
                manifests=self.folder / "manifests",
                bank=Bank(DEBTOR, self.folder / "bank", self._most_transfers),
                now=self.now,
                new_ref=self._nature.new_ref,
                copied=lambda position: checkpoint(self.disk) >= position,
                patience_seconds=PATIENCE_SECONDS,
            )
        )
        self.office.jobs.heed(Waiting(self._nature))
        self.monthly = MonthlyDesk(
            log=self.log,
            vault=self.vault,
            fingerprints=FINGERPRINTS,
            norms=NORMS,
            letters=LETTERS,
            residents=self.office.residents,
            payments=self.office.payments,
            now=self.now,
            new_ref=self._nature.new_ref,
        )

    def steps(self) -> Mapping[str, Step]:
        """See `Room`."""
        return {**super().steps(), "jobs": self.work}

    def work(self) -> None:
        """A round of the background work."""
        if self._nature.faults.strikes("folder-away"):
            with self._folder_away():
                self.office.jobs.round()
        else:
            self.office.jobs.round()

    @contextmanager
    def _folder_away(self) -> Iterator[None]:
        """Where the folder was is a file, so that it cannot be made anew either; callers come later."""
        away = self.folder.with_name("away")
        self.folder.rename(away)
        self.folder.touch()
        self._nature.is_alone = True
        try:
            yield
        finally:
            self._nature.is_alone = False
            self.folder.unlink()
            away.rename(self.folder)
