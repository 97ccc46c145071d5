"""One history from one seed: a safety phase among faults, then a liveness phase without any, in which everything must converge."""

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from zlib import crc32

from deploy.bank import order
from deploy.simulation import handovers, months, officers, people
from deploy.simulation.broker import FOREIGN, Broker
from deploy.simulation.commands import Callers, Command, Unanswered, Violated
from deploy.simulation.faults import Crashed, Ended, Faults
from deploy.simulation.invariants import Consumers, Evidence, judge
from deploy.simulation.nature import Nature, RememberingCodec
from deploy.simulation.people import Condition, Script, Town
from deploy.simulation.reporting import Reporting
from deploy.simulation.rooms import Benefits, Handover, Intake, Product, Room
from deploy.simulation.told import Met, Told, answers_and_refusals
from deploy.simulation.views import Views
from services.audit.fact import kind
from services.benefits import schemas
from services.contracts.codec import Record, published
from services.contracts.topics import EVENT_TOPICS
from services.eventlog.log import LogUnavailable
from services.serving import collect_rarely

PUBLISHED = published()
WEIGHTS = {"relay": 2, "reactor": 2, "jobs": 2, "fold": 2, "asking": 4}
"""Steps that bring a history forward are taken more often than those that mostly find nothing to do."""
SHARE_WITH_RUN = 0.15
SHARE_OF_MONTHS = 0.2
"""Of the histories with a run of payments, those in which it pays months."""
SHARE_WITH_HANDOVERS = 0.4
LIVENESS_ROUNDS = 200
OTHERS = 0.25
DEEPEST = 3
NIGHT_SECONDS = 54_000.0
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
"""Files in memory, where the machine has that: what is written is read back at once, and forgotten at the end."""


@dataclass
class Actor:
    """Somebody who takes steps; `process` is whose crash ends them, `is_up` whether it runs."""

    name: str
    process: str
    step: Callable[[], object]
    is_busy: bool = False


@dataclass
class Asking:
    """A script with what it waits for."""

    script: Script
    waits_for: Command | Condition | None = None
    is_done: bool = False

    def go_on(self, told: object = None) -> None:
        """The next thing that is asked for."""
        try:
            self.waits_for = self.script.send(told)
        except StopIteration:
            self.is_done = True


@dataclass
class World:
    """Everything in one history."""

    seed: int
    folder: Path
    product: Product = field(default_factory=Product)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.faults = Faults.drawn(self.chance)
        self.nature = Nature(self.chance, self.faults, RememberingCodec(PUBLISHED), self.others)
        self.broker, self.consumers = Broker(), Consumers()
        around = (self.broker, self.nature, self.product, self.consumers.heard)
        self.intake, self.handover = Intake(*around), Handover(*around)
        (self.folder / "benefits").mkdir()
        self.benefits = Benefits(*around, self.folder / "benefits")
        self.rooms: tuple[Room, ...] = (self.intake, self.benefits, self.handover)
        self.views, self.sink = Views(self.broker, self.nature), Reporting(self.broker, self.nature, self.product.sink)
        self.processes = {process.name: process for process in (*self.rooms, self.views, self.sink)}
        self.callers = Callers(self.nature)
        self.town = Town(self.nature, self.intake, self.benefits, self.handover, self.chance.choice((1, 1, 2, 2, 3, 4)))
        self.with_run = self.chance.random() < SHARE_WITH_RUN
        self.with_months = self.with_run and self.chance.random() < SHARE_OF_MONTHS
        self.asking = [Asking(script) for script in self._scripts()]
        self._stack: list[tuple[Actor, int]] = []
        self.lives = dict.fromkeys(self.processes, 0) | {"": 0}
        self.steps = 0
        self.actors = list(self._actors())
        self._drawn = [actor for actor in self.actors for _ in range(WEIGHTS.get(actor.name, 1))]

    def _scripts(self) -> Iterator[Script]:
        for _ in range(self.town.households):
            yield people.household(self.town)
        for municipality in people.MUNICIPALITIES:
            yield people.team(self.town, municipality)
        if self.chance.random() < SHARE_WITH_HANDOVERS:
            yield handovers.receiving_team(self.town, self.chance.choice(people.MUNICIPALITIES))
        if self.with_months:
            yield from (months.life(self.town, number) for number in range(self.town.households))
            for number in range(self.chance.randint(1, 2)):
                yield officers.month(self.town, self.chance.choice((2, 2, 2, 3)), date(2024, 2, 15 + number))
        elif self.with_run:
            promised = (date(2024, 3, 1), date(2024, 3, 2))
            for number in range(self.chance.randint(1, 2)):
                yield officers.run(self.town, self.chance.choice((1, 1, 2)), promised[number])

    def _actors(self) -> Iterator[Actor]:
        for room in self.rooms:
            for name, step in room.steps().items():
                yield Actor(name, room.name, step)
        yield Actor("fetch", "worker", self.views.fetch)
        yield Actor("fold", "worker", self.views.fold)
        yield Actor("commit", "worker", self.views.commit)
        yield Actor("sink", "sink", self.sink.round)
        yield Actor("late", "", self.broker.arrive)
        yield Actor("night", "", self._night)
        yield Actor("foreign", "", self._foreign)
        yield Actor("bother", "", self._bother)
        for asking in self.asking:
            yield Actor("asking", "", lambda asking=asking: self._ask(asking))  # type: ignore[misc]  # bound now

    def others(self) -> None:
        """In the midst of a step, somebody else takes one."""
        if len(self._stack) < DEEPEST and not self.nature.is_alone and self.chance.random() < OTHERS:
            self.one_step()
            actor, life = self._stack[-1]
            if life != self.lives[actor.process]:
                raise Ended(actor.process)

    def one_step(self) -> None:
        """Somebody whose process runs and who is not in the midst of something takes a step."""
        self.run(self.chance.choice(self._drawn))

    def run(self, actor: Actor) -> None:
        """Take a step; a process that does not run starts instead. A crash ends every step of its process, once it goes on."""
        if actor.is_busy:
            return
        self.steps += 1
        self.nature.passes(self.chance.random() / 5)
        actor.is_busy = True
        self._stack.append((actor, self.lives[actor.process]))
        try:
            self._step(actor)
        except Ended:
            pass
        except Crashed as crash:
            self.lives[crash.process] += 1
            self.processes[crash.process].fall()
        finally:
            self._stack.pop()
            actor.is_busy = False

    def _step(self, actor: Actor) -> None:
        process = self.processes.get(actor.process)
        if process is None:
            actor.step()
            return
        if not process.is_up:
            process.start()
            return
        self.faults.ends_at("ends", actor.process)
        try:
            actor.step()
        except (LogUnavailable, TimeoutError) as wrong:
            # A loop that fails ends its process (services/serving.py), and starts into the same trouble again.
            raise Violated("I13", f"{actor.name} of {actor.process} ends by itself: {type(wrong).__name__}") from wrong

    def _night(self) -> None:
        if self.faults.strikes("night"):
            self.nature.passes(NIGHT_SECONDS)

    def _foreign(self) -> None:
        if not self.with_run and self.faults.strikes("foreign"):
            self.broker.take(self.chance.choice(EVENT_TOPICS), [(FOREIGN, [], b"?")])

    def _bother(self) -> None:
        try:
            self.callers.bother()
        except Unanswered:
            return

    def _ask(self, asking: Asking) -> None:
        if asking.is_done:
            return
        match asking.waits_for:
            case None:
                asking.go_on()
            case Command() as command:
                self._give(asking, command)
            case condition:
                if condition():
                    asking.go_on()

    def _give(self, asking: Asking, command: Command) -> None:
        try:
            told = self.callers.give(command)
        except Unanswered:
            return
        asking.go_on(told)

    def is_done(self) -> bool:
        """Whether everybody got what they asked for."""
        return all(asking.is_done for asking in self.asking)

    def safety(self) -> None:
        """Steps among faults, until all is asked or it has been enough."""
        for _ in range(self.chance.randint(40, 350 if self.with_run else 200)):
            self.one_step()
            if self.chance.random() < 0.1 and self.is_done():
                return

    def liveness(self) -> None:
        """Without faults everybody takes turns, until nothing waits any more."""
        self.faults.stop()
        for _ in range(LIVENESS_ROUNDS):
            for actor in self.actors:
                self.run(actor)
            if self.is_done() and not self.evidence().lags():
                return
        waiting = [str(asking.waits_for) for asking in self.asking if not asking.is_done]
        raise Violated("I13", f"{LIVENESS_ROUNDS} rounds after the faults: {self.evidence().lags() or waiting}")

    def met(self, facts: list[Record]) -> Met:
        """What this history met."""
        outcomes, refusals = answers_and_refusals(self.callers.answers.values())
        kinds = Counter(kind(fact.type) for fact in facts)
        return Met(self.faults.struck, Counter(self.lives), outcomes + self.callers.without, refusals, kinds)

    def evidence(self) -> Evidence:
        """What there is to judge."""
        disks = {room.name: room.disk for room in self.rooms}
        return Evidence(
            disks, self.broker, self.views, self.sink.table, self.callers, self.consumers, self.benefits.folder, self.nature.codec
        )


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def history(seed: int, product: Product | None = None) -> Told:
    """Live through the history of a seed; raises `Violated`, and whatever code of the house raises where it must not."""
    with _folder() as folder:
        world = World(seed, folder, product or Product())
        world.safety()
        world.liveness()
        judge(world.evidence())
        facts = [record for room in world.rooms for record in room.disk.after(0, 1_000_000)]
        return Told(seed, len(facts), world.steps, world.with_run, world.met(facts), _digest(facts))


@contextmanager
def many() -> Iterator[None]:
    """Within, histories share what never changes: each XML schema is read once, which one thread may, and a history has no other.

    Circular garbage is looked for as rarely as in a process of the product, and never in what was there before.
    """
    ours, of_the_bank, threshold = schemas.schema_of, order.schema, gc.get_threshold()
    schemas.schema_of, order.schema = cache(ours), cache(of_the_bank)
    gc.freeze()
    collect_rarely()
    try:
        yield
    finally:
        schemas.schema_of, order.schema = ours, of_the_bank
        gc.set_threshold(*threshold)
        gc.unfreeze()


def _digest(facts: list[Record]) -> int:
    return crc32(b"".join(f"{fact.stream}@{fact.version} {fact.event_id} {fact.recorded_at}".encode() + fact.data for fact in facts))
