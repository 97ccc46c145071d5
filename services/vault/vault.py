"""Values about a person, sealed and written in the transaction of the fact that they belong to."""

import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal, Protocol, cast

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.eventlog.log import Transaction
from services.vault.keys import Key, KeyDestroyed, KeyStore

SEALED = "vault"
OWNED = "vault-owner"
AT_ONCE = 512
FORMAT = b"1"
NONCE_BYTES = 12


class Unopened(Exception):
    """A value that cannot be read: never written (`absent`), its key destroyed (`erased`), or tampered with (`damaged`)."""

    def __init__(self, reason: Literal["absent", "erased", "damaged"]) -> None:
        super().__init__(reason)
        self.reason = reason


class Kept(Protocol):
    """What the vault reads from: a log, or a transaction on it."""

    def kept(self, kind: str, key: str) -> bytes | None:
        """A value beside the facts."""


class Vault:
    """Seals with AES-256-GCM: one key per owner, a random nonce, event id and reference as associated data.

    Keys are issued in blocks before they are used, so sealing many values costs few writes to the key store. A crash
    in between leaves keys that seal nothing; a value never lies in the log before its key is durable. `at_once` is the
    size of such a block.
    """

    def __init__(self, keys: KeyStore, at_once: int = AT_ONCE) -> None:
        self._keys, self._at_once = keys, at_once
        self._spare: deque[Key] = deque()
        self._nonces: deque[bytes] = deque()

    def seal(self, tx: Transaction, ref: str, owner: str, event_id: str, value: Mapping[str, Any]) -> None:
        """Write a JSON value under `ref`, over an older one, for the fact `event_id`.

        Raises `Unopened` with `erased` for an owner whose key was destroyed: nothing is written of them again.
        """
        key = self._key_of(tx, ref, owner)
        nonce = self._nonce()
        sealed = AESGCM(key.secret).encrypt(nonce, orjson.dumps(value), _bound_to(ref, event_id))
        tx.keep(SEALED, ref, b"\n".join((FORMAT, key.key_id.encode(), event_id.encode(), nonce + sealed)))

    def holds(self, source: Kept, ref: str) -> bool:
        """Whether a value was written under `ref`, and not erased with its owner."""
        return source.kept(SEALED, ref) is not None

    def knows(self, source: Kept, owner: str) -> bool:
        """Whether anything was ever sealed for an owner, erased or not."""
        return source.kept(OWNED, owner) is not None

    def owned(self, source: Kept, owner: str) -> list[str]:
        """The references of everything that is sealed for an owner, in the order in which it first was."""
        owned = source.kept(OWNED, owner)
        return [] if owned is None else owned.decode().split("\n")[1:]

    def open(self, source: Kept, ref: str) -> dict[str, Any]:
        """The value under `ref`; raises `Unopened`."""
        row = source.kept(SEALED, ref)
        if row is None:
            raise Unopened("absent")
        try:
            _format, key_id, event_id, sealed = row.split(b"\n", 3)
            plain = AESGCM(self._keys.secret(key_id.decode())).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(ref, event_id.decode())
            )
        except KeyDestroyed as gone:
            raise Unopened("erased") from gone
        except (InvalidTag, ValueError) as broken:
            raise Unopened("damaged") from broken
        return cast("dict[str, Any]", orjson.loads(plain))

    def erase(self, tx: Transaction, owner: str) -> None:
        """Destroy the owner's key, then drop their rows; a repeat changes nothing.

        The key goes first: if this transaction fails, what is left can be opened by nobody and the next attempt drops it.
        """
        owned = tx.kept(OWNED, owner)
        if owned is None:
            return
        key_id, *refs = owned.decode().split("\n")
        self._keys.destroy(key_id)
        for ref in refs:
            tx.drop(SEALED, ref)
        tx.keep(OWNED, owner, key_id.encode())

    def is_erased(self, source: Kept, owner: str) -> bool:
        """Whether the owner's key was destroyed, so that nothing can be sealed of them any more."""
        owned = source.kept(OWNED, owner)
        if owned is None:
            return False
        try:
            self._keys.secret(owned.decode().partition("\n")[0])
        except KeyDestroyed:
            return True
        return False

    def _key_of(self, tx: Transaction, ref: str, owner: str) -> Key:
        owned = tx.kept(OWNED, owner)
        if owned is None:
            key = self._next()
            tx.keep(OWNED, owner, f"{key.key_id}\n{ref}".encode())
            return key
        key_id, *refs = owned.decode().split("\n")
        if ref not in refs:
            tx.keep(OWNED, owner, owned + b"\n" + ref.encode())
        try:
            return Key(key_id, self._keys.secret(key_id))
        except KeyDestroyed as gone:
            raise Unopened("erased") from gone

    def _next(self) -> Key:
        """A key that seals nothing yet; taken from its block at once, so that no two owners get the same."""
        while True:
            try:
                return self._spare.popleft()
            except IndexError:
                self._spare.extend(self._keys.issue(self._at_once))

    def _nonce(self) -> bytes:
        """Twelve random bytes that were used for nothing; the system is asked for many at once."""
        while True:
            try:
                return self._nonces.popleft()
            except IndexError:
                drawn = secrets.token_bytes(self._at_once * NONCE_BYTES)
                self._nonces.extend(drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES))


def _bound_to(ref: str, event_id: str) -> bytes:
    return f"{event_id}\n{ref}".encode()
