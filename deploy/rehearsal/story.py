"""What happens at a rehearsal, step by step; every step can be done again and then changes nothing."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from deploy.bank import answer
from deploy.region.chance import dice
from deploy.region.identifiers import ordinary_ibans
from deploy.region.municipalities import MUNICIPALITIES
from deploy.rehearsal.desks import Advance, lines_of
from deploy.rehearsal.handovers import hand_over
from deploy.rehearsal.staff import Staff

POLL_SECONDS = 0.2
WORKING = ("releasing", "writing-files")
STEP_LIMIT_SECONDS = 900.0
STAFF_A_TEAM = 4

Check = Callable[[], None]
Bars = Callable[[str, int], Advance]


class Stuck(RuntimeError):
    """A step did not come to its end within its limit."""


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
        advance = self.bars("teams", len(MUNICIPALITIES))
        for municipality in MUNICIPALITIES:
            body = {"municipality": municipality.code, "organisation": "region", "on": "2023-01-01"}
            formed = self.staff.teams.post("/v1/teams", f"form-{municipality.code}", body)
            for number in range(1, STAFF_A_TEAM + 1):
                staff = {"staff_ref": f"s-{municipality.code.lower()}-{number}", "on": "2023-01-01"}
                self.staff.teams.post(f"/v1/teams/{formed['refs']['team_ref']}/staff", f"join-{staff['staff_ref']}", staff)
            advance(1)

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
        """The run on what intake knows now; waits until benefits knows it too. The reference of the run."""
        known = self.staff.intake.get("/v1/households/_count")
        body = {
            "scheme": "energy-allowance", "scheme_year": 2023, "tranche": 2, "intake_position": known["position"],
            "decided_on": self.decided_on.isoformat(), "promised_on": _days_later(self.decided_on, 14),
        }  # fmt: skip
        run = str(self.staff.officer.post("/v1/runs", f"prepare-{self.seed}", body)["run_ref"])
        self._until(run, ("decisions", known["households"]), lambda seen: seen["prepared"])
        return run

    def judge_sample(self, run: str) -> None:
        """Somebody looks into every drawn row that waits; here they find all of them right."""
        rows = [row for row in self.run(run)["safeguards"]["sample"] if row["verdict"] is None]
        advance = self.bars("drawn rows judged", len(rows))
        for row in rows:
            verdict = {"right_ref": row["right_ref"], "verdict": "right"}
            self.staff.judge.post(f"/v1/runs/{run}/verdicts", f"judge-{row['right_ref']}", verdict)
            advance(1)

    def approve_and_release(self, run: str) -> None:
        """Rows are judged, others than the preparer sign hash, count and total, the officer releases; the files lie ready."""
        self.judge_sample(run)
        prepared = self.run(run)["prepared"]
        body = {name: prepared[name] for name in ("manifest_hash", "granted", "total_cents")}
        for number, approver in enumerate((self.staff.approver, self.staff.second_approver), start=1):
            if self.run(run)["state"] == "prepared":
                approver.post(f"/v1/runs/{run}/approvals", f"approve-{run}-{number}", body)
        release = {"execution_on": _days_later(self.decided_on, 7)}
        self.staff.officer.post(f"/v1/runs/{run}/releases", f"release-{run}", release)
        self._until(run, ("orders, payment files", prepared["granted"]), lambda seen: seen["released"] and seen["state"] not in WORKING)

    def pay(self, run: str) -> None:
        """Each file goes to the bank once, and each answer of the bank comes back."""
        for file in self.run(run)["files"]:
            message = file["message_id"]
            target = self.bank / "in" / f"{message}.xml"
            if not target.exists():
                content = self.staff.officer.fetch(f"/v1/runs/{run}/files/{message}/handovers", f"hand-over-{message}")
                target.parent.mkdir(parents=True, exist_ok=True)
                draft = target.with_suffix(".draft")
                draft.touch(mode=0o600)
                draft.write_bytes(content)
                draft.replace(target)
            for document in answer(target, self.bank / "out"):
                self.staff.officer.deliver("/v1/bank-answers", f"answer-{document.name}", document.read_bytes())
        granted = self.run(run)["released"]["granted"]
        self._until(run, ("answers of the bank", granted), lambda seen: seen["settlement"]["open_cents"] == 0)

    def pay_again(self, run: str) -> str | None:
        """Clients whose account was closed name another one, a second person confirms it, and a run pays only them again.

        The reference of that run; None where nothing came back that may be paid again.
        """
        if not self.run(run)["settlement"]["counts"]["returned"]:
            return None
        self._bind_other_accounts(run)
        body = {"decided_on": self.decided_on.isoformat(), "promised_on": _days_later(self.decided_on, 21)}
        again = str(self.staff.officer.post(f"/v1/runs/{run}/pay-agains", f"again-{run}", body)["run_ref"])
        self._until(again, ("payments to make again", 0), lambda seen: seen["prepared"])
        if not self.run(again)["prepared"]["granted"]:
            self.staff.officer.post(f"/v1/runs/{again}/abortions", f"abort-{again}", {"reason_code": "other"})
            return None
        self.approve_and_release(again)
        self.pay(again)
        self.close(again)
        return again

    def _bind_other_accounts(self, run: str) -> None:
        exceptions = self.staff.officer.get(f"/v1/runs/{run}/exceptions")["exceptions"]
        came_back = [each for each in exceptions if each["standing"] == "returned" and each["handling"] == "ask-account"]
        numbers = ordinary_ibans(dice(self.seed, "accounts after a return"))
        accounts = [
            {"client": each["client"], "municipality": each["municipality"], "iban": next(numbers)}
            for each in sorted(came_back, key=lambda each: str(each["client"]))
        ]
        lines = [{**account, "id": f"again-{account['client']}", "holder_name": "Rekening na storno"} for account in accounts]
        self._bulk("other accounts", self.staff.accounts, "/v1/accounts/_bulk", _ndjson(lines))
        for account in accounts:
            self.staff.second_officer.post("/v1/accounts/confirmations", f"confirm-{account['client']}", account)

    def close(self, run: str) -> None:
        """The run adds up to the cent, or is not closed."""
        self.staff.officer.post(f"/v1/runs/{run}/closings", f"close-{run}", {})

    def run(self, run: str) -> Any:  # noqa: ANN401 - JSON
        """The run as its officer sees it."""
        return self.staff.officer.get(f"/v1/runs/{run}")

    def _until(self, run: str, what: tuple[str, int], reached: Callable[[Any], object]) -> None:
        """Wait for so many of what a run does, with a bar."""
        name, total = what
        advance, done, limit = self.bars(name, total), 0, time.monotonic() + STEP_LIMIT_SECONDS
        while not reached(seen := self.run(run)):
            self.check()
            if seen["problem"]:
                raise Stuck(f"run {run} is stuck: {seen['problem']}")
            if time.monotonic() > limit:
                raise Stuck(f"{name} of run {run} did not end within {STEP_LIMIT_SECONDS:.0f} s")
            now = min(total, (seen["progress"] or {}).get("done", done))
            advance(max(0, now - done))
            done = max(done, now)
            time.sleep(POLL_SECONDS)
        advance(total - done)


def _ndjson(lines: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line).encode() for line in lines]


def _days_later(day: date, days: int) -> str:
    return date.fromordinal(day.toordinal() + days).isoformat()
