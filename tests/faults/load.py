"""What goes on in the region while faults strike: households, accounts and staff come in one by one, all the time."""

import json
import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from deploy.region.municipalities import MUNICIPALITIES
from deploy.rehearsal.desks import lines_of
from deploy.rehearsal.staff import Staff

PAUSE_SECONDS = 0.05
STAFF_EVERY = 5


@dataclass
class Load:
    """Registers the households of `files` in order, each with its account; `done` counts them."""

    staff: Staff
    files: Path
    done: int = 0
    failure: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _paused: threading.Event = field(default_factory=threading.Event)
    _accounts: "queue.SimpleQueue[dict[str, str] | None]" = field(default_factory=queue.SimpleQueue)
    _threads: tuple[threading.Thread, ...] = ()

    def start(self) -> "Load":
        """Begin, in threads of its own."""
        self._threads = tuple(threading.Thread(target=each, name="load", daemon=True) for each in (self._run, self._bind))
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End after the household under way; raises what went wrong."""
        self._stop.set()
        for thread in self._threads:
            thread.join(150)
            assert not thread.is_alive(), "the load did not end"
            self._accounts.put(None)
        if self.failure is not None:
            raise self.failure

    def pause(self) -> None:
        """Begin no other household."""
        self._paused.set()

    def go_on(self) -> None:
        """Begin others again."""
        self._paused.clear()

    def _run(self) -> None:
        try:
            accounts = {line["bsn"]: line for line in map(json.loads, lines_of(self.files / "accounts.ndjson"))}
            for number, line in enumerate(lines_of(self.files / "households.ndjson")):
                if self._stop.wait(PAUSE_SECONDS):
                    return
                while self._paused.is_set() and not self._stop.is_set():
                    time.sleep(PAUSE_SECONDS)
                self._one(line, accounts)
                if number % STAFF_EVERY == 0:
                    self._staff(number)
                self.done = number + 1
            raise AssertionError("the load ran out of households")  # noqa: TRY301 - told to whoever stops the load
        except BaseException as wrong:  # noqa: BLE001 - told to whoever stops the load
            self.failure = wrong

    def _one(self, line: bytes, accounts: dict[str, dict[str, str]]) -> None:
        household = json.loads(line)
        answered = next(self.staff.intake.bulk("/v1/households/_bulk", [line], _nobody_looks))
        applicant = next(member["bsn"] for member in household["members"] if member["role"] == "applicant")
        if answered["outcome"] != "refused" and applicant in accounts:
            known, account = answered["refs"], accounts[applicant]
            body = {"id": account["id"], "client": known["client"], "municipality": household["municipality"]}
            self._accounts.put(body | {"iban": account["iban"], "holder_name": account["holder_name"]})

    def _bind(self) -> None:
        """Accounts at a desk of their own: benefits takes one as soon as it has heard of the client, so it waits while Kafka is away."""
        try:
            while (body := self._accounts.get()) is not None:
                next(self.staff.accounts.bulk("/v1/accounts/_bulk", [json.dumps(body).encode()], _nobody_looks))
        except BaseException as wrong:  # noqa: BLE001 - told to whoever stops the load
            self.failure = wrong

    def _staff(self, number: int) -> None:
        code = MUNICIPALITIES[number % len(MUNICIPALITIES)].code
        body = {"municipality": code, "organisation": "region", "on": "2023-01-01"}
        team = self.staff.teams.post("/v1/teams", f"form-{code}", body)["refs"]["team_ref"]
        joins = {"staff_ref": f"s-load-{number}", "on": "2023-01-01"}
        self.staff.teams.post(f"/v1/teams/{team}/staff", f"join-{number}", joins)


def _nobody_looks(_number: int) -> None:
    """No bar."""


def moving(load: Load, count: int = 3, limit_seconds: float = 60.0) -> None:
    """Wait until the load got further by some households."""
    began, limit = load.done, time.monotonic() + limit_seconds
    while load.done < began + count:
        if load.failure is not None:
            raise load.failure
        assert time.monotonic() < limit, f"the load stands still at household {load.done}"
        time.sleep(0.05)
