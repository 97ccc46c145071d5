"""A secret is replaced so that a crash leaves either the old one or the new one in use, and never none."""

import os
from pathlib import Path

from services.vault.keyed_hash import SECRET_BYTES, KeyedHash, secret_at, settle


def next_secret(path: Path) -> KeyedHash:
    """The secret that is to come in the place of the one at `path`: drawn once, and found again after a crash."""
    return KeyedHash(secret_at(_successor(path)))


def is_pending(path: Path) -> bool:
    """Whether a replacement was begun and not ended."""
    return _successor(path).exists()


def take_place(path: Path) -> None:
    """The new secret takes the place of the old one, whose bytes are overwritten; a repeat changes nothing."""
    if not is_pending(path):
        return
    with path.open("r+b") as old:
        old.write(bytes(SECRET_BYTES))
        old.flush()
        os.fsync(old.fileno())
    _successor(path).replace(path)
    settle(path.parent)


def _successor(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")
