"""An HTTP application as every service has it."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from services.access.caller import Caller, Forbidden, Unauthenticated
from services.access.gate import Gate
from services.web.body import Route
from services.web.bulk import NDJSON
from services.web.callers import CALLER
from services.web.frame import API_VERSION, OPENAPI, TRACE, BodyLimit, Entrance, Frame, unauthenticated
from services.web.problem import PROBLEM_JSON, Problem, invalid, phrase
from services.web.rights import BULK, right_of, rights

CONTACT = {"name": "Functional management", "url": "https://example.org/backbone", "email": "backbone@example.org"}
PROBLEM_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["status", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
    },
}
PROBLEM_STATUSES = ("400", "401", "403", "404", "409", "410", "413", "503")
METHODS = ("get", "put", "post", "delete", "patch")
NOT_FOUND = 404
LACKING = {
    "purpose": "care and youth data are read for a purpose of the list only: state one that is yours in the header Processing-Purpose",
    "role": "none of your roles may do this",
    "municipality": "you do not work for the municipality of this, or there is no such thing",
}


class ServiceApp(FastAPI):
    """FastAPI whose description says what the service does: 400 and not 422, problems, the header of the version, bearer tokens.

    It does not start with a route that says nothing of who may use it.
    """

    def build_middleware_stack(self) -> ASGIApp:
        """See `Starlette`; raises `Undeclared`."""
        for _ in rights(self.routes):
            pass
        return super().build_middleware_stack()

    def openapi(self) -> dict[str, Any]:
        """See `FastAPI`."""
        if not self.openapi_schema:
            made = get_openapi(
                title=self.title, version=self.version, description=self.description, contact=self.contact, routes=self.routes
            )
            self.openapi_schema = _described(made)
        return self.openapi_schema


def new_app(service: str, description: str, gate: Gate, body_limit_bytes: int) -> FastAPI:
    """An app on which a service writes its routes, as full paths under `/v1`; without a valid token nothing but health answers."""
    app = ServiceApp(
        title=f"backbone {service}",
        version=API_VERSION,
        description=description,
        contact=CONTACT,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.route_class = Route
    app.state.service, app.state.gate = service, gate
    app.add_middleware(BodyLimit, limit_bytes=body_limit_bytes)
    app.add_middleware(Entrance, gate=gate)
    app.add_middleware(Frame, service=service)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_problem)
    app.add_exception_handler(Forbidden, _on_forbidden)
    app.add_exception_handler(Unauthenticated, _on_unauthenticated)
    return app


def answer(request: Request, problem: Problem) -> Response:
    """The problem; what is not there is refused as what is another municipality's, so that nobody learns by asking what there is."""
    told = _forbidden("municipality") if problem.status == NOT_FOUND and _hides(request) else problem
    return told.response(getattr(request.state, TRACE, None))


def _hides(request: Request) -> bool:
    caller, route = getattr(request.state, CALLER, None), request.scope.get("route")
    if not isinstance(caller, Caller) or not isinstance(route, Route):
        return False
    return not caller.regional and right_of(route).scope != "none"


def _forbidden(reason: str) -> Problem:
    return Problem(403, "forbidden", LACKING.get(reason, "this is not yours to do"))


async def _on_invalid(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError)
    return answer(request, invalid(wrong.errors()))


async def _on_problem(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    if isinstance(wrong, Problem):
        return answer(request, wrong)
    words = phrase(wrong.status_code)
    return answer(request, Problem(wrong.status_code, words.lower(), words, wrong.headers))


async def _on_forbidden(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, Forbidden)
    return answer(request, _forbidden(wrong.reason))


async def _on_unauthenticated(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, Unauthenticated)
    return answer(request, unauthenticated(wrong.reason))


def _described(document: dict[str, Any]) -> dict[str, Any]:
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"bearer": []}]
    for name, path in document["paths"].items():
        for method in METHODS:
            if method in path:
                if name.endswith(BULK):
                    path[method] |= _line_by_line(path[method]["responses"])
                path[method]["responses"] = _responses(path[method]["responses"])
    return document


def _line_by_line(declared: Mapping[str, Any]) -> dict[str, Any]:
    """What a bulk route takes and gives; its lines are read by the service itself, so FastAPI does not know of them."""
    lines = {NDJSON: {"schema": {"type": "string"}}}
    return {"requestBody": {"required": True, "content": lines}, "responses": {**declared, "200": {**declared["200"], "content": lines}}}


def _responses(declared: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"API-Version": {"description": "version of this interface", "schema": {"type": "string"}}}
    problem = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    kept = {status: {**answer, "headers": headers} for status, answer in declared.items() if status != "422"}
    if "201" in kept:
        kept["200"] = {**kept["201"], "description": "It was recorded before, or changes nothing"}
    problems = {s: {"description": phrase(int(s)), "headers": headers, "content": problem} for s in PROBLEM_STATUSES}
    return {**kept, **problems}
