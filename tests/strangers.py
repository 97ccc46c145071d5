"""Requests as they come from anywhere, put to an app as its server would, and what must hold for every answer."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Scope

SECONDS = 20
METHODS = st.one_of(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"]), st.text(max_size=8))
PATHS = st.one_of(
    st.text(max_size=40),
    st.lists(st.one_of(st.sampled_from(["v1", "..", "", "%00", "forms", "_bulk", "\x00", "a" * 3_000]), st.text(max_size=6))).map(
        lambda parts: "/" + "/".join(parts)
    ),
)
QUERIES = st.one_of(st.just(b""), st.binary(max_size=60), st.just(b"&".join(b"a=%d" % n for n in range(2_000))))
NAMES = st.sampled_from(
    [
        b"authorization",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"transfer-encoding",
        b"idempotency-key",
        b"if-version",
        b"traceparent",
        b"host",
        b"x-forwarded-for",
        b"origin",
        b"range",
        b"expect",
        b"accept",
        b"cookie",
    ]
)
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"Bearer ", b"Bearer a.b.c", b"application/json; charset=utf-16", b"multipart/form-data", b"-1", b"9" * 5_000, b"\xff", b"k"]
    ),
)
HEADERS = st.lists(st.tuples(st.one_of(NAMES, st.binary(min_size=1, max_size=12).map(bytes.lower)), VALUES), max_size=6)


@dataclass(frozen=True)
class Asked:
    """One request; `pieces` where the body comes in several."""

    method: str
    path: str
    query: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    pieces: Sequence[bytes] = field(default_factory=tuple)

    def scope(self, token: Mapping[str, str]) -> Scope:
        """As a server gives it."""
        mine = [(name.lower().encode(), value.encode()) for name, value in token.items()]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode("utf-8", "surrogatepass"),
            "query_string": self.query,
            "root_path": "",
            "headers": [*mine, *self.headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }

    def messages(self) -> Iterator[Message]:
        """The body on its way, then the end of the connection."""
        for piece in self.pieces or (self.body,):
            yield {"type": "http.request", "body": piece, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}
        while True:
            yield {"type": "http.disconnect"}

    def answered(self, app: ASGIApp, token: Mapping[str, str]) -> list[Message]:
        """What the app sends; an exception that leaves the app leaves here too."""
        sent: list[Message] = []
        coming = self.messages()

        async def receive() -> Message:
            return next(coming)

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(asyncio.wait_for(app(self.scope(token), receive, send), SECONDS))
        return sent

    def content(self, app: ASGIApp, token: Mapping[str, str]) -> list[bytes]:
        """The lines of the answer."""
        return b"".join(message.get("body", b"") for message in self.answered(app, token)).splitlines()


def anything(paths: st.SearchStrategy[str]) -> st.SearchStrategy[Asked]:
    """Requests of every kind to these paths."""
    return st.builds(Asked, METHODS, paths, QUERIES, HEADERS, st.one_of(st.binary(max_size=60), st.just(b"{}")))


def proper(app: ASGIApp, asked: Asked, token: Mapping[str, str]) -> int:
    """The status; fails where the answer is not whole, lacks its headers, or refuses without a problem."""
    first, *rest = asked.answered(app, token)
    assert first["type"] == "http.response.start"
    headers = {name.lower(): value for name, value in first["headers"]}
    status: int = first["status"]
    assert headers[b"api-version"]
    if status >= 400:
        assert headers[b"content-type"] == b"application/problem+json"
        problem = json.loads(b"".join(message.get("body", b"") for message in rest))
        assert {"status", "title", "detail", "type"} <= set(problem) <= {"status", "title", "detail", "type", "instance"}
        assert problem["status"] == status
    return status
