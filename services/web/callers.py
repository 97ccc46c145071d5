"""Who may use a route: every route names the roles and whose things it touches, and checks the municipality with `allow`."""

from typing import Any, Literal

from fastapi import Depends, Request

from services.access.caller import Caller, Forbidden, Role, Unauthenticated, allow

CALLER = "caller"
"""Where the entrance leaves the caller, in the state of the request."""

Scope = Literal["subject", "named", "each", "own", "emergency", "region", "none"]
"""Of which municipality a caller must be.

`subject`: that of the client, household, team, run or claim in the path or the body; `named`: the one that the body names;
`each`: that of each line of a file, which is refused by itself; `own`: any, and the answer holds the caller's own alone;
`emergency`: any, and those who answer for the client are told of it; `region`: all of them;
`none`: what is touched is of no municipality.
"""


class Requires:
    """Gives the caller of a request if it has one of the roles; raises `Forbidden`. Without `scope` the route's shape says it.

    `glass` says that the route also lets in whom a broken glass lets in to its client; the route itself looks for the opening.
    """

    def __init__(self, roles: tuple[Role, ...], scope: Scope | None, *, glass: bool = False) -> None:
        self.roles, self.scope, self.glass = roles, scope, glass

    async def __call__(self, request: Request) -> Caller:
        """See the class."""
        caller = getattr(request.state, CALLER, None)
        if not isinstance(caller, Caller):
            raise Unauthenticated("no-token")
        allow(caller, self.roles, None)
        if (self.scope == "region" and not caller.regional) or (self.scope in ("own", "emergency") and not caller.municipalities):
            raise Forbidden("municipality")
        return caller


def requires(*roles: Role, scope: Scope | None = None, glass: bool = False) -> Any:  # noqa: ANN401 - what FastAPI's Depends gives
    """A dependency that gives a caller with one of these roles, else 403."""
    return Depends(Requires(roles, scope, glass=glass))
