"""Speaks HTTP with an app in this very process, for tests and simulation; the app sees what a server would give it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp

SECONDS = 30.0


class InProcess:
    """A client without a network. `headers` go with every request."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app, self._headers = app, dict(headers or {})

    def request(self, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        """The whole answer; `content` is what `httpx.AsyncClient.request` takes (json, content, headers, params)."""
        return asyncio.run(self._request(method, path, content))

    async def _request(self, method: str, path: str, content: Mapping[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://backbone", headers=self._headers, timeout=SECONDS) as client:
            return await client.request(method, path, **content)

    def get(self, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - as above
        """A reading."""
        return self.request("GET", path, **content)

    def post(self, path: str, key: str | None = None, **content: Any) -> httpx.Response:  # noqa: ANN401 - as above
        """A command, under the Idempotency-Key `key`."""
        headers = {**content.pop("headers", {}), **({"Idempotency-Key": key} if key is not None else {})}
        return self.request("POST", path, headers=headers, **content)
