"""Benefits with its door, and the people who come to it over HTTP."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.access.caller import Role
from services.access.development import AUDIENCE, ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from services.access.processing_log import ProcessingLog
from services.benefits.api import make_app
from services.eventlog.log import EventLog
from services.web.in_process import InProcess
from services.web.reads import Reads
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_region import ALL, APPROVER, NOW, OFFICER, household, region

RUN = {
    "scheme": "energy-allowance",
    "scheme_year": 2023,
    "tranche": 1,
    "decided_on": "2024-02-15",
    "promised_on": "2024-03-01",
}
RELEASE = {"execution_on": "2024-02-20"}


class House:
    """Benefits with its door and the people who come to it."""

    def __init__(self, folder: Path, log: EventLog | None = None) -> None:
        self.folder, self.region = folder, region(folder, log)
        self._issuer = DevelopmentIssuer(folder / "issuer", lambda: NOW)
        self.processing = ProcessingLog(folder / "processing")
        self.opens()

    def opens(self) -> None:
        """The door of the office as it is now."""
        gate = Gate(self._issuer.keys, ISSUER, AUDIENCE, lambda: NOW)
        self._app = make_app(self.region.office, gate, Reads(self.processing, lambda: NOW), 1_000_000)

    def as_(self, role: Role, actor: str, municipalities: Sequence[str] = ALL) -> InProcess:
        return InProcess(self._app, {"Authorization": f"Bearer {self._issuer.token(actor, [role], municipalities)}"})

    def prepared(self, key: str = "prepare-1") -> str:
        """A run over what is known, prepared by the officer."""
        asked = {**RUN, "intake_position": self.region.told}
        answer = self.as_("payments-officer", OFFICER).post("/v1/runs", key, json=asked)
        self.region.works()
        return f"/v1/runs/{answer.json()['run_ref']}"

    def approval(self, run: str) -> dict[str, Any]:
        prepared = self.as_("payments-officer", OFFICER).get(run).json()["prepared"]
        return {name: prepared[name] for name in ("manifest_hash", "granted", "total_cents")}

    def paid_out(self) -> str:
        return self.released(self.prepared())

    def released(self, run: str) -> str:
        """A prepared run, approved and released; its files lie ready."""
        self.as_("payments-approver", APPROVER).post(f"{run}/approvals", "approve-1", json=self.approval(run))
        self.judged(run)
        self.as_("payments-officer", OFFICER).post(f"{run}/releases", "release-1", json=RELEASE)
        self.region.works()
        return run

    def judged(self, run: str, verdict: str = "right", actor: str = APPROVER) -> list[int]:
        """Somebody looks into every drawn row; the status of each answer."""
        desk, rows = self.as_("caseworker", actor), self.shown(run)["safeguards"]["sample"]
        said = [{"right_ref": row["right_ref"], "verdict": verdict} for row in rows]
        return [desk.post(f"{run}/verdicts", f"judge-{each['right_ref']}-{verdict}", json=each).status_code for each in said]

    def bank_sends_back(self, run: str, number: int, reason: str, attempt: int = 1) -> None:
        """The money for this household's payment comes back."""
        name = f"{self.right(run, number)}-{attempt}"
        back = details(transaction(name, "1300.00", reason))
        self.region.hears(statement(entry("CRDT", "1300.00", back, family="RRTN")))

    def bank_pays(self, run: str, number: int, attempt: int = 1) -> None:
        """The bank books this household's payment."""
        name = f"{self.right(run, number)}-{attempt}"
        self.region.hears(statement(entry("DBIT", "1300.00", details(transaction(name, "1300.00")))))

    def right(self, run: str, number: int) -> str:
        """The right of this household in a run."""
        positions = self.region.office.payments.of_run(run.rpartition("/")[2])
        return next(each.right_ref for each in positions if each.household_ref == household(number))

    def pays_again(self, run: str, key: str = "again-1") -> str:
        """A run of what failed of a run, prepared by the officer."""
        dates = {"decided_on": "2024-02-15", "promised_on": "2024-03-15"}
        answer = self.as_("payments-officer", OFFICER).post(f"{run}/pay-agains", key, json=dates)
        self.region.works()
        return f"/v1/runs/{answer.json()['run_ref']}"

    def shown(self, run: str) -> Any:  # noqa: ANN401 - JSON
        return self.as_("payments-officer", OFFICER).get(run).json()

    def lines(self, run: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.as_("payments-officer", OFFICER).get(f"{run}/lines").json()["lines"]
        return found
