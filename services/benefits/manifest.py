"""The lines of a run, one per household, in a file that is named by its own content and never changes."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from services.contracts.envelope import Published
from services.contracts.intake import Cents, Municipality
from services.contracts.monthly_money import (
    AdvanceDecided,
    AdvancesReclaimed,
    HolidayAllowanceDecided,
    MonthDecided,
    MonthlyRightGranted,
    RecoveryOffset,
    RecoveryOpened,
    RefundDecided,
)


class RunLine(Published):
    """One household in a run: what it came to, why, under which rules and on which facts."""

    household_ref: str
    municipality: Municipality
    reasons: tuple[str, ...]
    rule_version: str
    facts_hash: str


class DecidedLine(RunLine):
    """A line on which a right is decided at release."""

    right_ref: str
    sequence: int
    client: str


class GrantedLine(DecidedLine):
    """To be granted: the account, what is claimed by it, and what bounds it, in euro cents."""

    standing: Literal["granted"] = "granted"
    amount_cents: Cents
    account_ref: str
    account_fingerprint: str
    adults: tuple[str, ...]
    dwelling_ref: str
    year_amount_cents: Cents
    ceiling_cents: Cents


class RefusedLine(DecidedLine):
    """To be refused for its reasons."""

    standing: Literal["refused"] = "refused"
    amount_cents: Cents = 0


class UndecidedLine(RunLine):
    """No candidate, or held until a person has looked."""

    standing: Literal["excluded", "held"]
    amount_cents: Cents = 0


class FailedLine(RunLine):
    """A right that was granted before and whose last payment failed, for the ISO 20022 reason in `reason_code`."""

    right_ref: str
    client: str
    reason_code: str


class AgainLine(FailedLine):
    """To be paid again: attempt `attempt` of the right, on this account, in euro cents."""

    standing: Literal["again"] = "again"
    attempt: int
    amount_cents: Cents
    account_ref: str
    account_fingerprint: str


class KeptBackLine(FailedLine):
    """Not to be paid again until somebody has done what `reasons` says."""

    standing: Literal["kept-back"] = "kept-back"
    amount_cents: Cents = 0


class BenefitLine(RunLine):
    """A client in a month of the monthly benefit; `reasons` say what is not due, by month where there is one."""

    client: str


class ReadClaim(Published):
    """A recovery claim that is drawn on, as it was read: so many of its facts, and what was open of it then, in euro cents."""

    claim_ref: str
    upto: int
    open_cents: Cents


class EntitledLine(BenefitLine):
    """What a client is due, as the facts that will tell it, if the dossier is still at `seen_version` at release.

    `read_upto` is the version of the client's stream that it was worked out from; 0 in a line of before 26 November 2026.
    """

    standing: Literal["entitled"] = "entitled"
    seen_version: int
    read_upto: int = 0
    read_claims: tuple[ReadClaim, ...] = ()
    amount_cents: Cents
    months: tuple[MonthDecided, ...] = ()
    holidays: tuple[HolidayAllowanceDecided, ...] = ()
    advances: tuple[AdvanceDecided, ...] = ()
    reclaims: tuple[AdvancesReclaimed, ...] = ()
    refunds: tuple[RefundDecided, ...] = ()
    rights: tuple[MonthlyRightGranted, ...] = ()
    offsets: tuple[RecoveryOffset, ...] = ()
    opened: tuple[RecoveryOpened, ...] = ()


class WaitingLine(BenefitLine):
    """Nothing is due, for these reasons."""

    standing: Literal["waiting"] = "waiting"
    amount_cents: Cents = 0


Line = GrantedLine | RefusedLine | UndecidedLine | AgainLine | KeptBackLine | EntitledLine | WaitingLine
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="standing")])


class ManifestChanged(Exception):
    """A manifest is no longer what its name says; nothing may rest on it."""


class Manifests:
    """The manifests in one folder. What was written can be read by its hash for ever, and is checked when read whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, lines: Iterable[Line]) -> str:
        """Keep these lines and return their SHA-256; a crash leaves the whole file or none."""
        text = b"".join(line.model_dump_json().encode() + b"\n" for line in lines)
        digest = sha256(text).hexdigest()
        write_once(self._path(digest), text, mode=0o640)
        return digest

    def read(self, digest: str) -> Iterator[Line]:
        """Every line; raises `OSError` or `ManifestChanged`."""
        text = self._path(digest).read_bytes()
        if sha256(text).hexdigest() != digest:
            raise ManifestChanged(digest)
        return (_LINE.validate_json(line) for line in text.splitlines())

    def whole(self, digest: str) -> bool:
        """Whether these lines are there, all of them and unchanged."""
        try:
            return sha256(self._path(digest).read_bytes()).hexdigest() == digest
        except OSError:
            return False

    def page(self, digest: str, after: int, limit: int) -> list[Line]:
        """At most `limit` lines behind line `after` (from 1); raises `OSError`."""
        with self._path(digest).open("rb") as file:
            return [_LINE.validate_json(line) for line in islice(file, after, after + limit)]

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.ndjson"


def write_once(path: Path, content: bytes, mode: int) -> None:
    """Put a file in its place whole and durable, readable only as `mode` says; one that is there with this content stays."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.draft")
    with suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
