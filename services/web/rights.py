"""The matrix of who may do what, read from the routes themselves: a route that says nothing of it is not taken in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute, Route

from services.access.caller import Role
from services.web.callers import Requires, Scope

BULK, SEARCH = "/_bulk", "/_search"
READINGS = frozenset({"GET", "HEAD", "OPTIONS"})
SUBJECTS = ("client", "household_ref")
"""Fields by which a body says whom it is about, where the path does not."""

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/v1/openapi.json"})
"""What answers without a token: health, and what the service says of itself."""


@dataclass(frozen=True, slots=True)
class Right:
    """Which roles may use a route, of which municipality they must be, and whether a broken glass lets in others."""

    method: str
    path: str
    roles: tuple[Role, ...]
    scope: Scope
    glass: bool = False


class Undeclared(TypeError):
    """A route that does not say who may use it, or for whom."""


def right_of(route: APIRoute) -> Right:
    """The right to a route; raises `Undeclared`."""
    required = next((each.call for each in route.dependant.dependencies if isinstance(each.call, Requires)), None)
    if required is None or not required.roles:
        raise Undeclared(f"{route.path}: a route says who may use it, with `requires`")
    scope = required.scope or _scope(route)
    if scope is None:
        raise Undeclared(f"{route.path}: a route says whose things it touches; give `requires` a `scope`")
    return Right(min(route.methods or ()), route.path, required.roles, scope, required.glass)


def rights(routes: Iterable[BaseRoute]) -> Iterator[Right]:
    """The rights to all routes but the open ones; raises `Undeclared` for a route that was put in beside the house's own way."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield right_of(route)
        elif not isinstance(route, Route) or route.path not in OPEN_PATHS:
            raise Undeclared(f"{getattr(route, 'path', route)}: nobody may use a route that says nothing of who may")


def _scope(route: APIRoute) -> Scope | None:
    if route.path.endswith(BULK):
        return "each"
    if route.path.endswith(SEARCH) or route.param_convertors:
        return "subject"
    body = None if route.body_field is None else route.body_field.field_info.annotation
    fields = body.model_fields if isinstance(body, type) and issubclass(body, BaseModel) else {}
    if "municipality" in fields:
        return "named"
    return "subject" if any(field in fields for field in SUBJECTS) else None
