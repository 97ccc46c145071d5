import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.web import commands
from services.web.commands import body_hash
from services.web.in_process import InProcess
from tests.web.desk import Address, Desk, Form

FORM: dict[str, Any] = {"name": "anna", "on": "2024-02-01"}


def fields(problem: dict[str, Any]) -> set[str]:
    return {part.split(":")[0] for part in problem["detail"].split("; ")}


def test_a_command_is_answered_with_where_it_stands(visitor: InProcess) -> None:
    answer = visitor.post("/v1/forms", "k", json=FORM)
    assert answer.status_code == 201
    assert answer.json() == {"outcome": "accepted", "stream": "handover/team/anna", "version": 1, "position": 1, "refs": {}}


def test_a_repeat_gets_the_first_answer(visitor: InProcess, desk: Desk) -> None:
    assert visitor.post("/v1/forms", "k", json=FORM).json() == visitor.post("/v1/forms", "k", json=FORM).json()
    assert desk.log.head() == 1


def test_what_already_holds_is_unchanged(visitor: InProcess) -> None:
    visitor.post("/v1/forms", "k", json=FORM)
    answer = visitor.post("/v1/forms", "k2", json=FORM)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unchanged")


def test_a_refusal_tells_its_reason(visitor: InProcess) -> None:
    answer = visitor.post("/v1/forms", "k", json={**FORM, "name": "no"})
    assert (answer.status_code, answer.json()["title"], answer.json()["detail"]) == (409, "not-wanted", "this name is not wanted")


def test_another_body_under_the_same_key_is_refused(visitor: InProcess, desk: Desk) -> None:
    visitor.post("/v1/forms", "k", json=FORM)
    answer = visitor.post("/v1/forms", "k", json={**FORM, "name": "bert"})
    assert (answer.status_code, answer.json()["title"]) == (409, "other-body")
    assert desk.log.head() == 1


def test_a_stale_version_is_refused(visitor: InProcess, desk: Desk) -> None:
    answer = visitor.post("/v1/forms", "k", json=FORM, headers={"If-Version": "3"})
    assert (answer.status_code, answer.json()["title"]) == (409, "conflict")
    assert desk.log.head() == 0


def test_a_log_that_cannot_write_says_come_back(visitor: InProcess, desk: Desk) -> None:
    desk.log.full = True
    answer = visitor.post("/v1/forms", "k", json=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    desk.log.full = False
    assert visitor.post("/v1/forms", "k", json=FORM).status_code == 201


def test_a_log_that_does_not_answer_is_not_waited_for_without_end(visitor: InProcess, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ANSWER_SECONDS", 0.05)
    desk.log.stalled = True
    assert visitor.post("/v1/forms", "k", json=FORM).status_code == 503
    assert [future.cancelled() for future in desk.log.waiting] == [True]


def test_a_client_that_goes_takes_its_command_back_if_it_was_not_begun(desk: Desk) -> None:
    async def go() -> None:
        desk.log.stalled = True
        content = {"json": FORM, "headers": {"Idempotency-Key": "k"}}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(InProcess(desk.app, desk.headers())._request("POST", "/v1/forms", content), 1)

    asyncio.run(go())
    assert [future.cancelled() for future in desk.log.waiting] == [True]


KEYS: list[tuple[list[tuple[str, str]], str]] = [
    ([], "Idempotency-Key"),
    ([("Idempotency-Key", "")], "Idempotency-Key.0"),
    ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "Idempotency-Key"),
    ([("Idempotency-Key", "a b")], "Idempotency-Key.0"),
    ([("Idempotency-Key", "x" * 101)], "Idempotency-Key.0"),
    ([("Idempotency-Key", "999990019")], "Idempotency-Key.0"),
    ([("Idempotency-Key", "a"), ("If-Version", "-1")], "If-Version"),
    ([("Idempotency-Key", "a"), ("If-Version", "one")], "If-Version"),
]


@pytest.mark.parametrize(("headers", "field"), KEYS)
def test_a_command_needs_exactly_one_key(visitor: InProcess, desk: Desk, headers: list[tuple[str, str]], field: str) -> None:
    answer = visitor.request("POST", "/v1/forms", json=FORM, headers=headers)
    assert (answer.status_code, fields(answer.json())) == (400, {field})
    assert "999990019" not in answer.text
    assert desk.log.submitted == 0


def test_every_wrong_field_is_named_at_once_header_and_body(visitor: InProcess) -> None:
    body = {"on": "gisteren", "amount_cents": "12", "address": {"street": 1, "house": 2}, "parts": [1, 2.5], "bsn": "999990019"}
    answer = visitor.request("POST", "/v1/forms", json=body)
    named = {"Idempotency-Key", "name", "on", "amount_cents", "address.street", "address.number", "address.house", "parts.1", "bsn"}
    assert (answer.status_code, fields(answer.json())) == (400, named)
    assert not any(value in answer.text for value in ("gisteren", "999990019", "2.5"))


BENT: list[tuple[str, str]] = [
    ("amount_cents", "1e3"),
    ("amount_cents", "1000.0"),
    ("amount_cents", '"1000"'),
    ("amount_cents", '"10,00"'),
    ("amount_cents", "true"),
    ("amount_cents", "null"),
    ("sure", "1"),
    ("sure", '"yes"'),
    ("on", "1706745600"),
    ("on", '"2024-02-30"'),
    ("on", '"2024-02-01T00:00:01"'),
    ("on", '"01-02-2024"'),
    ("name", "1"),
    ("name", '["anna"]'),
]


@pytest.mark.parametrize(("field", "value"), BENT)
def test_no_value_is_bent_into_another(visitor: InProcess, desk: Desk, field: str, value: str) -> None:
    body = json.dumps({name: v for name, v in FORM.items() if name != field})[:-1] + f', "{field}": {value}}}'
    answer = visitor.post("/v1/forms", "k", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, fields(answer.json())) == (400, {field})
    assert desk.log.submitted == 0


BROKEN = [b"{", b"", b"\xff\xfe", b"[" * 900, b'{"name": "anna"} x', b"name=anna", b"null", b"[]", b'"x"']


@pytest.mark.parametrize("body", BROKEN)
def test_broken_json_is_named_so(visitor: InProcess, desk: Desk, body: bytes) -> None:
    answer = visitor.post("/v1/forms", "k", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"].startswith("body: ")
    assert desk.log.submitted == 0


def test_a_message_that_repeats_what_was_sent_is_not_passed_on(visitor: InProcess) -> None:
    answer = visitor.post("/v1/forms", "k", json={**FORM, "name": "bad Jansen"})
    assert answer.json()["detail"] == "name: this value is not valid"


def test_a_value_in_the_place_of_a_name_is_not_passed_on(visitor: InProcess) -> None:
    answer = visitor.post("/v1/forms", "k", json={**FORM, "999990019": 1, "Jan Jansen": 2})
    assert answer.json()["detail"] == "(not a field name): this field is not known; (not a field name): this field is not known"


def test_a_thousand_wrong_fields_are_not_a_thousand_sentences(visitor: InProcess) -> None:
    answer = visitor.post("/v1/forms", "k", json={**FORM, "parts": ["x"] * 200})
    assert answer.json()["detail"].count("; ") == 100
    assert answer.json()["detail"].endswith("body: and 100 more errors")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["name", "on", "address"]), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_whatever_is_sent_is_never_our_fault(visitor: InProcess, body: object) -> None:
    answer = visitor.post("/v1/forms", "k", content=json.dumps(body).encode(), headers={"content-type": "application/json"})
    assert answer.status_code in (201, 200, 400, 409, 413), answer.text


def test_a_hash_tells_bodies_apart_and_a_key_hides_them() -> None:
    one, other = Address(street="a", number=1), Address(street="a", number=2)
    assert body_hash(one) == body_hash(Address(street="a", number=1)) != body_hash(other)
    assert body_hash(b"x") != body_hash(b"x", b"key") != body_hash(b"x", b"other key")
    assert len(body_hash(one)) == 32


def test_a_field_that_is_added_later_leaves_the_hash_of_older_bodies() -> None:
    assert body_hash(Form.model_validate_json(json.dumps(FORM))) == body_hash(json.dumps(FORM, separators=(",", ":")).encode())
