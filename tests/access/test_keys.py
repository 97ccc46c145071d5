import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.access.caller import Unauthenticated
from services.access.keys import CachedKeys, KeysUnreachable, file_keys, issuer_keys, signing_keys
from tests.access.tokens import ISSUER, key_set

JWKS = "https://login.example.org/keys"
Answer = Callable[[httpx.Request], httpx.Response]


class Issuer:
    """An issuer that counts, changes its keys and goes away when told."""

    def __init__(self) -> None:
        self.fetched, self.away, self.keys = 0, False, key_set()

    def __call__(self) -> dict[str, Any]:
        self.fetched += 1
        if self.away:
            raise KeysUnreachable("away")
        return self.keys


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def keys(issuer: Issuer, watch: Stopwatch) -> CachedKeys:
    return CachedKeys(issuer, watch)


def refused(keys: CachedKeys, kid: str) -> str:
    with pytest.raises(Unauthenticated) as wrong:
        keys.key(kid)
    return wrong.value.reason


def test_only_keys_that_may_sign_are_taken() -> None:
    assert set(signing_keys(key_set())) == {"ec", "rsa", "ed"}


def test_a_key_of_no_kind_we_know_is_left_out() -> None:
    broken = [{"kty": "EC", "kid": "a"}, {"kty": "RSA", "kid": "b", "n": 1}, {"kid": "c"}, "d", None, {**key_set()["keys"][0], "kid": None}]
    assert signing_keys({"keys": broken}) == {}


def test_a_key_without_id_is_left_out() -> None:
    assert signing_keys({"keys": [{k: v for k, v in key_set()["keys"][0].items() if k != "kid"}]}) == {}


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {"a": 1}}])
def test_a_document_that_is_no_key_set_is_no_keys(document: dict[str, Any]) -> None:
    with pytest.raises(KeysUnreachable):
        signing_keys(document)


def test_keys_are_fetched_once(keys: CachedKeys, issuer: Issuer) -> None:
    for _ in range(100):
        keys.key("ec")
    assert issuer.fetched == 1


def test_forged_key_ids_load_the_issuer_once_a_minute(keys: CachedKeys, issuer: Issuer, watch: Stopwatch) -> None:
    keys.key("ec")
    assert {refused(keys, f"forged-{n}") for n in range(100)} == {"unknown-key"}
    assert issuer.fetched == 1
    watch.seconds = 61
    assert refused(keys, "forged") == "unknown-key"
    assert issuer.fetched == 2


def test_a_new_key_is_found_after_a_minute(keys: CachedKeys, issuer: Issuer, watch: Stopwatch) -> None:
    issuer.keys = {"keys": key_set()["keys"][:1]}
    assert refused(keys, "ed") == "unknown-key"
    issuer.keys, watch.seconds = key_set(), 61
    assert keys.key("ed").key_id == "ed"


def test_a_withdrawn_key_is_not_believed_after_ten_minutes(keys: CachedKeys, issuer: Issuer, watch: Stopwatch) -> None:
    keys.key("ec")
    issuer.keys, watch.seconds = {"keys": []}, 601
    assert refused(keys, "ec") == "unknown-key"


def test_keys_are_believed_for_an_hour_while_the_issuer_is_away(keys: CachedKeys, issuer: Issuer, watch: Stopwatch) -> None:
    keys.key("ec")
    issuer.away, watch.seconds = True, 3_599
    assert keys.key("ec").key_id == "ec"
    assert keys.trouble() is None
    watch.seconds = 3_601
    assert refused(keys, "ec") == "keys-unavailable"
    assert keys.trouble() == "the keys of the token issuer cannot be read"


def test_an_issuer_that_was_away_at_the_start_is_tried_again_after_five_seconds(keys: CachedKeys, issuer: Issuer, watch: Stopwatch) -> None:
    issuer.away = True
    assert {refused(keys, "ec") for _ in range(10)} == {"keys-unavailable"}
    assert issuer.fetched == 1
    issuer.away, watch.seconds = False, 5.1
    assert keys.key("ec").key_id == "ec"


def test_many_threads_fetch_once(keys: CachedKeys, issuer: Issuer) -> None:
    threads = [threading.Thread(target=keys.key, args=("ec",)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert issuer.fetched == 1


def test_a_file_that_is_not_there_is_no_keys(tmp_path: Path) -> None:
    assert refused(file_keys(tmp_path / "jwks.json"), "ec") == "keys-unavailable"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"keys": 1}'])
def test_a_broken_file_is_no_keys(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(content)
    assert refused(file_keys(path), "ec") == "keys-unavailable"


def at_issuer(answer: Answer, issuer: str = ISSUER) -> CachedKeys:
    return issuer_keys(issuer, httpx.Client(transport=httpx.MockTransport(answer)))


def pages(**other: object) -> Answer:
    """An issuer's pages: discovery and key set, some of them otherwise."""
    bodies = {"discovery": {"issuer": ISSUER, "jwks_uri": JWKS}, "keys": key_set(), **other}

    def answer(request: httpx.Request) -> httpx.Response:
        body = bodies["keys" if str(request.url) == JWKS else "discovery"]
        return body if isinstance(body, httpx.Response) else httpx.Response(200, content=json.dumps(body).encode())

    return answer


def test_keys_are_found_by_discovery() -> None:
    assert at_issuer(pages()).key("rsa").key_id == "rsa"


UNTRUSTED: dict[str, Answer] = {
    "discovery of another issuer": pages(discovery={"issuer": "https://login.example.com", "jwks_uri": JWKS}),
    "discovery without keys": pages(discovery={"issuer": ISSUER}),
    "keys over plain http": pages(discovery={"issuer": ISSUER, "jwks_uri": "http://login.example.org/keys"}),
    "keys in a file": pages(discovery={"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}),
    "a redirect": pages(discovery=httpx.Response(302, headers={"location": JWKS})),
    "an error": pages(keys=httpx.Response(500)),
    "a list": pages(keys=[]),
    "no JSON": pages(keys=httpx.Response(200, content=b"<html>")),
    "endless keys": pages(keys=httpx.Response(200, content=b" " * 300_000)),
}


@pytest.mark.parametrize("answer", UNTRUSTED.values(), ids=UNTRUSTED.keys())
def test_an_issuer_that_cannot_be_trusted_gives_no_keys(answer: Answer) -> None:
    assert refused(at_issuer(answer), "ec") == "keys-unavailable"


def test_an_issuer_that_does_not_answer_gives_no_keys() -> None:
    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("no answer")

    assert refused(at_issuer(silent), "ec") == "keys-unavailable"


def test_an_issuer_on_this_machine_may_speak_http() -> None:
    here = "http://127.0.0.1:9999"
    keys = pages(discovery={"issuer": here, "jwks_uri": JWKS})
    assert at_issuer(keys, here).key("ec").key_id == "ec"
    assert refused(at_issuer(keys, "http://login.example.org"), "ec") == "keys-unavailable"
