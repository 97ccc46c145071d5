"""What went wrong, told to a program and a person: problem+json with status, title, detail, type and instance only."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = "5"
NAMEABLE = re.compile(r"(?!.*\d{4})[A-Za-z_$][A-Za-z0-9_.-]{0,63}")
WORDS = re.compile(r"\w{3,}")
FIXED_MESSAGES = frozenset({"missing", "extra_forbidden", "literal_error", "enum", "json_invalid", "too_many_errors"})
MESSAGES = {"extra_forbidden": "this field is not known", "missing": "this field is required"}
FIELDS_NAMED = 100
MOST_ERRORS = 1_000
"""Above this no error is described: pydantic's description of each takes hundreds of times the bytes that are wrong."""

TOO_MANY = f"more than {MOST_ERRORS} values are wrong"
PLACES = frozenset({"body", "query", "path", "header", "cookie"})


class Problem(HTTPException):
    """An answer other than success. `detail` holds no personal data and no value that the caller sent."""

    def __init__(self, status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)
        self.status, self.title = status, title

    def response(self, trace_id: str | None) -> Response:
        """As problem+json; `trace_id` (32 hexadecimal characters) lets operations find the request."""
        content: dict[str, Any] = {"type": "about:blank", "status": self.status, "title": self.title, "detail": self.detail}
        if trace_id is not None:
            content["instance"] = f"urn:uuid:{UUID(trace_id)}"
        return Response(orjson.dumps(content), self.status, self.headers, PROBLEM_JSON)


def phrase(status: int) -> str:
    """The standard words of a status."""
    return HTTPStatus(status).phrase


def unavailable(detail: str) -> Problem:
    """503: nothing is wrong with the request, it may be sent again."""
    return Problem(503, "unavailable", detail, {"Retry-After": RETRY_SECONDS})


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """400 that names every wrong field at once, from the errors of pydantic."""
    return Problem(400, "invalid input", "; ".join(f"{e['field']}: {e['message']}" for e in field_errors(errors)))


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """`field` and `message` of each error, without any value of the input; after `FIELDS_NAMED` only how many more there are."""
    named = [{"field": _field(error["loc"]), "message": _message(error)} for error in errors[:FIELDS_NAMED]]
    more = len(errors) - len(named)
    return [*named, {"field": "body", "message": f"and {more} more errors"}] if more else named


def errors_of(wrong: ValidationError) -> list[dict[str, str]]:
    """`field_errors` of what pydantic found."""
    if wrong.error_count() > MOST_ERRORS:
        return [{"field": "body", "message": TOO_MANY}]
    return field_errors(wrong.errors(include_url=False, include_context=False))


def _field(place: Sequence[Any]) -> str:
    parts = place[1:] if len(place) > 1 and place[0] in PLACES else place
    return ".".join(_name(part) for part in parts) or "body"


def _name(part: object) -> str:
    """A field's own name; what does not look like one may be a value in the wrong place."""
    return str(part) if isinstance(part, int) or NAMEABLE.fullmatch(str(part)) else "(not a field name)"


def _message(error: Mapping[str, Any]) -> str:
    """Pydantic's words; where they could repeat what was sent, a plain sentence."""
    kind, message = str(error["type"]), str(error["msg"])
    if kind in FIXED_MESSAGES:
        return MESSAGES.get(kind, message)
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    sent = {word.lower() for word in WORDS.findall(str(error.get("input", "")))}
    told = {word.lower() for word in WORDS.findall(message)}
    return "this value is not valid" if sent & told else message
