import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.access.caller import Caller, Unauthenticated
from services.access.gate import Gate
from services.access.keys import CachedKeys, KeysUnreachable
from tests.access.tokens import AUDIENCE, EC_KEY, ED_KEY, ISSUER, RSA_KEY, STRANGER, Hour

Sign = Callable[..., str]
Bad = Callable[[Sign], str | None]


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], sign: Sign, key: bytes | None) -> str:
    """A token that no library would make."""
    body = f"{part(header)}.{sign().split('.')[1]}"
    signature = b"" if key is None else hmac.digest(key, body.encode(), hashlib.sha256)
    return f"Bearer {body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def public_pem() -> bytes:
    return RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def other_payload(sign: Sign) -> str:
    header, payload, signature = sign().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{part({**claims, 'roles': ['payments-approver']})}.{signature}"


def other_signature(sign: Sign) -> str:
    header, payload, signature = sign().split(".")
    return f"{header}.{payload}.{'A' if signature[5] != 'A' else 'B'}{signature[1:]}"


NOW = 1767603600
BAD: dict[str, tuple[str, Bad]] = {
    "no header": ("no-token", lambda _: None),
    "an empty header": ("no-token", lambda _: ""),
    "no scheme": ("malformed", lambda sign: sign().removeprefix("Bearer ")),
    "only the scheme": ("malformed", lambda _: "Bearer "),
    "another scheme": ("malformed", lambda sign: sign().replace("Bearer", "Basic")),
    "two tokens": ("malformed", lambda sign: f"{sign()}, {sign()}"),
    "two tokens in one": ("malformed", lambda sign: f"{sign()} {sign().removeprefix('Bearer ')}"),
    "a token with a line end": ("malformed", lambda sign: sign() + "\n"),
    "two parts": ("malformed", lambda sign: sign().rpartition(".")[0]),
    "four parts": ("malformed", lambda sign: sign() + ".AAAA"),
    "not base64 of JSON": ("malformed", lambda _: "Bearer AAAA.BBBB.CCCC"),
    "deeply nested JSON": ("malformed", lambda _: "Bearer " + base64.urlsafe_b64encode(b"[" * 4_000).decode().rstrip("=") + ".e30.AA"),
    "100 kB": ("too-long", lambda sign: sign(note="x" * 100_000)),
    "a byte that is no text": ("malformed", lambda sign: sign() + "\udcff"),
    "no algorithm": ("algorithm", lambda sign: by_hand({"typ": "JWT", "kid": "ec"}, sign, b"")),
    "algorithm none": ("malformed", lambda sign: by_hand({"typ": "JWT", "kid": "ec", "alg": "none"}, sign, None)),
    "algorithm none, signed": ("algorithm", lambda sign: by_hand({"typ": "JWT", "kid": "ec", "alg": "none"}, sign, b"x")),
    "algorithm nOnE, signed": ("algorithm", lambda sign: by_hand({"typ": "JWT", "kid": "ec", "alg": "nOnE"}, sign, b"x")),
    "HS256 with the public key as secret": (
        "algorithm",
        lambda sign: by_hand({"typ": "JWT", "kid": "rsa", "alg": "HS256"}, sign, public_pem()),
    ),
    "HS256 with the shared key of the set": ("algorithm", lambda sign: sign("secretsecretsecretsecretsecretsecret", "HS256", "shared")),
    "ES384": ("algorithm", lambda sign: by_hand({"typ": "JWT", "kid": "ec", "alg": "ES384"}, sign, b"x")),
    "RS256 said of an EC key": ("algorithm", lambda sign: sign(RSA_KEY, "RS256", "ec")),
    "ES256 said of an RSA key": ("algorithm", lambda sign: sign(EC_KEY, "ES256", "rsa")),
    "PS256": ("algorithm", lambda sign: sign(RSA_KEY, "PS256", "rsa")),
    "no key id": ("malformed", lambda sign: sign(kid=None)),
    "an unknown key id": ("unknown-key", lambda sign: sign(kid="ec2")),
    "a key of a stranger": ("signature", lambda sign: sign(STRANGER)),
    "a key for encryption": ("unknown-key", lambda sign: sign(STRANGER, kid="encryption")),
    "a weak RSA key": ("unknown-key", lambda sign: by_hand({"typ": "JWT", "kid": "weak", "alg": "RS256"}, sign, b"x")),
    "a key in the token": ("unknown-key", lambda sign: by_hand({"typ": "JWT", "kid": "x", "alg": "ES256", "jwk": {}}, sign, b"x")),
    "a critical extension": ("malformed", lambda sign: by_hand({"typ": "JWT", "kid": "ec", "alg": "ES256", "crit": ["x"]}, sign, b"x")),
    "a payload changed": ("signature", other_payload),
    "a signature changed": ("signature", other_signature),
    "a type that is no access token": ("type", lambda sign: sign(typ="logout+jwt")),
    "no type": ("type", lambda sign: by_hand({"kid": "ec", "alg": "ES256"}, sign, b"x")),
    "another issuer": ("issuer", lambda sign: sign(iss="https://login.example.com")),
    "an issuer with a slash more": ("issuer", lambda sign: sign(iss=ISSUER + "/")),
    "another audience": ("audience", lambda sign: sign(aud="another")),
    "no audience among many": ("audience", lambda sign: sign(aud=["another", "third"])),
    "ended": ("expired", lambda sign: sign(exp=NOW - 31)),
    "not yet begun": ("not-yet-valid", lambda sign: sign(nbf=NOW + 31)),
    "issued in the future": ("not-yet-valid", lambda sign: sign(iat=NOW + 31)),
    "an end that is no number": ("claims", lambda sign: sign(exp="never")),
    "an end that is true": ("claims", lambda sign: sign(exp=True)),
    "an infinite end": ("claims", lambda sign: sign(exp=float("inf"))),
    "an end that is not a number at all": ("claims", lambda sign: sign(exp=float("nan"))),
    "roles as a text": ("claims", lambda sign: sign(roles="caseworker")),
    "roles as an object": ("claims", lambda sign: sign(roles={"caseworker": True})),
    "an unknown role": ("claims", lambda sign: sign(roles=["caseworker", "root"])),
    "a role that is a number": ("claims", lambda sign: sign(roles=[1])),
    "a role that is a list": ("claims", lambda sign: sign(roles=[["caseworker"]])),
    "municipalities as a text": ("claims", lambda sign: sign(municipalities="GM0361")),
    "a wildcard municipality": ("claims", lambda sign: sign(municipalities=["*"])),
    "a municipality that is a number": ("claims", lambda sign: sign(municipalities=[361])),
    "a BSN as subject": ("claims", lambda sign: sign(sub="999990019")),
    "an empty subject": ("claims", lambda sign: sign(sub="")),
    "a subject that is a number": ("claims", lambda sign: sign(sub=12)),
    "the name of the product's own clock": ("claims", lambda sign: sign(sub="clock")),
    "the name of the product's own reactor": ("claims", lambda sign: sign(sub="reactor:handover")),
    "claims that are a list": ("malformed", lambda _: "Bearer " + jwt.PyJWS().encode(b"[]", EC_KEY, "ES256", {"kid": "ec", "typ": "JWT"})),
}


@pytest.mark.parametrize(("reason", "token"), BAD.values(), ids=BAD.keys())
def test_a_bad_token_is_nobody(gate: Gate, signed: Sign, reason: str, token: Bad) -> None:
    with pytest.raises(Unauthenticated) as refused:
        gate.caller(token(signed))
    assert refused.value.reason == reason


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat", "roles", "municipalities"])
def test_a_token_without_a_claim_is_nobody(gate: Gate, signed: Sign, claim: str) -> None:
    with pytest.raises(Unauthenticated, match="claims"):
        gate.caller(signed(**{claim: ...}))


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(EC_KEY, "ES256", "ec"), (RSA_KEY, "RS256", "rsa"), (ED_KEY, "EdDSA", "ed")])
def test_a_good_token_is_its_caller(gate: Gate, signed: Sign, key: object, algorithm: str, kid: str) -> None:
    assert gate.caller(signed(key, algorithm, kid)) == Caller("s-0001", frozenset({"caseworker"}), frozenset({"GM0361"}))


def test_an_access_token_of_rfc_9068_is_good_too(gate: Gate, signed: Sign) -> None:
    assert gate.caller(signed(typ="at+jwt", aud=["another", AUDIENCE])).actor == "s-0001"


@pytest.mark.parametrize("moments", [{"exp": NOW - 29}, {"nbf": NOW + 29}, {"iat": NOW + 29}])
def test_clocks_may_differ_by_half_a_minute(gate: Gate, signed: Sign, moments: dict[str, int]) -> None:
    assert gate.caller(signed(**moments)).actor == "s-0001"


def test_a_caller_without_roles_is_known_and_may_do_nothing(gate: Gate, signed: Sign) -> None:
    assert gate.caller(signed(roles=[], municipalities=[])) == Caller("s-0001", frozenset(), frozenset())


def test_a_token_that_passed_ends_at_its_end(gate: Gate, signed: Sign, hour: Hour) -> None:
    token = signed(exp=NOW + 5)
    assert gate.caller(token) == gate.remembered(token)
    hour.passes(36)
    assert gate.remembered(token) is None
    with pytest.raises(Unauthenticated, match="expired"):
        gate.caller(token)


def test_a_token_that_passed_is_checked_again_after_a_minute(gate: Gate, signed: Sign, hour: Hour) -> None:
    token = signed()
    gate.caller(token)
    hour.passes(61)
    assert gate.remembered(token) is None
    assert gate.caller(token).actor == "s-0001"


def test_a_gate_remembers_no_more_than_it_can_hold(gate: Gate, signed: Sign) -> None:
    first = signed(kid="ed", key=ED_KEY, algorithm="EdDSA", jti="first")
    gate.caller(first)
    for number in range(1_024):
        gate.caller(signed(kid="ed", key=ED_KEY, algorithm="EdDSA", jti=str(number)))
    assert gate.remembered(first) is None


def test_without_keys_nobody_comes_in(signed: Sign, hour: Hour) -> None:
    def unreachable() -> dict[str, Any]:
        raise KeysUnreachable("no route")

    with pytest.raises(Unauthenticated, match="keys-unavailable"):
        Gate(CachedKeys(unreachable), ISSUER, AUDIENCE, hour).caller(signed())


@given(st.text() | st.from_regex(r"\ABearer [\w-]+\.[\w-]+\.[\w-]*\Z"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_sent_is_refused_in_order(gate: Gate, sent: str) -> None:
    with pytest.raises(Unauthenticated):
        gate.caller(sent)


@given(seed=st.integers())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_no_character_of_a_token_can_be_changed(gate: Gate, signed: Sign, seed: int) -> None:
    token, chance = signed(), random.Random(seed)
    place = chance.randrange(len("Bearer "), len(token) - 1)
    other = chance.choice([c for c in "ABCDxyz019-_." if c != token[place]])
    with pytest.raises(Unauthenticated):
        gate.caller(token[:place] + other + token[place + 1 :])
