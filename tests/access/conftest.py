"""A gate, and tokens for it."""

from collections.abc import Callable
from typing import Any, cast

import jwt
import pytest

from services.access.gate import Gate
from services.access.keys import CachedKeys
from tests.access.tokens import AUDIENCE, EC_KEY, ISSUER, Hour, key_set


@pytest.fixture
def hour() -> Hour:
    return Hour()


@pytest.fixture
def gate(hour: Hour) -> Gate:
    return Gate(CachedKeys(key_set), ISSUER, AUDIENCE, hour)


@pytest.fixture
def claims(hour: Hour) -> dict[str, Any]:
    issued = int(hour().timestamp())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "s-0001",
        "iat": issued,
        "exp": issued + 3600,
        "roles": ["caseworker"],
        "municipalities": ["GM0361"],
    }


@pytest.fixture
def signed(claims: dict[str, Any]) -> Callable[..., str]:
    def sign(key: object = EC_KEY, algorithm: str = "ES256", kid: str | None = "ec", typ: str | None = "JWT", **other: object) -> str:
        content = {name: value for name, value in {**claims, **other}.items() if value is not ...}
        headers = {"typ": typ} | ({} if kid is None else {"kid": kid})
        return "Bearer " + jwt.encode(content, cast("Any", key), algorithm=algorithm, headers=headers)

    return sign
