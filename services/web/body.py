"""Bodies of requests: read as strict JSON, so that no number, date or text is bent into something else."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from services.web.problem import MOST_ERRORS, TOO_MANY, Problem
from services.web.rights import right_of

KEY_PATTERN = r"^[A-Za-z0-9._:-]{1,100}$"
BARE_NUMBERS = (8, 9)
BODY_BYTES = 65_536
"""The largest body of one command, as large as a line of a bulk file."""


def not_a_citizen_number(key: str) -> str:
    """A key ends up in logs, and a bare number of eight or nine digits may be a BSN; raises `ValueError`."""
    if key.isdigit() and len(key) in BARE_NUMBERS:
        raise ValueError("must not be a bare number of eight or nine digits")
    return key


Key = Annotated[str, Field(pattern=KEY_PATTERN), AfterValidator(not_a_citizen_number)]
"""What a caller names a command by."""


class Body(BaseModel):
    """Base of every body and its parts: unknown fields are refused, and 1e3, "12" or true is no whole number."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's signature
        """Strict Python values where Python makes one, strict JSON where bytes come in."""
        schema = handler(source)

        def read(value: object, of_python: core_schema.ValidatorFunctionWrapHandler) -> object:
            return _read(cls, value) if isinstance(value, bytes) else of_python(value)

        return core_schema.json_or_python_schema(schema, core_schema.no_info_wrap_validator_function(read, schema))


def _read(body: type[Body], sent: bytes) -> Body:
    try:
        return body.model_validate_json(sent)
    except ValidationError as wrong:
        if wrong.error_count() > MOST_ERRORS:
            raise PydanticCustomError("too_many_errors", TOO_MANY) from None
        raise


class Line(Body):
    """One line of a bulk file; `id` is the file's own name for it and makes its command known when it comes again."""

    id: Key


class _AsSent(Request):
    """Leaves a JSON body as it was sent, for `Body` to read, if it is not larger than a command may be."""

    async def json(self) -> bytes:
        return await self.body()

    async def body(self) -> bytes:
        sent = await super().body()
        if len(sent) > BODY_BYTES:
            raise Problem(413, "body too large", f"at most {BODY_BYTES} bytes")
        return sent


def _is_body(annotation: object) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, Body)


class Route(APIRoute):
    """A route as the house wants it: `async def`, with a right to it, and a `Body` where a body is declared; else `TypeError`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:  # noqa: ANN401 - FastAPI's signature
        super().__init__(path, endpoint, **settings)
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"{path}: a route is `async def`")
        right_of(self)
        if self.body_field is not None and not _is_body(self.body_field.field_info.annotation):
            raise TypeError(f"{path}: a body is a services.web.body.Body")

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See `APIRoute`."""
        handle = super().get_route_handler()

        async def as_sent(request: Request) -> Response:
            return await handle(_AsSent(request.scope, request.receive))

        return as_sent if self.body_field is not None else handle
