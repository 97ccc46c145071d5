"""A chain under load for fault tests: a region of its own, staff whose commands are judged, and an end that looks at everything."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import httpx

from deploy.bench.chain import environment_of
from deploy.broker import Broker
from deploy.region import generate
from deploy.region.norms import NormCategory
from deploy.rehearsal.__main__ import REFERENCE, REHEARSED
from deploy.rehearsal.desks import Advance
from deploy.rehearsal.staff import TOKEN_MINUTES, Staff
from deploy.rehearsal.story import Story
from deploy.rehearsal.summary import VIEWS, complete
from services.access.configured import development_issuer
from services.benefits.allowance_rules import installed
from services.ports import free_port
from services.processes import SERVICES
from services.settings import Settings
from tests.faults.ledger import Ledger, Persistent
from tests.faults.load import Load
from tests.faults.proxy import Proxy
from tests.faults.stage import LOOK_SECONDS, Failed, Stage

HOUSEHOLDS, COMING = 80, 4_000
SEED = 5
COMMAND_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a scenario asks of its chain: a day, settings of its own, a network that can fail, and what surrounds the processes."""

    settings: Mapping[str, str] = field(default_factory=dict)
    is_proxied: bool = False
    before: Callable[["Site"], None] = lambda _site: None
    after: Callable[["Site"], None] = lambda _site: None
    day: date = REHEARSED


NOTHING = Terms()


@dataclass
class Site:
    """One chain in `folder`, its staff, its story of an allowance run, and the load beside that."""

    folder: Path
    settings: Settings
    environment: dict[str, str]
    stage: Stage
    terms: Terms = NOTHING
    proxies: dict[str, Proxy] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    abandoned: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        staff = self._staff()
        self.story = Story(staff, self.folder / "region", self.folder / "bank", SEED, REHEARSED, self._check, no_bars)
        self.load = Load(self._staff(), self.folder / "coming")

    def _staff(self) -> Staff:
        issuer = development_issuer(self.settings)
        urls = {name: f"http://{self.settings.host}:{self.port(name)}" for name in (*SERVICES, "views")}
        http = httpx.Client(transport=Persistent(self.ledger), trust_env=False)
        return Staff.at(urls, lambda actor, roles, scope: issuer.token(actor, roles, scope, TOKEN_MINUTES), http)

    def port(self, name: str) -> int:
        """Where staff reach a service or the views: through a proxy, where there is one."""
        return self.proxies[name].port if name in self.proxies else int(getattr(self.settings, f"{name}_port"))

    def _check(self) -> None:
        if self.abandoned.is_set():
            raise Failed("the run was abandoned")

    def write_files(self) -> None:
        """The region of the run, and the households that come in meanwhile: other seeds, so nobody is in both."""
        norms = next(each for each in installed() if each.scheme_year == REFERENCE.year - 1).norm_cents
        table = {category: norms(category) for category in get_args(NormCategory)}
        generate(HOUSEHOLDS, SEED, REFERENCE, table).write(self.folder / "region")
        generate(COMING, SEED + 1, REFERENCE, table).write(self.folder / "coming")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of an operator."""
        argv = [sys.executable, "-m", "services.cli", *arguments]
        return subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)

    def verified(self) -> None:
        """Every invariant, and every view against its fold from zero; raises `Failed`."""
        told = [self.command("verify"), *(self.command("rebuild", view, "--check") for view in VIEWS)]
        wrong = [line for ended in told if ended.returncode for line in (ended.stdout + ended.stderr).splitlines()]
        if wrong:
            raise Failed("\n".join(line for line in wrong if not line.startswith("holds")))

    def judged(self) -> None:
        """Every answer was allowed, and every fact that was acknowledged is in its log; raises `Failed`."""
        if self.ledger.wrong:
            raise Failed("; ".join(self.ledger.wrong[:5]))
        for service in SERVICES:
            wanted = self.ledger.recorded.get(self.port(service), set())
            with closing(sqlite3.connect(self.settings.data / service / "log.sqlite")) as log:
                there = {position for (position,) in log.execute("SELECT position FROM events")}
            if wanted - there:
                raise Failed(f"{len(wanted - there)} acknowledged facts are not in the log of {service}")

    def told(self, service: str, name: str, municipality: str = "%") -> list[str]:
        """Clients of whom a service recorded a fact of this name, in its order, from the log."""
        with closing(sqlite3.connect(f"file:{self.settings.data / service / 'log.sqlite'}?mode=ro", uri=True)) as log:
            facts = "SELECT client FROM events WHERE type LIKE ? AND municipality LIKE ? ORDER BY position"
            return [client for (client,) in log.execute(facts, (f"%.{name}.v1", municipality))]

    def agreed(self, run: str) -> None:
        """Run, bank, views and ClickHouse say the same to the cent; raises `Failed`."""
        totals = complete(self.settings, self.story, run)
        if not totals.agree:
            raise Failed(f"the sources disagree: {totals.by_source}")


def site(folder: Path, terms: Terms = NOTHING) -> Site:
    """A chain on free ports in an empty folder, not started."""
    environment = environment_of(folder / "data", terms.day, datetime.now(UTC).date()) | dict(terms.settings)
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    proxies: dict[str, Proxy] = {}
    if terms.is_proxied:
        proxies = {name: Proxy(free_port(), int(environment[f"BACKBONE_{name.upper()}_PORT"])).start() for name in (*SERVICES, "kafka")}
        environment["BACKBONE_KAFKA"] = f"127.0.0.1:{proxies['kafka'].port}"
    settings = Settings.read(environment)
    reached_at = proxies["kafka"].port if proxies else None
    broker = Broker(settings.data, settings.kafka_port, reached_at=reached_at, setting="BACKBONE_KAFKA_PORT")
    return Site(folder, settings, environment, Stage(settings, environment, broker), terms, proxies)


def perform(made: Site, scenario: Callable[[Site], None]) -> None:
    """Start the chain, carry a scenario out in a thread, and start again what ends meanwhile; everything stops at the end."""
    failure: list[BaseException] = []

    def carried_out() -> None:
        try:
            scenario(made)
        except BaseException as wrong:  # noqa: BLE001 - raised again below
            failure.append(wrong)

    thread = threading.Thread(target=carried_out, name="scenario", daemon=True)
    try:
        made.write_files()
        made.terms.before(made)
        made.stage.start()
        thread.start()
        while thread.is_alive():
            made.stage.keep()
            time.sleep(LOOK_SECONDS)
    finally:
        made.abandoned.set()
        made.stage.stop()
        for proxy in made.proxies.values():
            proxy.stop()
        made.terms.after(made)
    if failure:
        raise failure[0]


def no_bars(_name: str, _total: int) -> Advance:
    """Nobody looks on."""
    return lambda _number: None
