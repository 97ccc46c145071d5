"""The bank's counter: takes a payment file in, remembers it, and lays the answers ready."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from deploy.bank import order, verdict
from deploy.bank.outcomes import MEMORY, Outcomes, read_memory
from deploy.bank.statement import statement
from deploy.bank.status_report import Version, status_report
from deploy.bank.verdict import Verdict

USUAL: Version = "pain.002.001.12"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery: the status of the file, its payments by outcome, and the files that hold the answers."""

    message_id: str
    status: str
    outcomes: Outcomes
    answers: tuple[Path, ...]


def receive(body: bytes, out: Path, refused: frozenset[str] = frozenset(), version: Version = USUAL) -> Receipt:
    """Take one pain.001.001.09 in and write its answers to `out`: a pain.002, and a camt.053 when money moved.

    The same file and folder content give the same bytes. A message id that came before is refused with AM05, as often
    as it comes. Raises `NotAnOrder` for bytes without a readable message id.
    """
    incoming, received = order.read(body), read_memory(out)
    if incoming.message_id in received:
        again = replace(incoming, batches=(), refusal="AM05", explanation="DUPL: this message id came before")
        return _answered(verdict.judge(again, refused), out, version, "repeated.")
    receipt = _answered(verdict.judge(incoming, refused), out, version, "")
    remembered = {
        "sha256": sha256(body).hexdigest(),
        "outcomes": asdict(receipt.outcomes),
        "answers": [place.name for place in receipt.answers],
    }
    # Last: when the bank stops before this line, the file can be brought again and gives the same answers.
    write(out / MEMORY, json.dumps({**received, incoming.message_id: remembered}, indent=1).encode())
    return receipt


def answer(file: Path, out: Path) -> tuple[Path, ...]:
    """Return the answers to a file: those that lie ready when the bank has it already, else it is brought there first."""
    body = file.read_bytes()
    known = (received for received in read_memory(out).values() if received["sha256"] == sha256(body).hexdigest())
    received = next(known, None)
    return receive(body, out).answers if received is None else tuple(out / name for name in received["answers"])


def _answered(judged: Verdict, out: Path, version: Version, mark: str) -> Receipt:
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    answers = tuple(write(out / name, content) for name, content in _messages(judged, version, mark))
    return Receipt(judged.order.message_id, judged.status, _outcomes(judged), answers)


def _messages(judged: Verdict, version: Version, mark: str) -> Iterator[tuple[str, bytes]]:
    name, created_at = quote(judged.order.message_id, safe=""), _closing_time(judged)
    # A message id of the bank's own, never longer than 35 characters.
    own_id = sha256(f"{mark}{judged.order.message_id}".encode()).hexdigest()[:24]
    if report := status_report(judged, version, f"S{own_id}", created_at):
        yield f"{name}.{mark}pain.002.xml", report
    if booked := statement(judged, f"B{own_id}", created_at):
        yield f"{name}.camt.053.xml", booked


def _outcomes(judged: Verdict) -> Outcomes:
    amounts = {kind: [one.transfer.amount_cents for _, one in judged.of(kind)] for kind in ("paid", "returned", "rejected")}
    counts = {kind: len(of_kind) for kind, of_kind in amounts.items()}
    return Outcomes(**counts, **{f"{kind}_cents": sum(of_kind) for kind, of_kind in amounts.items()})


def _closing_time(judged: Verdict) -> datetime:
    """Return when the bank answers: taken from the order, so that the same order gives the same bytes."""
    days = [verdict.next_banking_day(batch.batch.execution_on) for batch in judged.batches]
    return datetime.combine(max(days, default=date(2000, 1, 1)), time(18), UTC)


def write(place: Path, content: bytes) -> Path:
    """Write a whole file or none, readable by its owner only: it holds names and accounts."""
    draft = place.with_name(f"{place.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    return draft.replace(place)
