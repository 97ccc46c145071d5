"""What strangers send to a service: nothing breaks it, every refusal is a problem, nothing that was sent is repeated."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.web.body import BODY_BYTES
from services.web.in_process import InProcess
from services.web.lines import LINE_BYTES, LineReader, NumberedLine
from services.web.problem import MOST_ERRORS
from tests.hostile import bent, peak_bytes
from tests.strangers import PATHS, Asked, anything, proper
from tests.web.desk import Desk

FORM = orjson.dumps({"name": "anna", "on": "2024-02-01", "amount_cents": 5, "address": {"street": "x", "number": 1}, "parts": [1, 2]})
LINE = orjson.dumps({"id": "a-1", "name": "anna", "municipality": "GM0361"})
OUTCOMES = {"accepted", "unchanged", "refused", "invalid"}
SECRET = "NL91ABNA0417164300"  # pragma: allowlist secret - an example account
SLOW_TO_DRAW = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
ODD = [
    b'{"name":' + b"[" * 100_000,
    b'{"name":' + b"[" * 150 + b"]" * 150 + b"}",
    b'{"amount_cents":' + b"9" * 60_000 + b"}",
    b'{"amount_cents":' + b"9" * 4_000 + b"}",
    b'{"amount_cents":1e400}',
    b'{"amount_cents":NaN,"on":Infinity}',
    b'{"name":"a","name":"b","on":"2024-02-01"}',
    b'{"name":"\\ud800","on":"2024-02-01"}',
    b'{"name":"\\u0000","on":"2024-02-01"}',
    b'{"name":"\xed\xa0\x80","on":"2024-02-01"}',
    b"\xef\xbb\xbf" + FORM,
    FORM.decode().encode("utf-16"),
    b"null",
    b"",
    b"\x00",
]


@given(st.one_of(st.binary(max_size=200), bent(FORM), st.sampled_from(ODD)))
@SLOW_TO_DRAW
def test_a_body_is_taken_in_or_refused_as_a_problem(desk: Desk, body: bytes) -> None:
    asked = Asked("POST", "/v1/forms", headers=[(b"idempotency-key", b"k"), (b"content-type", b"application/json")], body=body)
    assert proper(desk.app, asked, desk.headers()) in (200, 201, 400, 409, 413)


@given(anything(PATHS))
@SLOW_TO_DRAW
def test_whatever_is_asked_the_answer_is_proper(desk: Desk, asked: Asked) -> None:
    for token in ({}, desk.headers()):
        assert proper(desk.app, asked, token) < 500


@given(anything(st.sampled_from(["/v1/forms", "/v1/forms/_bulk", "/v1/openapi.json", "/healthz"])))
@SLOW_TO_DRAW
def test_whatever_is_asked_of_a_route_that_is_there_the_answer_is_proper(desk: Desk, asked: Asked) -> None:
    assert proper(desk.app, asked, desk.headers()) < 500


@given(st.lists(st.one_of(st.just(LINE), st.binary(max_size=60), bent(LINE), st.sampled_from(ODD)), max_size=12), st.data())
@SLOW_TO_DRAW
def test_every_line_is_answered_whatever_stands_in_the_others(desk: Desk, lines: list[bytes], data: st.DataObject) -> None:
    text = b"\n".join([LINE, *lines, LINE])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    answers = [orjson.loads(line) for line in Asked("POST", "/v1/forms/_bulk", pieces=pieces).content(desk.app, desk.headers())]
    assert {answer["outcome"] for answer in answers} <= OUTCOMES
    assert [answer["line"] for answer in answers] == sorted({answer["line"] for answer in answers})
    assert answers[-1]["outcome"] in ("accepted", "unchanged")
    assert answers[-1]["line"] == text.count(b"\n") + 1


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_lines_are_the_same_wherever_the_network_cuts(text: bytes, places: list[int]) -> None:
    def read(pieces: list[bytes]) -> list[NumberedLine]:
        reader = LineReader()
        return [line for piece in pieces for line in reader.feed(piece)] + reader.end()

    cuts = sorted(place % (len(text) + 1) for place in places)
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(pieces) == read([bytes([byte]) for byte in text]) == read([text])


def test_a_reader_of_endless_lines_holds_one_line_at_most() -> None:
    def read() -> None:
        reader = LineReader()
        for _ in range(500):
            reader.feed(b"x" * 10_000)
            reader.feed(b"\n" * 10)

    assert peak_bytes(read) < 3 * LINE_BYTES


FAULTY = b"{" + b",".join(b'"%d":1' % number for number in range(6_000)) + b"}"


@pytest.mark.parametrize("line", [FAULTY, b'{"address":' * 180 + b"1" + b"}" * 180])
def test_a_line_full_of_faults_costs_little_more_than_a_good_one(visitor: InProcess, line: bytes) -> None:
    assert peak_bytes(lambda: visitor.post("/v1/forms/_bulk", content=b"\n".join([line] * 20))) < 60 * LINE_BYTES


def test_more_faults_than_can_be_told_are_told_as_one(tmp_path: Path) -> None:
    visitor, told = Desk(tmp_path, 100_000).visitor(), f"more than {MOST_ERRORS} values are wrong"
    answers = [json.loads(text) for text in visitor.post("/v1/forms/_bulk", content=FAULTY).text.splitlines()]
    assert [answer["errors"] for answer in answers] == [[{"field": "body", "message": told}]]
    assert visitor.post("/v1/forms", "k", content=FAULTY).json()["detail"] == f"body: {told}"


def test_a_command_is_no_larger_than_a_line(tmp_path: Path) -> None:
    answer = Desk(tmp_path, 100_000).visitor().post("/v1/forms", "k", content=FORM + b" " * BODY_BYTES)
    assert (answer.status_code, answer.json()["detail"]) == (413, f"at most {BODY_BYTES} bytes")


@pytest.mark.parametrize("odd", ODD)
def test_what_was_sent_is_in_no_refusal(visitor: InProcess, odd: bytes) -> None:
    answer = visitor.post("/v1/forms", "k", content=odd.replace(b"{", b'{"' + SECRET.encode() + b'":"' + SECRET.encode() + b'",', 1))
    assert answer.status_code in (400, 413)
    assert SECRET not in answer.text
