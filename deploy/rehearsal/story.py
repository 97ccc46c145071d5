"""What happens at a rehearsal, step by step; every step can be done again and then changes nothing."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from deploy.region.chance import dice
from deploy.region.identifiers import ordinary_ibans
from deploy.region.municipalities import MUNICIPALITIES
from deploy.rehearsal.desks import lines_of
from deploy.rehearsal.handovers import hand_over
from deploy.rehearsal.runs import Bars, Check, RunDesks
from deploy.rehearsal.staff import Staff
from deploy.rehearsal.teams import form_teams


@dataclass
class Story:
    """One rehearsal: `files` is the folder of the region's files, `check` raises when a process has ended."""

    staff: Staff
    files: Path
    bank: Path
    seed: int
    decided_on: date
    check: Check
    bars: Bars
    clients: dict[str, dict[str, str]] = field(default_factory=dict)
    tally: dict[str, dict[str, int]] = field(default_factory=dict)
    applicants: list[str] = field(default_factory=list)

    def form_teams(self) -> None:
        """A team with four people per municipality, so that every client gets a contact person."""
        form_teams(self.staff.teams, self.bars)

    def register_households(self) -> None:
        """Households from the files of the municipalities; remembers the reference of each applicant."""
        lines = lines_of(self.files / "households.ndjson")
        answers = self._bulk("households", self.staff.intake, "/v1/households/_bulk", lines)
        for line, answered in zip(lines, answers, strict=True):
            household = json.loads(line)
            applicant = next(member["bsn"] for member in household["members"] if member["role"] == "applicant")
            if answered["outcome"] != "refused":
                self.clients[applicant] = {**answered["refs"], "municipality": household["municipality"]}

    def bind_accounts(self) -> None:
        """Accounts of those who will be paid, known by reference from here on."""
        lines = [
            {"id": line["id"], "client": known["client"], "municipality": known["municipality"], "iban": line["iban"],
             "holder_name": line["holder_name"]}
            for line, known in self._of_known("accounts")
        ]  # fmt: skip
        self._bulk("accounts", self.staff.accounts, "/v1/accounts/_bulk", _ndjson(lines))

    def record_opening_balances(self) -> None:
        """What the system before this one paid already."""
        lines = [
            {"id": line["id"], **known, "scheme_year": line["scheme_year"], "amount_cents": line["amount_cents"]}
            for line, known in self._of_known("opening_balances")
        ]
        self._bulk("opening balances", self.staff.accounts, "/v1/opening-balances/_bulk", _ndjson(lines))

    def receive_applications(self) -> None:
        """Applications over every channel, then the changes that were delivered late."""
        answers = self._bulk("applications", self.staff.intake, "/v1/applications/_bulk", lines_of(self.files / "applications.ndjson"))
        self.applicants = list(dict.fromkeys(answered["refs"]["client"] for answered in answers if "client" in answered.get("refs", {})))
        self._bulk("moves and splits", self.staff.intake, "/v1/changes/_bulk", lines_of(self.files / "changes.ndjson"))

    def hand_over(self) -> None:
        """One client of each municipality goes to a second team."""
        advance = self.bars("handovers", len(MUNICIPALITIES))
        hand_over(self.staff.teams, self.staff.receiver, self.applicants)
        advance(len(MUNICIPALITIES))

    def _of_known(self, name: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
        lines = (json.loads(line) for line in lines_of(self.files / f"{name}.ndjson"))
        return [(line, self.clients[line["bsn"]]) for line in lines if line["bsn"] in self.clients]

    def _bulk(self, name: str, desk: Any, path: str, lines: list[bytes]) -> list[dict[str, Any]]:  # noqa: ANN401 - a desk
        answers = list(desk.bulk(path, lines, self.bars(name, len(lines))))
        outcomes = self.tally.setdefault(name, {})
        for answered in answers:
            outcome = answered["outcome"] if answered["outcome"] in ("accepted", "unchanged") else answered.get("reason") or "invalid"
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        self.check()
        return answers

    def prepare_run(self) -> str:
        """The run on what intake knows now; waits until benefits knows it too. The reference of the run.

        What was asked is kept beside the region's files, as intake goes on meanwhile and a repeat must ask the same.
        """
        known = self.staff.intake.get("/v1/households/_count")
        asked = self.files / f"prepare-{self.seed}.json"
        if not asked.exists():
            asked.write_text(json.dumps(self._run_asked_for(known["position"])), encoding="utf-8")
        body = json.loads(asked.read_text(encoding="utf-8"))
        run = str(self.staff.officer.post("/v1/runs", f"prepare-{self.seed}", body)["run_ref"])
        self._runs.prepared(run, "decisions", known["households"])
        return run

    def _run_asked_for(self, intake_position: int) -> dict[str, Any]:
        return {
            "scheme": "energy-allowance", "scheme_year": 2023, "tranche": 2, "intake_position": intake_position,
            "decided_on": self.decided_on.isoformat(), "promised_on": _days_later(self.decided_on, 14).isoformat(),
        }  # fmt: skip

    def judge_sample(self, run: str) -> None:
        """Every drawn row is found right."""
        self._runs.judge_sample(run)

    def approve_and_release(self, run: str) -> None:
        """Judged, signed and released; the files lie ready."""
        self._runs.approve_and_release(run, _days_later(self.decided_on, 7))

    def pay(self, run: str) -> None:
        """Each file goes to the bank once, and each answer of the bank comes back."""
        self._runs.hand_over(run)
        self._runs.hear_the_bank(run)

    def pay_again(self, run: str) -> str | None:
        """Clients whose account was closed name another one, a second person confirms it, and a run pays only them again.

        The reference of that run; None where nothing came back that may be paid again.
        """
        if not self.run(run)["settlement"]["counts"]["returned"]:
            return None
        self._bind_other_accounts(run)
        body = {"decided_on": self.decided_on.isoformat(), "promised_on": _days_later(self.decided_on, 21).isoformat()}
        again = str(self.staff.officer.post(f"/v1/runs/{run}/pay-agains", f"again-{run}", body)["run_ref"])
        if not self._runs.prepared(again, "payments to make again", 0)["prepared"]["granted"]:
            self._runs.abort(again, "other")
            return None
        self.approve_and_release(again)
        self.pay(again)
        self.close(again)
        return again

    def _bind_other_accounts(self, run: str) -> None:
        numbers = ordinary_ibans(dice(self.seed, "accounts after a return"))
        accounts = [
            {"client": each["client"], "municipality": each["municipality"], "iban": next(numbers)}
            for each in self._runs.to_ask_account_for(run)
            if each["standing"] == "returned"
        ]
        lines = [{**account, "id": f"again-{account['client']}", "holder_name": "Rekening na storno"} for account in accounts]
        self._bulk("other accounts", self.staff.accounts, "/v1/accounts/_bulk", _ndjson(lines))
        for account in accounts:
            self.staff.second_officer.post("/v1/accounts/confirmations", f"confirm-{account['client']}", account)

    def close(self, run: str) -> None:
        """The run adds up to the cent, or is not closed."""
        self._runs.close(run)

    def run(self, run: str) -> Any:  # noqa: ANN401 - JSON
        """The run as its officer sees it."""
        return self._runs.shown(run)

    @property
    def _runs(self) -> RunDesks:
        return RunDesks(self.staff, self.bank, self.check, self.bars)


def _ndjson(lines: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line).encode() for line in lines]


def _days_later(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)
