"""The gate: a bearer token becomes a caller, or nobody."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any, cast

import jwt
from jwt.exceptions import InvalidAudienceError, InvalidIssuerError, InvalidSignatureError, PyJWTError

from services.access.caller import ROLES, Caller, Role, Unauthenticated
from services.access.jose import TOKEN_CHARACTERS, claims_once, key_id, token_of
from services.access.keys import ALGORITHMS, KeySource
from services.access.region import REGION

LEEWAY_SECONDS = 30.0
REMEMBERED = 1_024
REMEMBERED_SECONDS = 60.0
LAST_SECOND = 253_402_300_800
"""The year 10,000; numbers beyond it, and what is no number at all, are no moments."""

LIFE_SECONDS = 86_400.0
"""The longest that a token may live; what was stolen is of no use the day after."""

REQUIRED = ("iss", "aud", "sub", "exp", "iat", "roles", "municipalities")
SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
BARE_NUMBER = re.compile(r"\d{8,9}")
RESERVED = frozenset({"clock", "relay", "reactor"})
"""Actors of the product itself; a token cannot speak in their name."""


class Gate:
    """Checks tokens. A token that passed is remembered for a minute, never past its own end. Safe in threads."""

    def __init__(self, keys: KeySource, issuer: str, audience: str, now: Callable[[], datetime]) -> None:
        self._keys, self._issuer, self._audience, self._now = keys, issuer, audience, now
        self._lock = Lock()
        self._passed: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def remembered(self, authorization_header: str | None) -> Caller | None:
        """The caller, without any waiting, where this very token passed less than a minute ago."""
        if authorization_header is None or len(authorization_header) > TOKEN_CHARACTERS:
            return None
        until, caller = self._passed.get(_fingerprint(authorization_header), (0.0, None))
        return caller if self._now().timestamp() < until else None

    def caller(self, authorization_header: str | None) -> Caller:
        """Who asks; raises `Unauthenticated`. May wait for the issuer's keys, seconds at most."""
        known = self.remembered(authorization_header)
        if known is not None:
            return known
        claims = self._claims(token_of(authorization_header))
        ends = self._moments(claims)
        caller = Caller(_subject(claims["sub"]), _roles(claims["roles"]), _municipalities(claims["municipalities"]))
        self._remember(cast("str", authorization_header), min(ends, self._now().timestamp() + REMEMBERED_SECONDS), caller)
        return caller

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            key = self._keys.key(key_id(token, ALGORITHMS))
            claims_once(token)
            checks = {"require": list(REQUIRED), "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_sub": False}
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._audience,
                issuer=self._issuer,
                options=cast("Any", checks),
            )
        except PyJWTError as wrong:
            raise Unauthenticated(_reason(wrong)) from None
        except (ValueError, TypeError, RecursionError):
            raise Unauthenticated("malformed") from None

    def _moments(self, claims: Mapping[str, Any]) -> float:
        """When the token ends; the gate's own clock decides, not the library's."""
        now = self._now().timestamp()
        ends, issued, begins = (_moment(claims.get(name, 0)) for name in ("exp", "iat", "nbf"))
        if now >= ends + LEEWAY_SECONDS:
            raise Unauthenticated("expired")
        if max(issued, begins) > now + LEEWAY_SECONDS:
            raise Unauthenticated("not-yet-valid")
        if ends - issued > LIFE_SECONDS:
            raise Unauthenticated("lives-too-long")
        return ends + LEEWAY_SECONDS

    def _remember(self, authorization_header: str, until: float, caller: Caller) -> None:
        with self._lock:
            self._passed[_fingerprint(authorization_header)] = (until, caller)
            while len(self._passed) > REMEMBERED:
                self._passed.popitem(last=False)


def _fingerprint(authorization_header: str) -> bytes:
    return hashlib.sha256(authorization_header.encode("utf-8", "surrogateescape")).digest()


def _reason(wrong: PyJWTError) -> str:
    reasons = {
        InvalidSignatureError: "signature",
        jwt.exceptions.InvalidAlgorithmError: "algorithm",
        InvalidAudienceError: "audience",
        InvalidIssuerError: "issuer",
        jwt.exceptions.MissingRequiredClaimError: "claims",
    }
    return reasons.get(type(wrong), "malformed")


def _moment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LAST_SECOND:
        raise Unauthenticated("claims")
    return float(value)


def _subject(value: object) -> str:
    if not isinstance(value, str) or not SUBJECT.fullmatch(value) or BARE_NUMBER.fullmatch(value) or value.lower() in RESERVED:
        raise Unauthenticated("claims")
    return value


def _roles(value: object) -> frozenset[Role]:
    if not isinstance(value, list) or not all(isinstance(role, str) and role in ROLES for role in value):
        raise Unauthenticated("claims")
    return frozenset(value)


def _municipalities(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(code, str) and code in REGION for code in value):
        raise Unauthenticated("claims")
    return frozenset(value)
