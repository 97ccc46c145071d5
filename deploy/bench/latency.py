"""From the acknowledgement of a command until its fact can be read in the view, and in ClickHouse."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from deploy.bench.chain import Chain, chain, environment_of
from deploy.bench.figure import Figure, Target
from deploy.bench.handle import MUNICIPALITY, STAFF
from deploy.bench.history import client_ref
from deploy.bench.place import Place
from services.contracts.codec import published
from services.contracts.intake import IntakeAccepted
from services.eventlog.log import Origin
from services.eventlog.relay import Relay, topic_sender
from services.eventlog.sqlite import SqliteLog

PACE = 200
OPENED_SECONDS = 60.0
WRITE_SECONDS = 30.0
LOOK_SECONDS = 0.1
DAY = "2024-02-15"


def figures(place: Place, seconds: int = 20, clients: int = 500) -> list[Figure]:
    """Contact persons are assigned over HTTP at an even pace; a reader asks the view for what was written."""
    now = datetime.now(UTC)
    environment = environment_of(place.fresh("latency"), now.date(), now.date())
    with chain(place, ["handover", "worker", "sink"], environment) as running:
        take_in(running, clients, now, STAFF)
        asked = running.settings.data / "asked.json"
        asked.touch(mode=0o600)
        asked.write_text(json.dumps(_asked(running, seconds, clients)), encoding="utf-8")
        took = place.side("paced_commands", asked)
    return [*_rows("view", took["view"], 0.5), *_rows("ClickHouse", took["clickhouse"], 5)]


def _rows(where: str, took: dict[str, float], limit: float) -> list[Figure]:
    what = f"command acknowledged to {where} at {PACE}/s"
    return [Figure(f"{what}, p50", took["p50"], "s"), Figure(f"{what}, p99", took["p99"], "s", Target("value", "at most", limit))]


def _asked(running: Chain, seconds: int, clients: int) -> dict[str, Any]:
    settings = running.settings
    return {
        "handover": running.url(settings.handover_port),
        "views": running.url(settings.views_port),
        "clickhouse": running.url(settings.clickhouse_port),
        "token": running.token("s-bench", "coordinator", "caseworker"),
        "clients": [client_ref(number) for number in range(clients)],
        "staff": STAFF,
        "pace": PACE,
        "seconds": seconds,
    }


def take_in(running: Chain, clients: int, now: datetime, staff: Sequence[str]) -> str:
    """A team with staff, and intake's facts by which handover opens the batons, as intake would send them; the team."""
    headers = {"Authorization": f"Bearer {running.token('s-bench', 'coordinator')}"}
    url = running.url(running.settings.handover_port)
    with httpx.Client(base_url=url, headers=headers, timeout=WRITE_SECONDS, trust_env=False) as handover:
        formed = command(handover, "/v1/teams", "team", {"municipality": MUNICIPALITY, "organisation": "region", "on": DAY})
        team_ref: str = formed["refs"]["team_ref"]
        for member in staff:
            command(handover, f"/v1/teams/{team_ref}/staff", member, {"staff_ref": member, "on": DAY})
        _accept(running, clients, now)
        _until_opened(handover, [client_ref(number) for number in range(clients)])
    return team_ref


def _until_opened(handover: httpx.Client, waiting: list[str]) -> None:
    limit = time.monotonic() + OPENED_SECONDS
    while waiting:
        if handover.get(f"/v1/clients/{waiting[-1]}/baton").is_success:
            waiting.pop()
        elif time.monotonic() > limit:
            raise TimeoutError(f"{len(waiting)} batons were not opened within {OPENED_SECONDS:.0f} s")
        else:
            time.sleep(LOOK_SECONDS)


def command(handover: httpx.Client, path: str, key: str, body: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Give a command and get its answer; raises for any other than a success."""
    return handover.post(path, headers={"Idempotency-Key": key}, json=body).raise_for_status().json()


def _accept(running: Chain, clients: int, now: datetime) -> None:
    about: dict[str, Any] = {"municipality": MUNICIPALITY, "route": "standard", "accepted_on": now.date()}
    facts = [IntakeAccepted(client=client_ref(n), household_ref=f"h-{n:016x}", **about) for n in range(clients)]
    log = SqliteLog("intake", running.settings.data / "intake" / "log.sqlite", published())
    log.submit(lambda tx: tx.append(facts, Origin("s-bench", "accept", now, "accept"), {})).result(WRITE_SECONDS)
    send = topic_sender(running.settings.kafka, "intake")
    Relay(log, running.settings.source("intake"), send).round()
    send.close()
    log.close()
