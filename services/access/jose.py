"""The parts of a bearer token, read strictly: one way to write it, no name twice, and nothing in its header but what we look at."""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.access.caller import Unauthenticated

TOKEN_CHARACTERS: Final = 8_192
BEARER: Final = re.compile(r"bearer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.IGNORECASE | re.ASCII)
HEADER: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""A header may name a key of the issuer's set, never bring a key or a place to find one (jwk, jku, x5c, x5u), nor change how it is read."""

TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
KEY_ID: Final = re.compile(r"[A-Za-z0-9._~:=+-]{1,128}")


def token_of(authorization_header: str | None) -> str:
    """The token in a header; raises `Unauthenticated`."""
    if not authorization_header:
        raise Unauthenticated("no-token")
    if len(authorization_header) > TOKEN_CHARACTERS:
        raise Unauthenticated("too-long")
    found = BEARER.fullmatch(authorization_header)
    if found is None or not all(_written_once(part) for part in found.groups()):
        raise Unauthenticated("malformed")
    return ".".join(found.groups())


def key_id(token: str, algorithms: frozenset[str]) -> str:
    """Which key of the issuer's set the header names; raises `Unauthenticated`."""
    header = _object(token.split(".", maxsplit=1)[0])
    if header.get("alg") not in algorithms:
        raise Unauthenticated("algorithm")
    if header.keys() - HEADER:
        raise Unauthenticated("header")
    if str(header.get("typ", "")).lower() not in TYPES:
        raise Unauthenticated("type")
    named = header.get("kid")
    if not isinstance(named, str) or not KEY_ID.fullmatch(named):
        raise Unauthenticated("malformed")
    return named


def claims_once(token: str) -> None:
    """Raises `Unauthenticated` for a payload that is no object or says something twice: two readers would read two things."""
    _object(token.split(".")[1])


def _object(part: str) -> Mapping[str, Any]:
    try:
        read = json.loads(_bytes(part).decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        raise Unauthenticated("malformed") from None
    if not isinstance(read, dict):
        raise Unauthenticated("malformed")
    return read


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name stands there twice")
    return named


def _never(_constant: str) -> None:
    raise ValueError("not a number of JSON")


def _written_once(part: str) -> bool:
    """Whether there is no other way to write these bytes, so that one token is one text."""
    try:
        return urlsafe_b64encode(_bytes(part)).rstrip(b"=").decode() == part
    except binascii.Error:
        return False


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
