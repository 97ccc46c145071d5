"""Stand-ins on loopback for the views' read API, benefits and ClickHouse: the shapes of the real answers, over given rows."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from services.audit import prints
from streams import allowance_run, contact_view, payout_status
from streams.payout_totals import PayoutTotals
from streams.view import Row

Answer = tuple[int, str]
Respond = Callable[[str, str], Answer]
"""Status and text for a path and a body."""


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """The address of a server that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, text = respond(urlsplit(self.path).path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TableRow(NamedTuple):
    """What the audit asks of a row of the table `events`."""

    service: str
    position: int
    stream: str
    version: int
    event_id: str
    type: str
    amount_cents: int | None
    data: str


class ViewsStandIn:
    """The read API over rows of the views by name and key, all in partition 0."""

    def __init__(self, rows: dict[str, dict[str, Row]]) -> None:
        self.rows = rows
        self.held: list[str] = []
        self.waiting = 0
        self.when_asked: Callable[[], object] = lambda: None
        self.when_read: Callable[[], object] = lambda: None
        self.instead: Answer | None = None

    def __call__(self, path: str, _body: str) -> Answer:
        if self.instead:
            return self.instead
        if path == "/metrics":
            self.when_asked()
            return 200, f"# TYPE view_waiting_records gauge\nview_waiting_records {self.waiting:.1f}\n"
        self.when_read()
        found = self._found(path.removeprefix("/v1/").split("/"))
        return (404, "{}") if found is None else (200, json.dumps(found))

    def _found(self, place: list[str]) -> Any:  # noqa: ANN401 - JSON
        match place:
            case ["views", view, "digest"]:
                partition = {"partition": 0, "offsets": {}, "keys": len(self.rows[view]), "sha256": "", "held": self.held}
                return {"view": view, "keys": len(self.rows[view]), "partitions": [partition]}
            case ["views", view, "digest", "0"]:
                return {"view": view, "partition": 0, "rows": dict.fromkeys(self.rows[view], "")}
            case ["clients", client]:
                row = self.rows[contact_view.VIEW.name].get(client)
                return None if row is None else {**contact_view.shown(row), "held": False}
            case ["clients", client, "payouts"]:
                rows = [row for row in self.rows[payout_status.VIEW.name].values() if row["client"] == client]
                return {"client": client, "payouts": rows, "totals": {}, "held": False} if rows else None
            case ["runs", run_ref]:
                row = self.rows[allowance_run.VIEW.name].get(run_ref)
                return None if row is None else {**row, "payouts": self._totals(run_ref), "held": False}
            case _:
                return None

    def _totals(self, run_ref: str) -> Any:  # noqa: ANN401 - JSON
        totals = PayoutTotals()
        for row in self.rows[payout_status.VIEW.name].values():
            totals.move(None, row)
        return totals.of("run_ref", run_ref)


class ClickHouseStandIn:
    """The gateway over rows of the table: understands the questions of the audit, each fact once as FINAL gives it."""

    def __init__(self, rows: list[TableRow]) -> None:
        self.rows = rows

    def __call__(self, _path: str, query: str) -> Answer:
        asked = [row for row in self.rows if self._about(row, query)]
        if "AS block" in query:
            blocks = groupby(asked, key=lambda row: (row.position - 1) // prints.BLOCK)
            lines = [self._block(block, list(members)) for block, members in blocks]
        elif "BETWEEN" in query:
            lines = [f"{row.stream}\t{row.version}\t{number(row)}" for row in asked]
        elif "GROUP BY service" in query:
            services = sorted({row.service for row in asked})
            lines = [f"{service}\t{sum(row.service == service for row in asked)}" for service in services]
        else:
            lines = [str(len(asked))]
        return 200, "".join(f"{line}\n" for line in lines)

    def _about(self, row: TableRow, query: str) -> bool:
        service = re.search(r"service = '(\w+)'", query)
        upto, between = re.search(r"position <= (\d+)", query), re.search(r"BETWEEN (\d+) AND (\d+)", query)
        return (
            (service is None or row.service == service.group(1))
            and (upto is None or row.position <= int(upto.group(1)))
            and (between is None or int(between.group(1)) <= row.position <= int(between.group(2)))
        )

    def _block(self, block: int, rows: list[TableRow]) -> str:
        return f"{block}\t{len(rows)}\t{sum(map(number, rows)) % 2**64}"


def number(row: TableRow) -> int:
    """As ClickHouse computes it; that it does so is tried on a real one in test_audit_on_clickhouse.py."""
    amount = "" if row.amount_cents is None else str(row.amount_cents)
    return prints.row(row.stream, row.version, row.event_id, row.type, amount, row.data.encode())
