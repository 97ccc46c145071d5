from itertools import product
from pathlib import Path
from typing import cast, get_args

import pytest

from services.access.caller import Caller, Forbidden, Role, allow
from services.access.development import ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from tests.access.tokens import Hour

ROLES = cast("tuple[Role, ...]", get_args(Role))
MUNICIPALITIES = ["GM0361", "GM0373"]


@pytest.mark.parametrize(("has", "needs", "own", "asked"), [*product(ROLES, ROLES, MUNICIPALITIES, [*MUNICIPALITIES, None])])
def test_only_the_role_in_the_own_municipality_may(has: Role, needs: Role, own: str, asked: str | None) -> None:
    caller = Caller("s-1", frozenset({has}), frozenset({own}))
    if has == needs and asked in (own, None):
        allow(caller, {needs}, asked)
        return
    with pytest.raises(Forbidden) as refused:
        allow(caller, {needs}, asked)
    assert refused.value.reason == ("role" if has != needs else "municipality")


def test_a_token_of_the_development_issuer_is_its_caller(tmp_path: Path, hour: Hour) -> None:
    issuer = DevelopmentIssuer(tmp_path, hour)
    token = issuer.token("s-7", ["caseworker", "manager"], ["GM0361", "GM0373"])
    caller = Gate(issuer.keys, ISSUER, "backbone", hour).caller(f"Bearer {token}")
    assert caller == Caller("s-7", frozenset({"caseworker", "manager"}), frozenset({"GM0361", "GM0373"}))


def test_its_tokens_end(tmp_path: Path, hour: Hour) -> None:
    issuer = DevelopmentIssuer(tmp_path, hour)
    token = issuer.token("s-7", ["caseworker"], ["GM0361"], minutes=1)
    hour.passes(91)
    with pytest.raises(Exception, match="expired"):
        Gate(issuer.keys, ISSUER, "backbone", hour).caller(f"Bearer {token}")


def test_its_key_is_its_own(tmp_path: Path) -> None:
    DevelopmentIssuer(tmp_path)
    assert (tmp_path / "issuer-key.pem").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"issuer-key.pem", "jwks.json"}
    assert b'"d"' not in (tmp_path / "jwks.json").read_bytes()


def test_a_second_start_keeps_the_key(tmp_path: Path, hour: Hour) -> None:
    token = DevelopmentIssuer(tmp_path, hour).token("s-7", ["caseworker"], ["GM0361"])
    again = DevelopmentIssuer(tmp_path, hour)
    assert Gate(again.keys, ISSUER, "backbone", hour).caller(f"Bearer {token}").actor == "s-7"
