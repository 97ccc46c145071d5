"""A month of the monthly benefit, from the order of its preparation to the last payment file, by how long a past its clients have."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Final

from deploy.bench.figure import Figure, Target
from deploy.bench.lives import MUNICIPALITY
from deploy.bench.many_lives import Population
from deploy.bench.place import Place
from services.benefits import allowance_rules
from services.benefits.debtor import Debtor
from services.benefits.files import Bank
from services.benefits.monthly import norms
from services.benefits.office import Equipment, Office, open_office
from services.benefits.payment_file import MOST_TRANSFERS
from services.benefits.request import RunRequest, ordering, problem
from services.benefits.run import RUN
from services.benefits.run_commands import ApproveRun, JudgeRow, OrderRelease, RunCommand
from services.benefits.run_state import Approved, Prepared, Released
from services.contracts.codec import published
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from services.eventlog.sqlite import SqliteLog
from services.vault.keyed_hash import SECRET_BYTES, KeyedHash
from services.vault.sqlite_keys import SqliteKeys
from services.vault.vault import Vault

LONG, SHORT = date(2025, 12, 1), date(2024, 2, 1)
"""Months with 23 and with one month before them."""
OFFICER, APPROVER = "s-officer", "s-approver"
ANSWER_SECONDS: Final = 60.0
DEBTOR: Final = Debtor("Regio Werk en Inkomen", "NL91ABNA0417164300", "ABNANL2A", {MUNICIPALITY: "Gemeente"})


def figures(place: Place, clients: int = 4_500, most_seconds: float = 10) -> list[Figure]:
    """Everybody is paid; people judge and sign at once. The reads of a run must not grow with the past of its clients."""
    short = Month(place.fresh("month"), SHORT).seconds(clients)
    long = Month(place.fresh("month"), LONG).seconds(clients)
    what = f"month of {clients:,} clients with 23 months behind them, prepare to payment file"
    return [Figure(what, long, "s", Target("value", "at most", most_seconds), "the same with one month behind them", short)]


@dataclass(frozen=True, slots=True)
class Month:
    """The run of a month, in a folder of its own."""

    folder: Path
    month: date

    @property
    def now(self) -> datetime:
        """Clocks stand still on the day of the decision."""
        return datetime(self.month.year, self.month.month, 20, 9, tzinfo=UTC)

    def seconds(self, clients: int) -> float:
        """How long the run takes; raises `RuntimeError` where somebody is not paid."""
        self._settled(clients)
        log = self._log()
        office = self._office(log)
        began = time.perf_counter()
        released = self._carried_out(office)
        seconds = time.perf_counter() - began
        log.close()
        if released.released.withheld or released.prepared.candidates != clients or not released.files:
            raise RuntimeError(
                f"of {clients} clients {released.prepared.candidates} were to be paid, {released.released.withheld} rights not"
            )
        return seconds

    def _settled(self, clients: int) -> None:
        log = self._log()
        office = self._office(log)
        Population(log, office.vault, office.fingerprints, office.norms).settle(clients, self.month)
        log.close()

    def _log(self) -> SqliteLog:
        return SqliteLog("benefits", self.folder / "log.sqlite", published())

    def _carried_out(self, office: Office) -> Released:
        """A run from the order of its preparation to its files. Raises `RuntimeError`."""
        run_ref = self._ordered(office)
        office.jobs.round()
        while isinstance(run := office.run(run_ref), Prepared):
            self._signed(office, run, f"{APPROVER}-{len(run.safeguards.signatures)}")
        for right_ref in run.safeguards.unjudged if isinstance(run, Approved) else ():
            self._does(office, JudgeRow(run_ref, right_ref, "right", APPROVER), f"judge-{right_ref}")
        today = self.now.date()
        self._does(office, OrderRelease(run_ref, OFFICER, today, today, date.max), "release")
        office.jobs.round()
        released = office.run(run_ref)
        if not isinstance(released, Released):
            raise RuntimeError(f"the run waits for somebody: {problem(office.log, run_ref)}")  # noqa: TRY004 - it is about the run
        return released

    def _ordered(self, office: Office) -> str:
        request = RunRequest(
            run_ref="",
            scheme="monthly-benefit",
            scheme_year=self.month.year,
            tranche=self.month.month,
            decided_on=self.now.date(),
            promised_on=self.month.replace(day=28),
            intake_position=0,
            municipalities=(MUNICIPALITY,),
            prepared_by=OFFICER,
            kind="month",
        )
        answer = office.log.submit(ordering(request, self._origin(OFFICER, "order"), b"")).result(ANSWER_SECONDS)
        return answer.stream.rpartition("/")[2]

    def _signed(self, office: Office, run: Prepared, by: str) -> None:
        seen = run.prepared
        needed = office.norms.signatures_for(seen.total_cents).signatures
        sums = (seen.manifest_hash, seen.granted, seen.total_cents)
        self._does(office, ApproveRun(seen.run_ref, *sums, by, seen.total_cents, needed), f"sign-{by}")

    def _does(self, office: Office, command: RunCommand, name: str) -> None:
        work = Work(RUN, lambda _tx: command, self._origin(OFFICER, name), b"")
        answer = office.log.submit(work).result(ANSWER_SECONDS)
        if answer.outcome != "accepted":
            raise RuntimeError(f"{name} was {answer.outcome}: {answer.reason or problem(office.log, command.run_ref)}")

    def _origin(self, actor: str, name: str) -> Origin:
        return Origin(actor, name, self.now, name)

    def _office(self, log: SqliteLog) -> Office:
        refs = count(1)
        return open_office(
            Equipment(
                log=log,
                vault=Vault(SqliteKeys(self.folder / "keys.sqlite")),
                fingerprints=KeyedHash(bytes(SECRET_BYTES)),
                rules=allowance_rules.installed(),
                norms=norms.installed(),
                manifests=self.folder / "manifests",
                bank=Bank(DEBTOR, self.folder / "bank", MOST_TRANSFERS),
                now=lambda: self.now,
                new_ref=lambda prefix: f"{prefix}{next(refs):016x}",
                copied=lambda _position: True,
            )
        )
