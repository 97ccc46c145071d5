import asyncio
import gc
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Message

from services.ports import free_port
from services.web import bulk as bulk_module
from services.web.in_process import InProcess
from tests.web.desk import SECRET, Desk

BULK = "/v1/forms/_bulk"


def line(id_: str, name: str = "", **other: object) -> bytes:
    return json.dumps({"id": id_, "name": name or f"name-{id_}", **other}).encode()


def answers(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(text) for text in response.text.splitlines()]


def outcomes(response: httpx.Response) -> list[tuple[int, str | None, str]]:
    return [(answer["line"], answer["id"], answer["outcome"]) for answer in answers(response)]


def test_each_line_is_answered(visitor: InProcess) -> None:
    response = visitor.post(BULK, content=b"\n".join([line("a"), line("b"), line("c", "name-a"), line("d", "no")]))
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    assert outcomes(response) == [(1, "a", "accepted"), (2, "b", "accepted"), (3, "c", "unchanged"), (4, "d", "refused")]
    assert answers(response)[3]["reason"] == "not-wanted"


def test_the_same_file_again_changes_nothing(visitor: InProcess, desk: Desk) -> None:
    file = b"\n".join(line(str(n)) for n in range(1_200))
    first = answers(visitor.post(BULK, content=file))
    assert answers(visitor.post(BULK, content=file)) == first
    assert desk.log.head() == 1_200


def test_a_file_that_goes_on_where_it_broke_off_is_the_same_file(visitor: InProcess, desk: Desk) -> None:
    lines = [line(str(n)) for n in range(100)]
    visitor.post(BULK, content=b"\n".join(lines[:60]))
    assert {answer["outcome"] for answer in answers(visitor.post(BULK, content=b"\n".join(lines)))} == {"accepted"}
    assert desk.log.head() == 100


BROKEN: list[tuple[bytes, str | None, list[str]]] = [
    (b"{", None, ["body"]),
    (b"\xff", None, ["body"]),
    (b"[]", None, ["body"]),
    (b'{"name": "x"}', None, ["id"]),
    (line("b", bsn="999990019"), "b", ["bsn"]),
    (b'{"id": "b", "name": 1, "municipality": 2}', "b", ["name", "municipality"]),
    (b'{"id": 1, "name": "x"}', None, ["id"]),
    (line("999990019"), None, ["id"]),
    (line("Jan Jansen"), None, ["id"]),
    (line("b", "x" * 70_000), None, ["body"]),
]


@pytest.mark.parametrize(("broken", "id_", "fields"), BROKEN)
def test_a_broken_line_is_reported_and_the_rest_goes_in(
    visitor: InProcess, desk: Desk, broken: bytes, id_: str | None, fields: list[str]
) -> None:
    response = visitor.post(BULK, content=b"\n".join([line("a"), broken, line("c")]))
    assert outcomes(response) == [(1, "a", "accepted"), (2, id_, "invalid"), (3, "c", "accepted")]
    assert [error["field"] for error in answers(response)[1]["errors"]] == fields
    assert not any(value in response.text for value in ("999990019", "Jansen", "xxx"))
    assert desk.log.head() == 2


def test_the_same_id_with_another_body_is_refused(visitor: InProcess, desk: Desk) -> None:
    response = visitor.post(BULK, content=b"\n".join([line("a"), line("a", "other")]))
    assert answers(response)[1] == {"line": 2, "id": "a", "outcome": "refused", "reason": "other-body"}
    assert desk.log.head() == 1


def test_a_line_of_another_municipality_is_refused(visitor: InProcess, desk: Desk) -> None:
    response = visitor.post(BULK, content=b"\n".join([line("a", municipality="GM0373"), line("b")]))
    assert [(a["outcome"], a.get("reason")) for a in answers(response)] == [("refused", "forbidden"), ("accepted", None)]
    assert desk.log.head() == 1


@pytest.mark.parametrize("name", ["crash", "boom"])
def test_a_line_that_breaks_us_breaks_no_other(visitor: InProcess, name: str, caplog: pytest.LogCaptureFixture) -> None:
    response = visitor.post(BULK, content=b"\n".join([line("a"), line("b", name), line("c"), line("d", name)]))
    assert [a["outcome"] for a in answers(response)] == ["accepted", "failed", "accepted", "failed"]
    assert SECRET not in response.text
    gc.collect()
    assert not any(SECRET in record.getMessage() for record in caplog.records)


def test_an_empty_file_has_no_answers(visitor: InProcess) -> None:
    assert visitor.post(BULK, content=b"").text == visitor.post(BULK, content=b"\n\n").text == ""


def test_a_full_disk_is_told_per_line_and_the_file_may_come_again(visitor: InProcess, desk: Desk) -> None:
    desk.log.full = True
    file = b"\n".join(line(str(n)) for n in range(700))
    assert {a["outcome"] for a in answers(visitor.post(BULK, content=file))} == {"unavailable"}
    desk.log.full = False
    assert {a["outcome"] for a in answers(visitor.post(BULK, content=file))} == {"accepted"}


def test_a_log_that_does_not_answer_is_told_per_line(visitor: InProcess, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_module, "ANSWER_SECONDS", 0.05)
    desk.log.stalled = True
    (answer,) = answers(visitor.post(BULK, content=line("a")))
    assert (answer["outcome"], answer["reason"]) == ("unavailable", "no-answer-in-time")
    assert desk.log.waiting[0].cancelled()


def desk_headers(desk: Desk) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", desk.headers()["Authorization"].encode())]


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in ten seconds")


class Wire:
    """A connection to the app, piece by piece."""

    def __init__(self, desk: Desk) -> None:
        self.scope: dict[str, Any] = {"type": "http", "method": "POST", "path": BULK, "query_string": b""}
        self.scope["headers"] = desk_headers(desk)
        self.to_app: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        self._app = desk.app

    def send(self, piece: bytes) -> None:
        self.to_app.put_nowait({"type": "http.request", "body": piece, "more_body": True})

    def finish(self) -> None:
        self.to_app.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    def disconnect(self) -> None:
        self.to_app.put_nowait({"type": "http.disconnect"})

    async def _from_app(self, message: Message) -> None:
        self.sent.append(message)

    async def run(self) -> list[dict[str, Any]]:
        await asyncio.wait_for(self._app(self.scope, self.to_app.get, self._from_app), 30)
        return [json.loads(text) for m in self.sent for text in m.get("body", b"").splitlines()]


def test_a_client_that_goes_halfway_loses_nothing_of_what_was_recorded(desk: Desk) -> None:
    async def go() -> None:
        wire = Wire(desk)
        wire.send(b"\n".join(line(str(n)) for n in range(1_500)))
        wire.disconnect()
        await wire.run()

    asyncio.run(go())
    recorded = desk.log.head()
    assert recorded in (1_000, 1_499)
    response = desk.visitor().post(BULK, content=b"\n".join(line(str(n)) for n in range(1_500)))
    assert {a["outcome"] for a in answers(response)} == {"accepted"}
    assert desk.log.head() == 1_500


def test_half_a_line_of_a_client_that_went_is_no_line(desk: Desk) -> None:
    async def go() -> list[dict[str, Any]]:
        wire = Wire(desk)
        wire.send(line("a") + b"\n" + line("b"))
        wire.disconnect()
        return await wire.run()

    assert [answer["id"] for answer in asyncio.run(go())] in ([], ["a"])
    assert desk.log.read("handover/team/name-b") == []


def test_no_more_is_read_than_the_log_can_take(desk: Desk) -> None:
    async def go() -> None:
        wire = Wire(desk)
        desk.log.stalled = True
        for portion in range(20):
            wire.send(b"\n".join(line(f"{portion}-{n}") for n in range(500)) + b"\n")
        wire.finish()
        running = asyncio.create_task(wire.run())
        await until(lambda: desk.log.submitted >= 1_000)
        await asyncio.sleep(0.3)
        assert desk.log.submitted == 1_000
        assert wire.to_app.qsize() >= 17
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(go())


def test_answers_come_while_the_file_is_still_sent(desk: Desk) -> None:
    async def go() -> None:
        wire = Wire(desk)
        for portion in range(3):
            wire.send(b"\n".join(line(f"{portion}-{n}") for n in range(500)) + b"\n")
        running = asyncio.create_task(wire.run())
        await until(lambda: sum(m.get("body", b"").count(b"\n") for m in wire.sent) >= 500)
        wire.finish()
        assert len(await running) == 1_500

    asyncio.run(go())


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """The desk behind a real server."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(desk.app, host="127.0.0.1", port=port, log_level="error", http="httptools", loop="asyncio"))
    thread = threading.Thread(target=server.run)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        threading.Event().wait(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_a_client_that_sends_all_before_it_reads_is_not_left_waiting(desk: Desk, address: str) -> None:
    unknown: dict[str, Any] = {f"unknown_field_{n}": 1 for n in range(25)}
    file = b"".join(line(str(n), **unknown) + b"\n" for n in range(8_000))
    response = httpx.post(address + BULK, content=file, headers=desk.headers(), timeout=60)
    assert len(response.content) > 10_000_000
    assert response.text.count('"invalid"') == 8_000


def pieces(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 400


@pytest.mark.parametrize("content", [lambda: b"x" * 20_000_000, lambda: pieces(50_000)])
def test_twenty_megabytes_are_not_taken_in(desk: Desk, address: str, content: Callable[[], Any]) -> None:
    headers = {**desk.headers(), "Idempotency-Key": "k", "content-type": "application/json"}
    try:
        status = httpx.post(f"{address}/v1/forms", content=content(), headers=headers, timeout=30).status_code
    except (httpx.WriteError, httpx.ReadError):
        status = 413
    assert status == 413
    assert desk.log.submitted == 0
    assert httpx.get(f"{address}/healthz", timeout=5).status_code == 200


def test_a_length_over_the_limit_is_refused_before_a_byte_is_read(desk: Desk) -> None:
    async def go() -> None:
        wire = Wire(desk)
        wire.scope["path"] = "/v1/forms"
        wire.scope["headers"] = [*desk_headers(desk), (b"content-length", b"1001")]
        await wire.run()
        assert wire.sent[0]["status"] == 413

    asyncio.run(go())


def test_a_body_that_comes_in_pieces_is_counted(desk: Desk) -> None:
    answer = desk.visitor().request("POST", "/v1/forms", content=_async_pieces(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (413, "body too large")


async def _async_pieces() -> Any:  # noqa: ANN401 - what httpx takes
    for piece in pieces(5):
        yield piece
