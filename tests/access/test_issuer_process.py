"""A real issuer over HTTP: what it says is believed, and where it does not answer nobody comes in."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from services.access.caller import Unauthenticated
from services.access.gate import Gate
from services.access.keys import CachedKeys, KeysUnreachable, Patient, issuer_keys
from services.ports import free_port
from tests.access.test_keys import Stopwatch
from tests.access.tokens import AUDIENCE, Hour

OLD, NEW = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


class Issuer:
    """The process, the gate that believes it, and the time that passes there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url, self.hour, self.watch = folder, f"http://127.0.0.1:{free_port()}", Hour(), Stopwatch()
        (folder / "discovery.json").write_text(json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}))
        self.has(old=OLD)
        self.behaves("well")
        arguments = [sys.executable, str(Path(__file__).with_name("issuer_process.py")), str(folder), self.url.rpartition(":")[2]]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        assert self.process.stdout
        assert self.process.stdout.readline() == b"open\n"
        self.anew()

    def anew(self) -> None:
        """A service that just started and knows no keys."""
        real = issuer_keys(self.url, httpx.Client(timeout=1.0))
        self.gate = Gate(CachedKeys(Patient(cast("Patient", real._fetch)._fetch, 1.5), self.watch), self.url, AUDIENCE, self.hour)

    def behaves(self, how: str) -> None:
        (self.folder / "behaviour").write_text(how)

    def has(self, **named: ec.EllipticCurvePrivateKey) -> None:
        """These keys and no others from now on."""
        listed = [{**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid} for kid, key in named.items()]
        (self.folder / "jwks.json").write_text(json.dumps({"keys": listed}))

    def entered(self, kid: str = "old", key: Any = OLD) -> str:  # noqa: ANN401 - a private key
        """Who came in with a token of this key, or why nobody did."""
        issued = int(self.hour().timestamp())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "s-1", "iat": issued, "exp": issued + 900}
        claims |= {"roles": ["caseworker"], "municipalities": ["GM0361"]}
        try:
            return self.gate.caller(f"Bearer {jwt.encode(claims, key, 'ES256', {'kid': kid})}").actor
        except Unauthenticated as nobody:
            return nobody.reason

    def passes(self, seconds: float) -> None:
        self.watch.seconds += seconds
        self.hour.passes(seconds)

    def ends(self) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    made = Issuer(tmp_path)
    yield made
    made.ends()


def test_who_has_a_token_of_the_issuer_comes_in(issuer: Issuer) -> None:
    assert issuer.entered() == "s-1"
    assert issuer.entered("new", NEW) == "unknown-key"


@pytest.mark.parametrize("behaviour", ["mute", "trickling", "garbage", "broken", "other"])
def test_while_the_issuer_does_not_say_what_its_keys_are_nobody_comes_in(issuer: Issuer, behaviour: str) -> None:
    issuer.behaves(behaviour)
    assert issuer.entered() == "keys-unavailable"
    issuer.behaves("well")
    issuer.passes(5.1)
    while issuer.entered() == "keys-unavailable":
        issuer.passes(5.1)
    assert issuer.entered() == "s-1"


def test_where_the_issuer_is_gone_nobody_comes_in(issuer: Issuer) -> None:
    issuer.ends()
    assert issuer.entered() == "keys-unavailable"


def test_an_issuer_that_goes_away_is_believed_for_an_hour_and_no_longer(issuer: Issuer) -> None:
    assert issuer.entered() == "s-1"
    issuer.ends()
    issuer.passes(3_500)
    assert issuer.entered() == "s-1"
    issuer.passes(200)
    assert issuer.entered() == "keys-unavailable"


def test_a_key_that_the_issuer_takes_back_is_believed_for_ten_minutes_at_most_and_the_new_one_within_a_minute(issuer: Issuer) -> None:
    assert issuer.entered() == "s-1"
    issuer.has(new=NEW)
    issuer.passes(61)
    assert issuer.entered("new", NEW) == "s-1"
    assert issuer.entered() == "unknown-key"


def test_a_hanging_issuer_is_asked_by_one_thread_at_a_time() -> None:
    asked, answer = list[int](), threading.Event()

    def hanging() -> dict[str, Any]:
        asked.append(1)
        assert answer.wait(20)
        return {}

    patient = Patient(hanging, 0.05)
    for _ in range(3):
        with pytest.raises(KeysUnreachable, match="too long"):
            patient()
    answer.set()
    assert patient() == {}
    assert len(asked) == 1
