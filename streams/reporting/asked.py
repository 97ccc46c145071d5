"""What a request asks of ClickHouse: the statement, its parameters and the settings, however the client sent them."""

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final, NamedTuple

from starlette.requests import Request

from streams.reporting.guard import Refused

STATEMENT_BYTES: Final = 262_144
BODY_BYTES: Final = 4 * STATEMENT_BYTES

_PARAMETER: Final = "param_"


class Asked(NamedTuple):
    """One question. `fields` are all that came in the URL and in a form, without the statement itself."""

    statement: str
    fields: Mapping[str, str]

    @property
    def parameters(self) -> Mapping[str, str]:
        """Values of `{name:Type}` in the statement, by bare name."""
        return {name.removeprefix(_PARAMETER): value for name, value in self.fields.items() if name.startswith(_PARAMETER)}

    @property
    def settings(self) -> Mapping[str, str]:
        """Everything else, by name."""
        return {name: value for name, value in self.fields.items() if not name.startswith(_PARAMETER)}


async def read_asked(request: Request) -> Asked:
    """As ClickHouse reads it: the query parameter, then the body; or the fields of a form. Raises `Refused`."""
    body = await _body(request)
    if request.headers.get("content-encoding"):
        raise Refused(164, "READONLY", "Compressed data is refused: this gateway reads, and takes the statement as plain text")
    fields = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        fields |= _form(request.headers["content-type"], body)
        body = b""
    parts = (fields.pop("query", ""), _text(body))
    statement = "\n".join(part for part in parts if part.strip())
    if len(statement) > STATEMENT_BYTES:
        raise Refused(62, "SYNTAX_ERROR", f"Max query size exceeded: {STATEMENT_BYTES} characters")
    return Asked(statement, fields)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise Refused(229, "QUERY_IS_TOO_LARGE", f"More than {BODY_BYTES} bytes were sent")
    return bytes(body)


def _form(content_type: str, body: bytes) -> dict[str, str]:
    """Text fields of a form, which drivers send when parameters are too long for a URL."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None or not isinstance(name, str):
            raise Refused(48, "NOT_IMPLEMENTED", "External data is not served")
        fields[name] = _text(part.get_payload(decode=True))
    return fields


def _text(content: object) -> str:
    try:
        return content.decode() if isinstance(content, bytes) else ""
    except UnicodeDecodeError as wrong:
        raise Refused(62, "SYNTAX_ERROR", "The statement is not UTF-8") from wrong
