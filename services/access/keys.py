"""The public keys by which a token is recognised: from the issuer, or in development from a file."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from services.access.caller import Unauthenticated

ALGORITHMS = frozenset({"ES256", "RS256", "EdDSA"})
CURVES = frozenset({"P-256", "Ed25519", None})
"""Of keys that have one."""
RSA_BITS = 2048
FETCH_SECONDS = 3.0
PATIENCE_SECONDS = 10.0
"""Discovery document and keys together; an issuer that trickles a byte a second is away."""
DOCUMENT_BYTES = 262_144
AGAIN_SECONDS = 60.0
AGAIN_AFTER_FAILURE_SECONDS = 5.0
FRESH_SECONDS = 600.0
STALE_SECONDS = 3_600.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

logger = logging.getLogger(__name__)

FetchKeys = Callable[[], Mapping[str, Any]]
"""A JSON Web Key Set; raises `KeysUnreachable`."""


class KeysUnreachable(Exception):
    """The key set cannot be read now."""


class KeySource(Protocol):
    """Where the gate finds a key."""

    def key(self, kid: str) -> PyJWK:
        """The key with this id; raises `Unauthenticated` with `unknown-key`, or `keys-unavailable` where no key can be trusted."""


class CachedKeys:
    """Keys as fetched, used for ten minutes, and for an hour while the issuer is away; after that nothing is trusted.

    An unknown key id leads to a fetch at most once a minute, so that forged tokens cannot load the issuer. Safe in threads.
    """

    def __init__(self, fetch: FetchKeys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._monotonic = fetch, monotonic
        self._lock = threading.Lock()
        self._keys: Mapping[str, PyJWK] = {}
        self._read_at = self._next_at = float("-inf")

    def key(self, kid: str) -> PyJWK:
        """See `KeySource`."""
        if self._age() > FRESH_SECONDS or kid not in self._keys:
            self._refresh()
        if self._age() > STALE_SECONDS:
            raise Unauthenticated("keys-unavailable")
        found = self._keys.get(kid)
        if found is None:
            raise Unauthenticated("unknown-key")
        return found

    def trouble(self) -> str | None:
        """A sentence for readiness when no token can be checked."""
        if self._age() > FRESH_SECONDS:
            self._refresh()
        return "the keys of the token issuer cannot be read" if self._age() > STALE_SECONDS else None

    def _age(self) -> float:
        return self._monotonic() - self._read_at

    def _refresh(self) -> None:
        with self._lock:
            if self._monotonic() < self._next_at:
                return
            try:
                self._keys = signing_keys(self._fetch())
            except KeysUnreachable as wrong:
                logger.warning("the keys of the token issuer cannot be read: %s", wrong)
                self._next_at = self._monotonic() + AGAIN_AFTER_FAILURE_SECONDS
                return
            self._read_at = self._monotonic()
            self._next_at = self._read_at + AGAIN_SECONDS


def signing_keys(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """The keys of a JWKS that may sign a token here: a key id, an allowed algorithm, no shared secret, RSA of 2048 bits or more."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise KeysUnreachable("the document is not a key set")
    read = (_signing_key(entry) for entry in listed if isinstance(entry, dict))
    return {key.key_id: key for key in read if key is not None and key.key_id}


def _signing_key(entry: Mapping[str, Any]) -> PyJWK | None:
    if entry.get("use", "sig") != "sig" or entry.get("kty") not in ("EC", "RSA", "OKP") or entry.get("crv") not in CURVES:
        return None
    try:
        key = PyJWK(dict(entry))
    except (PyJWTError, ValueError, TypeError):
        return None
    strong = getattr(key.key, "key_size", RSA_BITS) >= RSA_BITS or key.key_type != "RSA"
    return key if strong and key.algorithm_name in ALGORITHMS else None


def file_keys(path: Path) -> CachedKeys:
    """Keys of the development issuer."""

    def fetch() -> Mapping[str, Any]:
        try:
            return _key_set(path.read_bytes())
        except OSError as wrong:
            raise KeysUnreachable(type(wrong).__name__) from wrong

    return CachedKeys(fetch)


def issuer_keys(issuer: str, client: httpx.Client | None = None) -> CachedKeys:
    """Keys of an OIDC issuer, found by its discovery document; https, but for an issuer on this machine."""
    http = client or httpx.Client(timeout=FETCH_SECONDS, follow_redirects=False)

    def fetch() -> Mapping[str, Any]:
        found = _document(http, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise KeysUnreachable("the discovery document names another issuer")
        return _document(http, str(found.get("jwks_uri", "")))

    return CachedKeys(Patient(fetch))


class Patient:
    """Fetches in a thread of its own and waits for it so long; while one hangs there is no second."""

    def __init__(self, fetch: FetchKeys, seconds: float = PATIENCE_SECONDS) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._under_way: Future[Mapping[str, Any]] | None = None

    def __call__(self) -> Mapping[str, Any]:
        """See `FetchKeys`."""
        fetched = self._under_way or self._begun()
        try:
            return fetched.result(self._seconds)
        except TimeoutError:
            raise KeysUnreachable("the issuer takes too long") from None
        finally:
            self._under_way = None if fetched.done() else fetched

    def _begun(self) -> "Future[Mapping[str, Any]]":
        fetched: Future[Mapping[str, Any]] = Future()
        threading.Thread(target=self._into, args=(fetched,), name="issuer keys", daemon=True).start()
        return fetched

    def _into(self, fetched: "Future[Mapping[str, Any]]") -> None:
        try:
            fetched.set_result(self._fetch())
        except BaseException as wrong:  # noqa: BLE001 - whoever waits raises it
            fetched.set_exception(wrong)


def _document(http: httpx.Client, address: str) -> Mapping[str, Any]:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise KeysUnreachable("the address of the keys is not https")
    try:
        with http.stream("GET", address) as response:
            if response.status_code != httpx.codes.OK:
                raise KeysUnreachable(f"the issuer answered {response.status_code}")
            return _key_set(_limited(response))
    except httpx.HTTPError as wrong:
        raise KeysUnreachable(type(wrong).__name__) from wrong


def _limited(response: httpx.Response) -> bytes:
    body, deadline = bytearray(), time.monotonic() + FETCH_SECONDS
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > DOCUMENT_BYTES or time.monotonic() > deadline:
            raise KeysUnreachable("the document is too long or comes too slowly")
    return bytes(body)


def _key_set(text: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise KeysUnreachable("the document is not JSON") from wrong
    if not isinstance(document, dict):
        raise KeysUnreachable("the document is not an object")
    return document
