"""What a service holds of the others, and letting it in: for operators."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import Field

from services.access.caller import Caller
from services.eventlog.held_records import HeldRecords, Unfetched
from services.eventlog.log import LogUnavailable
from services.web.body import Body
from services.web.callers import requires
from services.web.problem import unavailable
from services.web.trail import done_to

Operator = Annotated[Caller, requires("operator", scope="none")]


class HeldKey(Body):
    """Whose records."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


def add_quarantine(app: FastAPI, records: HeldRecords) -> None:
    """The same routes as the views have."""

    @app.get("/v1/quarantine")
    async def quarantined(_caller: Operator) -> list[dict[str, Any]]:
        """Every held record: where it lies, whose it is, and why it is held."""
        return [asdict(record) for record in await asyncio.to_thread(records.all)]

    @app.post("/v1/quarantine/_retry")
    async def retry(_caller: Operator, request: Request, body: HeldKey) -> dict[str, Any]:
        """Reads the held records of a key again; `held` is how many still are."""
        done_to(request, body.key)
        return {"key": body.key, "held": await asyncio.to_thread(_done, records.retry, body.key)}

    @app.post("/v1/quarantine/_discard")
    async def discard(_caller: Operator, request: Request, body: HeldKey) -> dict[str, Any]:
        """Gives up the first held record of a key, and goes on with the others; `held` is how many still are."""
        done_to(request, body.key)
        return {"key": body.key, "held": await asyncio.to_thread(_done, records.discard, body.key)}


def _done(step: Callable[[str], int], key: str) -> int:
    try:
        return step(key)
    except (Unfetched, LogUnavailable, TimeoutError):
        raise unavailable("Kafka or the log did not answer; what was let in stays in, ask again for the rest") from None
