import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.benefits.bank_answers import Statement, StatusReport, UnreadableAnswer, read
from tests.bank.bank_messages import details, entry, statement, status_report, transaction

GOOD = [
    statement(entry("DBIT", "8", details(transaction("r1-1", "8"))), entry("CRDT", "8", details(transaction("r1-1", "8", "AC04")))),
    status_report("12", "<GrpSts>ACSC</GrpSts>"),
    status_report("03", "<GrpSts>RJCT</GrpSts>"),
]
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">' + "".join(f'<!ENTITY b{n} "{"&b;" * 10}">' for n in range(10)) + "]>"


def read_or_refused(body: bytes) -> bool:
    """Say whether it was read; anything but an answer or `UnreadableAnswer` fails the test."""
    try:
        return all(isinstance(answer, StatusReport | Statement) for answer in read(body, 1_000_000))
    except UnreadableAnswer as refused:
        return not refused.reason


@given(st.binary(max_size=300))
@example(b"")
@example(b"\x00")
def test_random_bytes_are_refused(body: bytes) -> None:
    assert not read_or_refused(body)


@given(st.sampled_from(GOOD), st.integers(0), st.integers(0, 30), st.binary(max_size=12))
@settings(max_examples=400)
def test_an_answer_with_a_piece_replaced_is_read_or_refused(body: bytes, place: int, length: int, piece: bytes) -> None:
    start = place % len(body)
    assert read_or_refused(body[:start] + piece + body[start + length :]) in (True, False)


@given(st.sampled_from(GOOD), st.integers(0), st.text(max_size=30))
@settings(max_examples=400)
def test_an_answer_with_another_text_in_an_element_is_read_or_refused(body: bytes, place: int, text: str) -> None:
    texts = list(re.finditer(rb">([^<]+)<", body))
    start, end = texts[place % len(texts)].span(1)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    assert read_or_refused(body[:start] + escaped.encode() + body[end:]) in (True, False)


@pytest.mark.parametrize("body", GOOD)
def test_the_answers_that_are_spoilt_here_are_good(body: bytes) -> None:
    assert read_or_refused(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOMB.encode() + b"<a>&b9;</a>", "document type"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', "document type"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "not well-formed"),
        (b"<a/>" + b" " * 20_000_000, "larger than"),
        (GOOD[0].replace(b"<Stmt>", b"<Stmt><Id>\xff</Id>"), "not well-formed"),
        (GOOD[0].decode().encode("utf-16"), "not well-formed"),
        (b"<Document/>", "not a message"),
        (GOOD[0].replace(b"camt.053.001.08", b"camt.053.001.02"), "not a message"),
        (GOOD[0].replace(b"<Id>S1</Id>", b""), "breaks"),
        (GOOD[0].replace(b">8<", b">-8<"), "breaks"),
        (GOOD[0].replace(b">8<", b">8e3<"), "breaks"),
        (GOOD[0].replace(b">8<", b">8,00<"), "breaks"),
    ],
)
def test_a_dangerous_or_broken_answer_is_refused_at_once(body: bytes, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(UnreadableAnswer, match=reason):
        read(body)
    assert time.monotonic() - started < 5


def test_a_file_of_this_machine_never_reaches_an_answer() -> None:
    body = GOOD[1].replace(b"<Document", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><Document').replace(b">B1<", b">&x;<")
    with pytest.raises(UnreadableAnswer):
        read(body)


def test_a_comment_inside_an_amount_does_not_change_it() -> None:
    spoilt = GOOD[0].replace(b">8<", b">8<!-- 00 -->00<", 1)
    (answer,) = read(spoilt)
    assert isinstance(answer, Statement)
    assert {type(line).__name__ for line in answer.entries} == {"Unrecognised", "Return"}
