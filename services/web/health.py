"""Whether a process lives, and whether its work moves; both open, without personal data."""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.web.exposition import ShownBy
from services.web.problem import unavailable

CHECK_SECONDS = 5.0

Check = Callable[[], str | None]
"""A sentence where something is wrong, nothing where all is well."""


def health(app: FastAPI, process: str, checks: Mapping[str, Check]) -> None:
    """Adds `/healthz`, `/readyz` (503 with the sentences of the checks that fail) and `/metrics`, those of this process."""
    shown = cast("CollectorRegistry", ShownBy(process))

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> Response:
        wrong = await _wrong(checks)
        if wrong:
            return unavailable("; ".join(wrong)).response(None)
        return JSONResponse({"status": "ready", "checks": sorted(checks)})

    async def metrics(_request: Request) -> Response:
        return Response(await asyncio.to_thread(generate_latest, shown), media_type=CONTENT_TYPE_LATEST)

    app.add_route("/healthz", alive, include_in_schema=False)
    app.add_route("/readyz", ready, include_in_schema=False)
    app.add_route("/metrics", metrics, include_in_schema=False)


async def _wrong(checks: Mapping[str, Check]) -> list[str]:
    """What is wrong, by check; a check that does not end in time is wrong itself."""
    told = await asyncio.gather(*(_told(name, check) for name, check in checks.items()))
    return [sentence for sentence in told if sentence is not None]


async def _told(name: str, check: Check) -> str | None:
    try:
        sentence = await asyncio.wait_for(asyncio.to_thread(check), CHECK_SECONDS)
    except TimeoutError:
        return f"{name}: no answer in {CHECK_SECONDS:.0f} seconds"
    except Exception as wrong:  # noqa: BLE001 - a check that breaks is a check that fails
        return f"{name}: {type(wrong).__name__}"
    return None if sentence is None else f"{name}: {sentence}"
