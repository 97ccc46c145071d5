"""The people of a rehearsal at their desks: each with an own token, each through the services' HTTP interfaces."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

LINES_A_REQUEST = 2_000
REQUEST_SECONDS = 120.0
HEARD_SECONDS, PAUSE_SECONDS = 60.0, 0.2
UNHEARD = {httpx.codes.CONFLICT: "client-unknown-there", httpx.codes.SERVICE_UNAVAILABLE: "unavailable"}

T = TypeVar("T")
Advance = Callable[[int], None]


class Turned(RuntimeError):
    """A service did not do what was asked; the text is its problem, status and detail."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One person with a token, speaking to one service at `url` over connections that all desks share."""

    http: httpx.Client
    url: str
    token: str

    def _headers(self, key: str = "") -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return headers | {"Idempotency-Key": key} if key else headers

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path."""
        return _checked(self.http.get(self.url + path, params=query, headers=self._headers())).json()

    def post(self, path: str, key: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Give a command under an idempotency key; its JSON answer."""
        content = json.dumps(body).encode()
        return _checked(_once_heard(lambda: self._post(path, key, content, "application/json"), _turned_unheard)).json()

    def fetch(self, path: str, key: str) -> bytes:
        """Give a command whose answer is a file."""
        return _checked(self._post(path, key, b"{}", "application/json")).content

    def deliver(self, path: str, key: str, content: bytes) -> Any:  # noqa: ANN401 - JSON
        """Bring an XML file."""
        return _checked(self._post(path, key, content, "application/xml")).json()

    def _post(self, path: str, key: str, content: bytes, kind: str) -> httpx.Response:
        headers = self._headers(key) | {"Content-Type": kind}
        return self.http.post(self.url + path, content=content, headers=headers)

    def bulk(self, path: str, lines: Sequence[bytes], advance: Advance) -> Iterator[dict[str, Any]]:
        """Bring lines of NDJSON; the answer to each, in order."""
        for start in range(0, len(lines), LINES_A_REQUEST):
            portion = lines[start : start + LINES_A_REQUEST]
            yield from _once_heard(partial(self._portion, path, portion), _unheard)
            advance(len(portion))

    def _portion(self, path: str, portion: Sequence[bytes]) -> list[dict[str, Any]]:
        answer = _checked(self._post(path, "", b"\n".join(portion) + b"\n", "application/x-ndjson"))
        answered = [json.loads(line) for line in answer.text.splitlines()]
        if len(answered) != len(portion):
            raise Turned(f"{path}: {len(portion)} lines sent, {len(answered)} answered")
        return answered


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise Turned(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:500]}")


def _once_heard(ask: Callable[[], T], unheard: Callable[[T], bool]) -> T:
    """The answer once benefits has heard from intake of whom it is about, which takes a moment; the last one after `HEARD_SECONDS`."""
    limit = time.monotonic() + HEARD_SECONDS
    while unheard(answer := ask()) and time.monotonic() < limit:
        time.sleep(PAUSE_SECONDS)
    return answer


def _turned_unheard(answer: httpx.Response) -> bool:
    return answer.status_code in UNHEARD and answer.json()["title"] in UNHEARD.values()


def _unheard(answered: Sequence[Mapping[str, Any]]) -> bool:
    return any(line.get("reason") in UNHEARD.values() for line in answered)


def connections() -> httpx.Client:
    """Connections for all desks; each request has its limit."""
    return httpx.Client(timeout=REQUEST_SECONDS, trust_env=False)


def lines_of(path: Path) -> list[bytes]:
    """The lines of an NDJSON file."""
    return path.read_bytes().splitlines()
