"""Who may use a route: every route names the roles, and checks the municipality of what it touches with `allow`."""

from typing import Any

from fastapi import Depends, Request

from services.access.caller import Caller, Role, Unauthenticated, allow

CALLER = "caller"
"""Where the entrance leaves the caller, in the state of the request."""


class Requires:
    """Gives the caller of a request if it has one of the roles; raises `Forbidden`."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self.roles = roles

    async def __call__(self, request: Request) -> Caller:
        """See the class."""
        caller = getattr(request.state, CALLER, None)
        if not isinstance(caller, Caller):
            raise Unauthenticated("no-token")
        allow(caller, self.roles, None)
        return caller


def requires(*roles: Role) -> Any:  # noqa: ANN401 - what FastAPI's Depends gives
    """A dependency that gives a caller with one of these roles, else 403."""
    return Depends(Requires(roles))
