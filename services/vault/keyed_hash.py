"""A value that must be found or compared without being known: its hash under a secret that lies outside the log."""

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from services.eventlog.log import EventLog, Transaction

SECRET_BYTES = 32
CHECKED = "keyed-hash"
ANSWER_SECONDS = 30.0


class SecretChanged(Exception):
    """The log was written under another secret: with this one no known value would be recognised."""


@dataclass(frozen=True, slots=True)
class KeyedHash:
    """HMAC-SHA-256. Without a secret, a hash of a nine-digit number is found by trying them all (domain.md 6)."""

    secret: bytes = field(repr=False)

    def of(self, text: str) -> str:
        """64 hexadecimal characters."""
        return hmac.digest(self.secret, text.encode(), "sha256").hex()


def secret_at(path: Path) -> bytes:
    """The secret in a file of mode 0600, drawn at the first start. Raises OSError, or ValueError where it is not one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _draw(path)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"{path} does not hold a secret of {SECRET_BYTES} bytes")
    return secret


def _draw(path: Path) -> None:
    """Whole or not at all: written beside its place and linked there; when two start at once the first one counts."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, secrets.token_bytes(SECRET_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(purpose: str, keyed: KeyedHash) -> bytes:
    return keyed.of(f"check of {purpose}").encode()


def is_bound(log: EventLog, purpose: str, keyed: KeyedHash) -> bool:
    """Whether a log was written under this secret."""
    return log.kept(CHECKED, purpose) == _check(purpose, keyed)


def rebind(tx: Transaction, purpose: str, keyed: KeyedHash) -> None:
    """From this transaction on the log is written under another secret."""
    tx.keep(CHECKED, purpose, _check(purpose, keyed))


def bind(log: EventLog, purpose: str, keyed: KeyedHash) -> None:
    """Tie a log to its secret at the first start; raises `SecretChanged` ever after for another one."""
    check = _check(purpose, keyed)

    def first_or_same(tx: Transaction) -> bytes:
        known = tx.kept(CHECKED, purpose)
        if known is None:
            tx.keep(CHECKED, purpose, check)
        return known or check

    if log.submit(first_or_same).result(ANSWER_SECONDS) != check:
        raise SecretChanged(f"the secret for {purpose} is not the one that the log of {log.service} was written under")
