"""Handover with its door and the people who come to it, for tests over HTTP."""

import json
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from services.access.caller import Role
from services.access.development import AUDIENCE, ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from services.access.processing_log import ProcessingLog
from services.contracts.codec import published
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.memory import MemoryLog
from services.handover.api import make_app
from services.handover.office import Office
from services.handover.reaction import react
from services.handover.rules import installed
from services.handover.waking import on_due
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault
from services.web.in_process import InProcess
from services.web.reads import Reads
from tests.handover.teams import ALKMAAR, NOW, accepted

TEAM = {"municipality": ALKMAAR, "organisation": "werk", "on": "2024-02-01"}
SOMEBODY = {"staff_ref": "s-1", "on": "2024-02-01"}
SECOND = {"staff_ref": "s-2", "on": "2024-02-01"}


class House:
    """Handover with its door and the people who come to it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.time = folder, MemoryLog("handover", published()), NOW
        self._issuer = DevelopmentIssuer(folder / "issuer", lambda: NOW)
        self.processing = ProcessingLog(folder / "processing")
        gate = Gate(self._issuer.keys, ISSUER, AUDIENCE, lambda: NOW)
        refs = count(1)
        reads, self.vault = Reads(self.processing, self.now), Vault(MemoryKeys())
        office = Office(self.log, reads, self.vault, b"secret", installed(), self.now, lambda prefix: f"{prefix}{next(refs)}")
        self._app = make_app(office, gate, 10_000)

    def now(self) -> datetime:
        return self.time

    def as_(self, role: Role, municipality: str = ALKMAAR, actor: str = "s-boss") -> InProcess:
        token = self._issuer.token(actor, [role], [municipality])
        return InProcess(self._app, {"Authorization": f"Bearer {token}"})

    def accept(self, client: str) -> None:
        for work in react(lambda: NOW)(accepted(client)):
            self.log.submit(work).result(5)

    def read_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "processing" / "processing.ndjson").read_text().splitlines()]

    def at(self, moment: datetime) -> None:
        """Let the time be a moment, and the clock do what is due."""
        self.time = moment
        clock = Clock(self.log, self.now, on_due(installed()), JumpGuard(self.now, moment.timestamp, 1))
        while clock.round():
            pass
