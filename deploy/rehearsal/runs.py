"""A run at the desks of a rehearsal: judged, signed, released, taken to the bank, answered and closed, each step repeatable."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deploy.bank import answer
from deploy.rehearsal.desks import Advance
from deploy.rehearsal.staff import Staff

POLL_SECONDS = 0.2
WORKING = ("releasing", "writing-files")
STEP_LIMIT_SECONDS = 900.0

Check = Callable[[], None]
Bars = Callable[[str, int], Advance]


class Stuck(RuntimeError):
    """A step did not come to its end within its limit."""


@dataclass(frozen=True, slots=True)
class RunDesks:
    """`bank` is the folder of the simulated bank, `check` raises when a process has ended."""

    staff: Staff
    bank: Path
    check: Check
    bars: Bars

    def shown(self, run: str) -> Any:  # noqa: ANN401 - JSON
        """The run as its officer sees it."""
        return self.staff.officer.get(f"/v1/runs/{run}")

    def prepared(self, run: str, name: str, total: int) -> Any:  # noqa: ANN401 - JSON
        """Wait until a run that was ordered is prepared; the run."""
        self.until(run, (name, total), lambda seen: seen["prepared"])
        return self.shown(run)

    def judge_sample(self, run: str) -> None:
        """Somebody looks into every drawn row that waits; here they find all of them right."""
        rows = [row for row in self.shown(run)["safeguards"]["sample"] if row["verdict"] is None]
        advance = self.bars("drawn rows judged", len(rows))
        for row in rows:
            verdict = {"right_ref": row["right_ref"], "verdict": "right"}
            self.staff.judge.post(f"/v1/runs/{run}/verdicts", f"judge-{run}-{row['right_ref']}", verdict)
            advance(1)

    def approve_and_release(self, run: str, execution_on: date) -> None:
        """Rows are judged, others than the preparer sign hash, count and total, the officer releases; the files lie ready."""
        self.judge_sample(run)
        prepared = self.shown(run)["prepared"]
        body = {name: prepared[name] for name in ("manifest_hash", "granted", "total_cents")}
        for number, approver in enumerate((self.staff.approver, self.staff.second_approver), start=1):
            if self.shown(run)["state"] == "prepared":
                approver.post(f"/v1/runs/{run}/approvals", f"approve-{run}-{number}", body)
        self.staff.officer.post(f"/v1/runs/{run}/releases", f"release-{run}", {"execution_on": execution_on.isoformat()})
        self.until(run, ("orders, payment files", prepared["granted"]), lambda seen: seen["released"] and seen["state"] not in WORKING)

    def hand_over(self, run: str) -> None:
        """Each file goes to the bank, once."""
        for file in self.shown(run)["files"]:
            message = file["message_id"]
            target = self.bank / "in" / f"{message}.xml"
            if not target.exists():
                content = self.staff.officer.fetch(f"/v1/runs/{run}/files/{message}/handovers", f"hand-over-{message}")
                target.parent.mkdir(parents=True, exist_ok=True)
                draft = target.with_suffix(".draft")
                draft.touch(mode=0o600)
                draft.write_bytes(content)
                draft.replace(target)

    def hear_the_bank(self, run: str) -> None:
        """Each answer of the bank to the run's files comes back; waits until every payment is answered for."""
        seen = self.shown(run)
        for file in seen["files"]:
            for document in answer(self.bank / "in" / f"{file['message_id']}.xml", self.bank / "out"):
                self.staff.officer.deliver("/v1/bank-answers", f"answer-{document.name}", document.read_bytes())
        granted = seen["released"]["granted"]
        self.until(run, ("answers of the bank", granted), lambda now: now["settlement"]["open_cents"] == 0)

    def close(self, run: str) -> None:
        """The run adds up to the cent, or is not closed."""
        self.staff.officer.post(f"/v1/runs/{run}/closings", f"close-{run}", {})

    def abort(self, run: str, reason: str) -> None:
        """A prepared run ends without a payment."""
        self.staff.officer.post(f"/v1/runs/{run}/abortions", f"abort-{run}", {"reason_code": reason})

    def to_ask_account_for(self, run: str) -> list[Any]:
        """What did not arrive of a run because of its account: rights with their clients, by client."""
        exceptions = self.staff.officer.get(f"/v1/runs/{run}/exceptions")["exceptions"]
        asked = [each for each in exceptions if each["needs"] == "other-account-needed"]
        return sorted(asked, key=lambda each: str(each["client"]))

    def clients_to_ask(self, run: str) -> list[str]:
        """Each of those clients once."""
        return list(dict.fromkeys(str(each["client"]) for each in self.to_ask_account_for(run)))

    def until(self, run: str, what: tuple[str, int], reached: Callable[[Any], object]) -> None:
        """Wait for so many of what a run does, with a bar."""
        name, total = what
        advance, done, limit = self.bars(name, total), 0, time.monotonic() + STEP_LIMIT_SECONDS
        while not reached(seen := self.shown(run)):
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
