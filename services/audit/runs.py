"""I4: what was approved, by somebody else than prepared it, is what was decided, written and handed over, to the cent."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.rights import Right, Rights

BEFORE: Final = {"approved": "prepared", "ordered": "approved", "released": "ordered", "closed": "released"}
"""Each step of a run and the one before it."""
DECIDING = {"granted": "granted", "refused": "refused", "excluded": "excluded", "held": "held"}
MONTH = {"entitled": "candidates"}
AGAIN = {"again": "granted", "kept-back": "held"}


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
    signers: list[str] = field(default_factory=list)
    sample: tuple[str, ...] = ()
    verdicts: dict[str, str] = field(default_factory=dict)
    taken_back: bool = False

    @property
    def kind(self) -> str:
        """Whether it decides, corrects, pays again, or is a month of the monthly benefit."""
        return str(self.prepared.get("kind", "decide"))

    @property
    def standings(self) -> Mapping[str, str]:
        """Under which count of the preparation the lines of each standing must be found."""
        return {"pay-again": AGAIN, "month": MONTH}.get(self.kind, DECIDING)


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
            "benefits.run-sample-drawn": self._sample_drawn,
            "benefits.sample-row-judged": self._judged,
            "benefits.run-approved": self._signed,
            "benefits.run-release-ordered": self._release_ordered,
            "benefits.run-released": lambda fact, content: self._said("released", fact, content),
            "benefits.run-cancellation-ordered": self._cancelled,
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

    def _sample_drawn(self, _fact: Fact, content: Content) -> None:
        self.by_ref[content["run_ref"]].sample = tuple(row["right_ref"] for row in content["rows"])

    def _judged(self, fact: Fact, content: Content) -> None:
        run = self.by_ref[content["run_ref"]]
        other = content["judged_by"] != run.prepared.get("prepared_by")
        self._tally.require(other, f"{fact.name}: a row was judged by who prepared it")
        run.verdicts[content["right_ref"]] = content["verdict"]

    def _signed(self, fact: Fact, content: Content) -> None:
        """Every signature is somebody else's, and stands under the prepared content, count and total."""
        self._tally.looked_at()
        ref, person = content["run_ref"], content["approved_by"]
        run = self.by_ref[ref]
        self._tally.require(run.prepared, f"{fact.name}: the run was approved before it was prepared")
        for name in ("manifest_hash", "granted", "total_cents"):
            self._tally.require(content[name] == run.prepared.get(name), f"{ref}: approved {name} is not the prepared one")
        self._tally.require(person != run.prepared.get("prepared_by"), f"{ref} was approved by its preparer")
        self._tally.require(person not in run.signers, f"{fact.name}: {ref} was signed by one person twice")
        run.signers.append(person)
        run.approved = content

    def _release_ordered(self, fact: Fact, content: Content) -> None:
        self._said("ordered", fact, content)
        run = self.by_ref[content["run_ref"]]
        needed = run.approved.get("needed", 1)
        self._tally.require(len(run.signers) >= needed, f"{fact.name}: released with {len(run.signers)} of {needed} signatures")
        wanting = [ref for ref in run.sample if run.verdicts.get(ref) != "right"]
        self._tally.require(not wanting, f"{fact.name}: released while {len(wanting)} drawn rows were not found right")

    def _cancelled(self, fact: Fact, content: Content) -> None:
        run = self.by_ref[content["run_ref"]]
        run.taken_back = True
        self._tally.require(not any(run.takers.values()), f"{fact.name} cancels {content['run_ref']}, of which a file had left")

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
        self._tally.require(not run.taken_back, f"{fact.name} hands {message_id} over after its run was cancelled")
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
            self._linked(run_ref, run)
            self._approved(run_ref, run)
            if run.prepared:
                self._manifest(run_ref, run, manifests)
            if run.released:
                self._released(run_ref, run, self._came_to(run, rights[run_ref]))

    def _linked(self, ref: str, run: Run) -> None:
        corrects = run.prepared.get("corrects")
        if run.kind in ("decide", "month"):
            self._tally.require(corrects is None, f"{ref} corrects {corrects}, and says that it does not")
        else:
            before = self.by_ref.get(corrects or "")
            self._tally.require(before and before.released, f"{ref} is a {run.kind} of {corrects}, which was not released")

    def _covers(self, ref: str, run: Run) -> None:
        p = run.prepared
        if p:
            whole = p["candidates"] + p["excluded"] + p["held"]
            self._tally.require(whole == p["households"], f"{ref}: candidates, excluded and held are {whole}, households {p['households']}")

    def _approved(self, ref: str, run: Run) -> None:
        self._tally.require(run.approved or not (run.released or run.files), f"{ref} was released or written without approval")

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
        for standing, name in run.standings.items():
            counted = lines.count[standing]
            self._tally.require(counted == said[name], f"{ref}: {counted} lines of the manifest are {standing}, prepared {said[name]}")
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
                elif run.released and line["standing"] == "again":
                    self._line_paid_again(ref, run, line)
                elif run.released and line["standing"] == "entitled":
                    self._line_entitled(ref, run, line)
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
        same = right.decided_as in expected and right.decided_cents == line["amount_cents"]
        self._tally.require(same, f"{ref}: {line['right_ref']} was {right.standing} for {right.decided_cents} cents, approved otherwise")
        if right.decided_as == "granted":
            bound = (line["account_ref"], line["account_fingerprint"]) == (right.account_ref, right.fingerprint)
            self._tally.require(bound, f"{ref}: {line['right_ref']} was granted on another account than approved")

    def _line_paid_again(self, ref: str, run: Run, line: dict[str, Any]) -> None:
        """The attempt that was approved was made by this run, as approved, or by another run before it."""
        self._tally.looked_at()
        right = self._rights.by_ref.get(line["right_ref"])
        made = right.attempts[line["attempt"] - 1 :][:1] if right else []
        if not made or made[0].message_id not in run.files:
            self._tally.require(made or run.released["withheld"], f"{ref}: {line['right_ref']} was approved, not paid again")
            return
        same = (made[0].amount_cents, made[0].fingerprint) == (line["amount_cents"], line["account_fingerprint"])
        self._tally.require(same, f"{ref}: {line['right_ref']} was paid again otherwise than was approved")

    def _line_entitled(self, ref: str, run: Run, line: dict[str, Any]) -> None:
        """Every right of the line was granted by this run as approved, or the whole line was held."""
        rights = [self._rights.by_ref.get(said["right_ref"]) for said in line["rights"]]
        own = [right for right in rights if right is not None and right.run_ref == ref]
        self._tally.looked_at(len(rights))
        if not own:
            self._tally.require(not rights or run.released["withheld"], f"{ref}: the rights of {line['client']} were approved, not decided")
            return
        told = [(r.right_ref, r.decided_cents, r.account_ref, r.fingerprint) for r in own]
        said = [(s["right_ref"], s["amount_cents"], s["account_ref"], s["account_fingerprint"]) for s in line["rights"]]
        self._tally.require(told == said, f"{ref}: the rights of {line['client']} were decided otherwise than approved")

    def _came_to(self, run: Run, rights: list[Right]) -> dict[str, list[int]]:
        """Cents of every decision of a run, or of every payment where it pays again, by what became of it."""
        if run.kind not in ("pay-again", "month"):
            return {name: [r.decided_cents for r in rights if r.decided_as == name] for name in ("granted", "refused", "withheld")}
        amounts = [attempt.amount_cents for _, attempt in self._rights.payments() if attempt.message_id in run.files]
        if run.kind == "month":
            amounts = [right.decided_cents for right in rights]
        missing, missing_cents = run.prepared["granted"] - len(amounts), run.prepared["total_cents"] - sum(amounts)
        return {"granted": amounts, "refused": [], "withheld": [missing_cents] + [0] * (missing - 1) if missing > 0 else []}

    def _released(self, ref: str, run: Run, by: dict[str, list[int]]) -> None:
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
        """The sums of a close are those of its own payments at its moment: money may come back later, or be paid again."""
        self._said("closed", fact, content)
        ref = content["run_ref"]
        files, released = self.by_ref[ref].files, self.by_ref[ref].released
        own = [attempt for _, attempt in self._rights.payments() if attempt.message_id in files]
        self._granted(ref, content)
        for bucket in ("paid", "returned", "rejected"):
            cents, said = sum(a.amount_cents for a in own if a.state == bucket), content[f"{bucket}_cents"]
            self._money.require(cents == said, f"{ref} was closed with {said} cents {bucket}, its payments say {cents}")
        whole = content["paid_cents"] + content["returned_cents"] + content["rejected_cents"]
        adds_up = whole == content["granted_cents"] == released.get("total_cents")
        self._money.require(adds_up, f"{ref} was closed with {whole} cents of {released.get('total_cents')}")

    def _granted(self, ref: str, content: Content) -> None:
        """What a run that decides was closed with is what it granted, with what was revoked since."""
        if self.by_ref[ref].kind == "pay-again":
            return
        rights = [right for right in self._rights.by_ref.values() if right.run_ref == ref and right.decided_as == "granted"]
        cents, said = sum(right.decided_cents for right in rights), content["granted_cents"]
        self._money.require(cents == said, f"{ref} was closed with {said} cents granted, its rights say {cents}")
