"""I4: what was approved, by somebody else than prepared it, is what was decided, written and handed over, to the cent."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.rights import Right, Rights

BEFORE: Final = {"approved": "prepared", "ordered": "approved", "released": "ordered", "closed": "released"}
"""Each step of a run and the one before it."""


@dataclass(slots=True)
class Run:
    """What the facts of one run say."""

    prepared: Content = field(default_factory=dict)
    approved: Content = field(default_factory=dict)
    ordered: Content = field(default_factory=dict)
    released: Content = field(default_factory=dict)
    closed: Content = field(default_factory=dict)
    files: dict[str, Content] = field(default_factory=dict)
    takers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Lines:
    """What a manifest comes to, recomputed from its bytes."""

    sha256: str = ""
    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    total_cents: int = 0


class Runs:
    """Every run of the benefits log, as far as it was read."""

    def __init__(self, tally: Tally, money: Tally, rights: Rights) -> None:
        self._tally, self._money, self._rights = tally, money, rights
        self.by_ref: dict[str, Run] = defaultdict(Run)

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "benefits.run-prepared": lambda fact, content: self._said("prepared", fact, content),
            "benefits.run-approved": lambda fact, content: self._said("approved", fact, content),
            "benefits.run-release-ordered": lambda fact, content: self._said("ordered", fact, content),
            "benefits.run-released": lambda fact, content: self._said("released", fact, content),
            "benefits.run-closed": self._closed,
            "benefits.payment-file-written": self._file_written,
            "benefits.file-handed-over": self._handed_over,
        }

    def files(self) -> Iterator[tuple[str, Content]]:
        """Every payment file that was recorded, with its message id."""
        return ((message_id, file) for run in self.by_ref.values() for message_id, file in run.files.items())

    def _said(self, what: str, fact: Fact, content: Content) -> None:
        self._tally.looked_at()
        run = self.by_ref[content["run_ref"]]
        earlier = BEFORE.get(what)
        self._tally.require(earlier is None or getattr(run, earlier), f"{fact.name}: the run was {what} before it was {earlier}")
        self._tally.require(not getattr(run, what), f"{fact.name}: the run was {what} a second time")
        setattr(run, what, content)

    def _file_written(self, fact: Fact, content: Content) -> None:
        files = self.by_ref[content["run_ref"]].files
        released = self.by_ref[content["run_ref"]].released
        self._tally.require(released, f"{fact.name} writes {content['message_id']} before the run was released")
        self._tally.require(content["message_id"] not in files, f"{fact.name} writes {content['message_id']} a second time")
        files[content["message_id"]] = content

    def _handed_over(self, fact: Fact, content: Content) -> None:
        message_id, person = content["message_id"], content["handed_to"]
        run = self.by_ref[content["run_ref"]]
        self._tally.looked_at()
        self._tally.require(message_id in run.files, f"{fact.name} hands {message_id} over, which was not written")
        self._tally.require(person not in run.takers[message_id], f"{fact.name} hands {message_id} to the same person again")
        run.takers[message_id].append(person)

    def conclude(self, manifests: Path) -> None:
        """Compare everything that the facts of each run say with its manifest and its rights."""
        rights: dict[str, list[Right]] = defaultdict(list)
        for right in self._rights.by_ref.values():
            rights[right.run_ref].append(right)
        for run_ref, run in sorted(self.by_ref.items()):
            self._covers(run_ref, run)
            self._approved(run_ref, run)
            if run.prepared:
                self._manifest(run_ref, run, manifests)
            if run.released:
                self._released(run_ref, run, rights[run_ref])

    def _covers(self, ref: str, run: Run) -> None:
        p = run.prepared
        if p:
            whole = p["candidates"] + p["excluded"] + p["held"]
            self._tally.require(whole == p["households"], f"{ref}: candidates, excluded and held are {whole}, households {p['households']}")

    def _approved(self, ref: str, run: Run) -> None:
        if not run.approved:
            self._tally.require(not (run.released or run.files), f"{ref} was released or written without approval")
            return
        for name in ("manifest_hash", "granted", "total_cents"):
            self._tally.require(run.approved[name] == run.prepared.get(name), f"{ref}: approved {name} is not the prepared one")
        self._tally.require(run.approved["approved_by"] != run.prepared.get("prepared_by"), f"{ref} was approved by its preparer")

    def _manifest(self, ref: str, run: Run, manifests: Path) -> None:
        said = run.prepared
        try:
            lines = self._lines(ref, run, manifests / f"{said['manifest_hash']}.ndjson")
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            self._tally.fault(f"{ref}: its manifest cannot be read: {type(wrong).__name__}")
            return
        self._tally.require(
            lines.sha256 == said["manifest_hash"], f"{ref}: the manifest on disk hashes to {lines.sha256[:8]}, not as approved"
        )
        for standing in ("granted", "refused", "excluded", "held"):
            counted = lines.count[standing]
            self._tally.require(
                counted == said[standing], f"{ref}: {counted} lines of the manifest are {standing}, prepared {said[standing]}"
            )
        total_cents = said["total_cents"]
        self._tally.require(lines.total_cents == total_cents, f"{ref}: manifest {lines.total_cents} cents, prepared {total_cents}")

    def _lines(self, ref: str, run: Run, path: Path) -> Lines:
        lines, digest = Lines(), hashlib.sha256()
        with path.open("rb") as file:
            for text in file:
                digest.update(text)
                line = orjson.loads(text)
                lines.count[line["standing"]] += 1
                lines.total_cents += line["amount_cents"]
                if run.released and line["standing"] in ("granted", "refused"):
                    self._line_decided(ref, line)
        lines.sha256 = digest.hexdigest()
        return lines

    def _line_decided(self, ref: str, line: dict[str, Any]) -> None:
        """Where another run decided the right first, the line was decided under the next sequence; else the right says what it says."""
        self._tally.looked_at()
        right = self._rights.by_ref.get(line["right_ref"])
        if right is None or right.run_ref != ref:
            self._tally.require(right, f"{ref}: {line['right_ref']} was approved, not decided")
            return
        expected = ("granted", "withheld") if line["standing"] == "granted" else ("refused",)
        same = right.standing in expected and right.decided_cents == line["amount_cents"]
        self._tally.require(same, f"{ref}: {line['right_ref']} was {right.standing} for {right.decided_cents} cents, approved otherwise")
        if right.standing == "granted":
            bound = (line["account_ref"], line["account_fingerprint"]) == (right.account_ref, right.fingerprint)
            self._tally.require(bound, f"{ref}: {line['right_ref']} was granted on another account than approved")

    def _released(self, ref: str, run: Run, rights: list[Right]) -> None:
        by = {standing: [r.decided_cents for r in rights if r.standing == standing] for standing in ("granted", "refused", "withheld")}
        for standing, amounts in by.items():
            said = run.released[standing]
            self._tally.require(len(amounts) == said, f"{ref}: {len(amounts)} rights are {standing}, released {said}")
        total_cents, withheld_cents = sum(by["granted"]), sum(by["withheld"])
        self._tally.require(
            total_cents == run.released["total_cents"], f"{ref}: grants {total_cents} cents, released {run.released['total_cents']}"
        )
        approved = (run.approved.get("granted"), run.approved.get("total_cents"))
        decided = (len(by["granted"]) + len(by["withheld"]), total_cents + withheld_cents)
        self._tally.require(approved == decided, f"{ref}: granted and withheld are {decided[0]} for {decided[1]} cents, not as approved")
        files = list(run.files.values())
        if files and len(files) == files[0]["parts"]:
            written = (sum(f["count"] for f in files), sum(f["total_cents"] for f in files))
            whole = (len(by["granted"]), total_cents)
            self._tally.require(
                written == whole, f"{ref}: files hold {written[0]} payments for {written[1]} cents, granted {whole[0]} for {whole[1]}"
            )

    def _closed(self, fact: Fact, content: Content) -> None:
        """The sums of a close are those of its moment: money may come back later."""
        self._said("closed", fact, content)
        ref = content["run_ref"]
        rights = [right for right in self._rights.by_ref.values() if right.run_ref == ref]
        granted_cents = sum(right.decided_cents for right in rights if right.standing == "granted")
        said_cents = content["granted_cents"]
        self._money.require(
            granted_cents == said_cents, f"{ref} was closed with {said_cents} cents granted, its rights say {granted_cents}"
        )
        for bucket in ("paid", "returned", "rejected"):
            cents, said = sum(r.cents[bucket] for r in rights), content[f"{bucket}_cents"]
            self._money.require(cents == said, f"{ref} was closed with {said} cents {bucket}, its rights say {cents}")
