"""What a service holds of the others, and letting it in: for operators."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import FastAPI, Request
from pydantic import Field

from services.access.caller import Caller
from services.eventlog.held_records import Unfetched
from services.eventlog.log import LogUnavailable
from services.web.body import Body
from services.web.callers import requires
from services.web.problem import unavailable
from services.web.trail import done_to

Operator = Annotated[Caller, requires("operator", scope="none")]


class HeldKey(Body):
    """Whose records."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


T = TypeVar("T")


class Records(Protocol):
    """What is held; each step raises `TimeoutError`, `Unfetched` or `LogUnavailable` where nothing can be done now."""

    def all(self) -> Sequence[Any]:
        """Every held record, as a dataclass with `origin`, `key` and `reason`."""

    def retry(self, key: str) -> int:
        """Read the records of a key again; how many are still held."""

    def discard(self, key: str) -> int:
        """Give up the first record of a key, and go on with the others; how many are still held."""


def add_quarantine(app: FastAPI, records: Records) -> None:
    """The same routes as the views have."""

    @app.get("/v1/quarantine")
    async def quarantined(_caller: Operator) -> list[dict[str, Any]]:
        """Every held record: where it lies, whose it is, and why it is held."""
        return [asdict(record) for record in await asyncio.to_thread(_done, records.all)]

    @app.post("/v1/quarantine/_retry")
    async def retry(_caller: Operator, request: Request, body: HeldKey) -> dict[str, Any]:
        """Reads the held records of a key again; `held` is how many still are."""
        done_to(request, body.key)
        return {"key": body.key, "held": await asyncio.to_thread(_done, lambda: records.retry(body.key))}

    @app.post("/v1/quarantine/_discard")
    async def discard(_caller: Operator, request: Request, body: HeldKey) -> dict[str, Any]:
        """Gives up the first held record of a key, and goes on with the others; `held` is how many still are."""
        done_to(request, body.key)
        return {"key": body.key, "held": await asyncio.to_thread(_done, lambda: records.discard(body.key))}


def _done(step: Callable[[], T]) -> T:
    try:
        return step()
    except (Unfetched, LogUnavailable, TimeoutError):
        raise unavailable("Kafka or the store did not answer; what was let in stays in, ask again for the rest") from None
