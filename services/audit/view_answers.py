"""Fetches what the views publish and answer, and has it compared: all that is published, and of the answers all or a sample."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from services.audit.finding import Tally
from services.audit.http_api import Api
from services.audit.topic import Kafka
from services.audit.views import Views

ASKED_ALL_UP_TO: Final = 300
"""More clients than this are sampled: each question is a line in the processing log of the views."""

SAMPLE: Final = 200
VIEWS: Final = ("contact-view", "payout-status", "allowance-run", "team-directory")


def published(kafka: Kafka, topic: str, clients: Iterable[str], views: Views) -> None:
    """Compare the last row of every client on the published topic. Raises `Unreachable`."""
    rows: dict[bytes, bytes | None] = {record.key or b"": record.value for record in kafka.read(topic)}
    for client in sorted({*clients, *(key.decode("utf-8", "replace") for key, value in rows.items() if value is not None)}):
        views.client("the published contact view", client, _row(rows.get(client.encode())))


def answered(api: Api, clients: Iterable[str], runs: Iterable[str], views: Views) -> str:
    """Compare what the read API answers about clients and runs; which, in words. Raises `Unreachable`."""
    everybody = sorted(clients)
    asked = everybody if len(everybody) <= ASKED_ALL_UP_TO else sorted(everybody, key=_drawn)[:SAMPLE]
    for client in asked:
        views.client("the read API's answer", client, api.json(f"/v1/clients/{client}"))
        views.payouts("the read API's payouts", client, api.json(f"/v1/clients/{client}/payouts"))
    for run_ref in sorted(runs):
        views.run("the read API's answer", run_ref, api.json(f"/v1/runs/{run_ref}"))
    return f"{len(asked):,} of {len(everybody):,} clients asked over HTTP, all compared as published on Kafka, rows of all views by key"


def rows(api: Api, views: Views, tally: Tally) -> None:
    """Compare which rows each view has, and name what it holds in quarantine. Raises `Unreachable`."""
    for view in VIEWS:
        digest = api.json(f"/v1/views/{view}/digest") or {"partitions": []}
        for partition in digest["partitions"]:
            for origin in partition["held"]:
                tally.fault(f"view {view} holds {origin} in quarantine")
        found: set[str] = set()
        for partition in digest["partitions"]:
            answer = api.json(f"/v1/views/{view}/digest/{partition['partition']}") or {"rows": {}}
            found.update(answer["rows"])
        views.keys(view, found)


def _drawn(client: str) -> bytes:
    """A draw that is the same for every audit, so that two audits can be compared."""
    return hashlib.sha256(client.encode()).digest()


def _row(value: bytes | None) -> Mapping[str, Any] | None:
    row = None if value is None else orjson.loads(value)
    return row if isinstance(row, dict) else None
