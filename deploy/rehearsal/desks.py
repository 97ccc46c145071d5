"""The people of a rehearsal at their desks: each with an own token, each through the services' HTTP interfaces."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

LINES_A_REQUEST = 2_000
REQUEST_SECONDS = 120.0

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
        return _checked(self._post(path, key, json.dumps(body).encode(), "application/json")).json()

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
            answer = _checked(self._post(path, "", b"\n".join(portion) + b"\n", "application/x-ndjson"))
            answered = [json.loads(line) for line in answer.text.splitlines()]
            if len(answered) != len(portion):
                raise Turned(f"{path}: {len(portion)} lines sent, {len(answered)} answered")
            yield from answered
            advance(len(portion))


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise Turned(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text[:500]}")


def connections() -> httpx.Client:
    """Connections for all desks; each request has its limit."""
    return httpx.Client(timeout=REQUEST_SECONDS, trust_env=False)


def lines_of(path: Path) -> list[bytes]:
    """The lines of an NDJSON file."""
    return path.read_bytes().splitlines()
