"""ClickHouse's HTTP interface for data teams, read-only and on loopback: curl, BI tools and drivers work as against a server."""

import asyncio
import gzip
import json
import secrets
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streams.reporting.asked import Asked, read_asked
from streams.reporting.guard import Refused
from streams.reporting.http_status import status_of
from streams.reporting.query import AT_ONCE, Answer, Busy, Failed, Queries
from streams.reporting.store import DATABASE

OUTER_SECONDS: Final = 10.0
WORTH_COMPRESSING_BYTES: Final = 1_024

# What the HTTP interface itself takes; the rest are settings.
_OF_HTTP: Final = frozenset(
    {"add_http_cors_header", "buffer_size", "cancel_http_readonly_queries_on_client_close", "client_protocol_version", "close_session"}
    | {"compress", "database", "decompress", "default_format", "enable_http_compression", "http_headers_progress_interval_ms"}
    | {"http_zlib_compression_level", "log_queries", "password", "query_id", "quota_key", "role", "send_progress_in_http_headers"}
    | {"session_check", "session_id", "session_timeout", "stacktrace", "user", "wait_end_of_query"}
)
_DEFAULT_USER: Final = "Basic ZGVmYXVsdDo="
"""`default:` in base64."""


class Gateway:
    """Turns requests into queries and their outcome into what a ClickHouse server would answer."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._threads = ThreadPoolExecutor(max_workers=2 * AT_ONCE, thread_name_prefix="gateway")

    async def ask(self, request: Request) -> Response:
        """`GET /?query=...` or `POST /` with the statement in the body."""
        try:
            asked = await read_asked(request)
            if not asked.statement:
                return PlainTextResponse("Ok.\n")
            self._require_served(request, asked)
            return await self._answered(request, asked)
        except ClientDisconnect:
            return PlainTextResponse("", status_code=400)
        except Refused as refused:
            return self._error(refused.code, str(refused))
        except Failed as failed:
            return self._error(failed.code, str(failed))
        except (Busy, TimeoutError) as late:
            return self._unavailable(late)

    def _require_served(self, request: Request, asked: Asked) -> None:
        if request.headers.get("sec-fetch-site", "none") != "none":
            raise Refused(497, "ACCESS_DENIED", "Web pages do not read figures here")
        _require_default_user(request, asked)
        database = asked.settings.get("database") or request.headers.get("x-clickhouse-database") or DATABASE
        if database not in {DATABASE, "default"}:
            raise Refused(81, "UNKNOWN_DATABASE", f"Database {database} does not exist; the figures are in {DATABASE}")
        for name in ("compress", "decompress"):
            if asked.settings.get(name, "0") != "0":
                raise Refused(48, "NOT_IMPLEMENTED", f"{name}=1 is not served; ask for gzip with Accept-Encoding")
        for name, value in asked.settings.items():
            self._require_unchanged(name, value)

    def _require_unchanged(self, name: str, value: str) -> None:
        if name in _OF_HTTP:
            return
        if name not in self._queries.settings:
            raise Refused(115, "UNKNOWN_SETTING", f"Setting {name} is neither a builtin setting nor started with the prefix 'SQL_'")
        if self._queries.settings[name] != value:
            raise Refused(164, "READONLY", f"Cannot modify '{name}' setting in readonly mode")

    async def _answered(self, request: Request, asked: Asked) -> Response:
        default = asked.settings.get("default_format") or request.headers.get("x-clickhouse-format") or "TabSeparated"
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, self._queries.answer, asked.statement, asked.parameters, default
        )
        answer = await asyncio.wait_for(asyncio.shield(running), OUTER_SECONDS)
        headers = self._headers(asked.settings.get("query_id"))
        headers |= {"X-ClickHouse-Format": answer.format, "X-ClickHouse-Summary": _summary(answer)}
        body = answer.body
        if _takes_gzip(request, asked) and len(body) >= WORTH_COMPRESSING_BYTES:
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers["Content-Encoding"] = "gzip"
        return Response(b"" if request.method == "HEAD" else body, headers=headers, media_type=_media_type(answer.format))

    def _headers(self, query_id: str | None) -> dict[str, str]:
        return {
            "X-ClickHouse-Query-Id": query_id or str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)),
            "X-ClickHouse-Server-Display-Name": "backbone",
            "X-ClickHouse-Timezone": "UTC",
        }

    def _error(self, code: int, message: str) -> Response:
        headers = self._headers(None) | {"X-ClickHouse-Exception-Code": str(code)}
        return PlainTextResponse(f"{message} (version {self._queries.version})\n", status_code=status_of(code), headers=headers)

    def _unavailable(self, late: Busy | TimeoutError) -> Response:
        busy = Refused(202, "TOO_MANY_SIMULTANEOUS_QUERIES", f"{AT_ONCE} queries run already; try again in a moment")
        slow = Refused(159, "TIMEOUT_EXCEEDED", f"No answer within {OUTER_SECONDS:.0f} s")
        told = busy if isinstance(late, Busy) else slow
        response = self._error(told.code, str(told))
        if isinstance(late, Busy):
            response.status_code = 503
            response.headers["Retry-After"] = "1"
        return response

    def close(self) -> None:
        """Wait for the queries under way; each has a limit of its own."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def gateway_app(gateway: Gateway) -> Starlette:
    """The ASGI application: `/`, `/ping` and `/replicas_status`, as a server has them."""

    async def alive(_: Request) -> Response:
        return PlainTextResponse("Ok.\n")

    return Starlette(
        routes=[
            Route("/", gateway.ask, methods=["GET", "POST", "HEAD"]),
            Route("/ping", alive),
            Route("/replicas_status", alive),
        ]
    )


def _require_default_user(request: Request, asked: Asked) -> None:
    """There is one user, `default`, without password: who reaches loopback reads. A password would promise more."""
    basic = request.headers.get("authorization", "")
    user = asked.settings.get("user") or request.headers.get("x-clickhouse-user") or "default"
    password = asked.settings.get("password") or request.headers.get("x-clickhouse-key") or ""
    if user != "default" or password or basic not in {"", _DEFAULT_USER}:
        raise Refused(516, "AUTHENTICATION_FAILED", "Authentication failed: this gateway has the user default without password")


def _takes_gzip(request: Request, asked: Asked) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "") and asked.settings.get("enable_http_compression", "1") != "0"


def _summary(answer: Answer) -> str:
    summary: Mapping[str, int] = {"read_rows": answer.read_rows, "read_bytes": answer.read_bytes, "elapsed_ns": answer.elapsed_ns}
    return json.dumps({name: str(value) for name, value in summary.items()} | {"result_bytes": str(len(answer.body))})


def _media_type(form: str) -> str:
    """Content type of a format, as ClickHouse gives it for the common ones."""
    if form.startswith("JSON"):
        return "application/x-ndjson" if form.endswith("EachRow") else "application/json"
    if form.startswith("CSV"):
        return "text/csv"
    return "text/tab-separated-values" if form.startswith(("TabSeparated", "TSV")) else "application/octet-stream"
