"""A chain of which one service can be killed, robbed of its log and restored, while everybody else goes on working."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import httpx

from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from deploy.region import generate
from deploy.region.norms import NormCategory
from deploy.rehearsal.staff import Staff
from deploy.rehearsal.story import Story
from services.access.development import DevelopmentIssuer
from services.benefits.allowance_rules import installed
from services.child import Child
from services.processes import parts
from services.settings import Settings
from services.supervise import Supervisor
from tests.chain import HOUSEHOLDS, ROOT, environment

DECIDED_ON = date(2024, 3, 5)
LIMIT_SECONDS = 60.0
NOWHERE = "127.0.0.1:1"


def rehearsed(data: Path) -> dict[str, str]:
    offset = (DECIDED_ON - datetime.now(UTC).date()).days
    return {
        **environment(data),
        "BACKBONE_CLOCK_OFFSET_DAYS": str(offset),
        "BACKBONE_DEBTOR_IBAN": "NL44RABO0123456789",
        "MALLOC_ARENA_MAX": "2",
    }


@dataclass
class Disaster:
    """The chain with one service in our hands."""

    service: str
    around: Mapping[str, str]
    settings: Settings
    story: Story
    copies: Path
    children: list[Child] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.settings.data / self.service

    def backbone(self, *argv: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.cli", *argv]
        return subprocess.run(command, env=dict(self.around), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    def comes_up(self, **settings: str) -> Child:
        """The service comes up, perhaps with other settings; returns when it answers at all."""
        part = next(part for part in parts(self.settings, {**self.around, **settings}) if part.name == self.service)
        self.children.append(child := Child(part))
        self.until(lambda: self.answers("/healthz") == httpx.codes.OK)
        return child

    def killed(self) -> None:
        """The service gets SIGKILL, and its log is gone with the disk."""
        self.children[-1].kill()
        for path in self.folder.glob("log.sqlite*"):
            path.unlink()

    def restored(self, backup: Path) -> None:
        done = self.backbone("restore", self.service, str(backup))
        assert done.returncode == 0, done.stderr

    def backed_up(self) -> Path:
        done = self.backbone("backup", str(self.copies), "--service", self.service)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip().partition(": ")[2])

    def answers(self, path: str) -> int:
        try:
            return httpx.get(self.url + path, trust_env=False).status_code
        except httpx.TransportError:
            return 0

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{getattr(self.settings, f'{self.service}_port')}"

    def refused(self) -> dict[str, Any]:
        """What a command is answered now."""
        officer = self.story.staff.officer
        headers = {"Authorization": f"Bearer {officer.token}", "Idempotency-Key": "close-any"}
        answer = httpx.post(f"{self.url}/v1/runs/run-0123456789abcdef/closings", headers=headers, trust_env=False)
        told: dict[str, Any] = answer.json()
        return told

    def standing(self) -> dict[str, Any]:
        told: dict[str, Any] = self.story.staff.officer.get("/v1/restoration")
        return told

    def in_use(self) -> bool:
        return self.answers("/readyz") == httpx.codes.OK

    def until(self, reached: Callable[[], object]) -> None:
        limit = time.monotonic() + LIMIT_SECONDS
        while not reached():
            self.children[-1].require_running()
            assert time.monotonic() < limit, self.children[-1].log_tail()
            time.sleep(0.1)


@contextmanager
def chain_with_prepared_run(folder: Path) -> Iterator[tuple[Disaster, str]]:
    """Everything is up, benefits in our hands, and a run waits for its approval."""
    with chain(folder, "benefits", ("intake", "handover", "worker", "sink")) as disaster:
        yield disaster, up_to_preparation(disaster.story)


@contextmanager
def chain(folder: Path, service: str, others: tuple[str, ...] = ()) -> Iterator[Disaster]:
    """A broker, the service and some others; what stands after it is stopped in order."""
    around = rehearsed(folder / "data")
    settings = Settings.read(around)
    broker = Broker(settings.data, settings.kafka_port)
    with Supervisor() as up:
        up.start(broker.part())
        ensure_topics(broker.bootstrap)
        up.start(*(part for part in parts(settings, around) if part.name in others))
        disaster = Disaster(service, around, settings, story_of(settings, folder, up.check), folder / "copies")
        try:
            disaster.comes_up()
            yield disaster
        finally:
            disaster.children[-1].stop()


def story_of(settings: Settings, folder: Path, check: Callable[[], None]) -> Story:
    issuer = DevelopmentIssuer(settings.data / "issuer", audience=settings.oidc_audience)
    ports = {name: getattr(settings, f"{name}_port") for name in ("intake", "benefits", "handover", "views")}
    urls = {name: f"http://{settings.host}:{port}" for name, port in ports.items()}
    staff = Staff.at(urls, lambda actor, roles, scope: issuer.token(actor, roles, scope, 60))
    return Story(staff, folder / "region", folder / "bank", 1, DECIDED_ON, check, lambda _name, _total: lambda _number: None)


def up_to_preparation(story: Story) -> str:
    write_files(story)
    story.form_teams()
    story.register_households()
    story.bind_accounts()
    story.record_opening_balances()
    story.receive_applications()
    return story.prepare_run()


def write_files(story: Story) -> None:
    """The files of a small region."""
    rules = installed()[0]
    generate(HOUSEHOLDS, 1, date(2024, 1, 1), {name: rules.norm_cents(name) for name in get_args(NormCategory)}).write(story.files)
