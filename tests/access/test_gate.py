import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.access.caller import Caller, Unauthenticated
from services.access.gate import Gate
from services.access.keys import CachedKeys, KeysUnreachable
from tests.access.tokens import AUDIENCE, EC_KEY, ED_KEY, ISSUER, RSA_KEY, STRANGER, WEAK_RSA_KEY, Hour

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
    return f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def headed(sign: Sign, key: Any = EC_KEY, payload: bytes | None = None, **header: object) -> str:  # noqa: ANN401 - a private key
    """Rightly signed, under a header with more or other names in it."""
    return signed_text(key, json.dumps({"alg": "ES256", "typ": "JWT", "kid": "ec", **header}), payload or claims_of(sign))


def signed_text(key: Any, header: str, payload: bytes) -> str:  # noqa: ANN401 - a private key
    """Rightly signed, whatever header and payload say."""
    body = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in (header.encode(), payload))
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(body, key)
    return f"Bearer {body.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def signed_weakly(payload: bytes) -> str:
    header = {"alg": "RS256", "typ": "JWT", "kid": "weak"}
    body = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in (json.dumps(header).encode(), payload))
    signature = WEAK_RSA_KEY.sign(body, PKCS1v15(), SHA256())
    return f"Bearer {body.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def claims_of(sign: Sign, **other: object) -> bytes:
    return json.dumps({**json.loads(base64.urlsafe_b64decode(sign().split(".")[1] + "==")), **other}).encode()


def said_twice(sign: Sign, name: str, other: object) -> bytes:
    """The claims with one more of a name, at the end."""
    return claims_of(sign)[:-1] + b"," + json.dumps({name: other}).encode()[1:]


def with_signature(sign: Sign, signature: bytes) -> str:
    return f"{sign().rpartition('.')[0]}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def last_character_changed(sign: Sign) -> str:
    """Other text, same bytes: 64 bytes leave four bits of the last character unused."""
    token, alphabet = sign(), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


STRANGERS_JWK = jwt.algorithms.ECAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)
NOW = 1767603600
TWICE_HEADED = '{"alg":"ES256","typ":"JWT","kid":"ec","alg":"none"}'
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
    "a key in the token that fits": ("header", lambda sign: headed(sign, STRANGER, jwk=STRANGERS_JWK)),
    "a place to find keys (jku)": ("header", lambda sign: headed(sign, STRANGER, jku="https://evil.example/keys")),
    "a place to find a certificate (x5u)": ("header", lambda sign: headed(sign, STRANGER, x5u="https://evil.example/c.pem")),
    "a certificate in the token (x5c)": ("header", lambda sign: headed(sign, STRANGER, x5c=["MIIB"])),
    "a critical extension": ("header", lambda sign: headed(sign, crit=["x"], x=1)),
    "a payload that is not encoded (b64)": ("header", lambda sign: headed(sign, b64=False, crit=["b64"])),
    "a payload that is packed (zip)": ("header", lambda sign: headed(sign, zip="DEF")),
    "a token within a token (cty)": ("header", lambda sign: headed(sign, payload=sign().encode(), cty="JWT")),
    "an encrypted token (JWE)": ("malformed", lambda _: f"Bearer {part({'alg': 'ECDH-ES', 'enc': 'A256GCM', 'kid': 'ec'})}..A.B.C"),
    "an encrypted token in three parts": ("algorithm", lambda sign: headed(sign, alg="dir", enc="A256GCM")),
    "a path as key id": ("malformed", lambda sign: headed(sign, kid="../../../../dev/null")),
    "a query as key id": ("malformed", lambda sign: headed(sign, kid="x' UNION SELECT 'secret' --")),
    "an address as key id": ("malformed", lambda sign: headed(sign, kid="https://evil.example/key")),
    "a null byte in the key id": ("malformed", lambda sign: headed(sign, kid="ec\x00")),
    "a key id of a kilobyte": ("malformed", lambda sign: headed(sign, kid="e" * 1_000)),
    "a key id that is a list": ("malformed", lambda sign: headed(sign, kid=["ec"])),
    "an algorithm that is a list": ("malformed", lambda sign: headed(sign, alg=["ES256"])),
    "an algorithm said twice": ("malformed", lambda sign: signed_text(EC_KEY, TWICE_HEADED, claims_of(sign))),
    "roles said twice": ("malformed", lambda sign: headed(sign, payload=said_twice(sign, "roles", ["payments-approver"]))),
    "a subject said twice": ("malformed", lambda sign: headed(sign, payload=said_twice(sign, "sub", "s-0002"))),
    "claims that are no UTF-8": ("malformed", lambda sign: headed(sign, payload=claims_of(sign).replace(b"s-0001", b"s-\xff01"))),
    "deeply nested claims": ("malformed", lambda sign: headed(sign, payload=b'{"x":' + b"[" * 2_500 + b"]" * 2_500 + b"}")),
    "claims with something behind them": ("malformed", lambda sign: headed(sign, payload=claims_of(sign) + b"{}")),
    "a signature of zeros": ("signature", lambda sign: with_signature(sign, bytes(64))),
    "a signature of one byte": ("signature", lambda sign: with_signature(sign, b"x")),
    "a signature as certificates have it (DER)": ("signature", lambda sign: with_signature(sign, EC_KEY.sign(b"x", ECDSA(SHA256())))),
    "the same bytes in another text": ("malformed", last_character_changed),
    "filled up with =": ("malformed", lambda sign: sign() + "=="),
    "a key on another curve": ("unknown-key", lambda sign: headed(sign, kid="p384")),
    "a key on another curve, called ES256": ("unknown-key", lambda sign: headed(sign, kid="p384-as-256")),
    "another curve's algorithm (ES256K)": ("algorithm", lambda sign: headed(sign, alg="ES256K")),
    "a weak RSA key that signed it": ("unknown-key", lambda sign: signed_weakly(claims_of(sign))),
    "a payload changed": ("signature", other_payload),
    "a signature changed": ("signature", other_signature),
    "a type that is no access token": ("type", lambda sign: sign(typ="logout+jwt")),
    "no type": ("type", lambda sign: by_hand({"kid": "ec", "alg": "ES256"}, sign, b"x")),
    "another issuer": ("issuer", lambda sign: sign(iss="https://login.example.com")),
    "an issuer with a slash more": ("issuer", lambda sign: sign(iss=ISSUER + "/")),
    "another audience": ("audience", lambda sign: sign(aud="another")),
    "no audience among many": ("audience", lambda sign: sign(aud=["another", "third"])),
    "an audience that begins as ours": ("audience", lambda sign: sign(aud="backbone.evil.example")),
    "an audience in other capitals": ("audience", lambda sign: sign(aud="Backbone")),
    "an audience within a list in a list": ("audience", lambda sign: sign(aud=[[AUDIENCE]])),
    "an audience beside a number": ("audience", lambda sign: sign(aud=[AUDIENCE, 1])),
    "an audience as an object": ("audience", lambda sign: sign(aud={AUDIENCE: True})),
    "issuers in a list": (
        "issuer",
        lambda sign: headed(
            sign,
            payload=claims_of(sign)
            .replace(ISSUER.encode(), b'"' + ISSUER.encode() + b'"')
            .replace(b'""', b'["', 1)
            .replace(b'""', b'"]', 1),
        ),
    ),
    "an issuer in another script": ("issuer", lambda sign: sign(iss=ISSUER.replace("o", "\u043e"))),
    "ended": ("expired", lambda sign: sign(exp=NOW - 31)),
    "not yet begun": ("not-yet-valid", lambda sign: sign(nbf=NOW + 31)),
    "issued in the future": ("not-yet-valid", lambda sign: sign(iat=NOW + 31)),
    "issued in a thousand years": ("not-yet-valid", lambda sign: sign(iat=NOW + 31_556_952_000)),
    "to live for a year": ("lives-too-long", lambda sign: sign(exp=NOW + 31_556_952)),
    "issued at nothing": ("claims", lambda sign: sign(iat=None)),
    "issued at a text": ("claims", lambda sign: sign(iat=str(NOW))),
    "begun at a list": ("claims", lambda sign: sign(nbf=[NOW])),
    "an end of 400 digits": ("claims", lambda sign: headed(sign, payload=claims_of(sign, exp=10**400))),
    "an end that is no number": ("claims", lambda sign: sign(exp="never")),
    "an end that is true": ("claims", lambda sign: sign(exp=True)),
    "an infinite end": ("malformed", lambda sign: sign(exp=float("inf"))),
    "an end that is not a number at all": ("malformed", lambda sign: sign(exp=float("nan"))),
    "roles as a text": ("claims", lambda sign: sign(roles="caseworker")),
    "roles as an object": ("claims", lambda sign: sign(roles={"caseworker": True})),
    "an unknown role": ("claims", lambda sign: sign(roles=["caseworker", "root"])),
    "a role that is a number": ("claims", lambda sign: sign(roles=[1])),
    "a role that is a list": ("claims", lambda sign: sign(roles=[["caseworker"]])),
    "municipalities as a text": ("claims", lambda sign: sign(municipalities="GM0361")),
    "a wildcard municipality": ("claims", lambda sign: sign(municipalities=["*"])),
    "a municipality that is a number": ("claims", lambda sign: sign(municipalities=[361])),
    "a municipality outside the region": ("claims", lambda sign: sign(municipalities=["GM0361", "GM0363"])),
    "a municipality in a list in a list": ("claims", lambda sign: sign(municipalities=[["GM0361"]])),
    "no roles at all": ("claims", lambda sign: sign(roles=None)),
    "a role in other capitals": ("claims", lambda sign: sign(roles=["Caseworker"])),
    "a role with a line end": ("claims", lambda sign: sign(roles=["caseworker\n"])),
    "a subject with a line end": ("claims", lambda sign: sign(sub="s-1\n")),
    "a subject of a thousand characters": ("claims", lambda sign: sign(sub="s" * 1_000)),
    "a subject in another script": ("claims", lambda sign: sign(sub="\u0455-0001")),
    "a BSN as subject": ("claims", lambda sign: sign(sub="999990019")),
    "an empty subject": ("claims", lambda sign: sign(sub="")),
    "a subject that is a number": ("claims", lambda sign: sign(sub=12)),
    "the name of the product's own clock": ("claims", lambda sign: sign(sub="clock")),
    "the name of the product's own reactor": ("claims", lambda sign: sign(sub="reactor:handover")),
    "claims that are a list": ("malformed", lambda _: "Bearer " + jwt.PyJWS().encode(b"[]", EC_KEY, "ES256", {"kid": "ec", "typ": "JWT"})),
}


def test_there_are_more_than_a_hundred_kinds() -> None:
    assert len(BAD) > 100


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
@example("Bearer \N{KELVIN SIGN}.a.a")
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
