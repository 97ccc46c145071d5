"""The keys of the vault lie apart from what they open: whoever has one of the two has nothing."""

import secrets
from collections.abc import Sequence
from typing import NamedTuple, Protocol

KEY_BYTES = 32
ID_BYTES = 8


class KeyDestroyed(Exception):
    """There is no such key, or no longer; what it sealed can be opened by nobody."""


class Key(NamedTuple):
    """A random AES-256 key; `key_id` says nothing about whose values it seals."""

    key_id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.key_id})"


class KeyStore(Protocol):
    """Keys by id. Who owns a key is known to the vault alone."""

    def issue(self, count: int) -> Sequence[Key]:
        """New keys, durable when this returns: a value sealed with one of them is never written before its key."""

    def secret(self, key_id: str) -> bytes:
        """The key; raises `KeyDestroyed`."""

    def destroy(self, key_id: str) -> None:
        """Remove a key for ever; a key that is gone already stays gone."""


def draw(count: int) -> list[Key]:
    """Keys from the system's random source, asked once for all of them."""
    drawn = secrets.token_bytes(count * (ID_BYTES + KEY_BYTES))
    each = (drawn[at : at + ID_BYTES + KEY_BYTES] for at in range(0, len(drawn), ID_BYTES + KEY_BYTES))
    return [Key(f"k-{one[:ID_BYTES].hex()}", one[ID_BYTES:]) for one in each]


class MemoryKeys:
    """Keys that live as long as the process, for tests."""

    def __init__(self) -> None:
        self._secrets: dict[str, bytes] = {}

    def issue(self, count: int) -> Sequence[Key]:
        """See `KeyStore`."""
        keys = draw(count)
        self._secrets.update(keys)
        return keys

    def secret(self, key_id: str) -> bytes:
        """See `KeyStore`."""
        try:
            return self._secrets[key_id]
        except KeyError as gone:
            raise KeyDestroyed(key_id) from gone

    def destroy(self, key_id: str) -> None:
        """See `KeyStore`."""
        self._secrets.pop(key_id, None)
