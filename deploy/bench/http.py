"""Durable commands over HTTP to one service process, beside the same app that answers without doing anything."""

import sys
from datetime import UTC, datetime
from typing import Any

from deploy.bench.chain import Chain, chain, environment_of
from deploy.bench.figure import Figure, Target, medians
from deploy.bench.place import Place, rate
from services.child import Part
from services.ports import free_port
from services.readiness import answers

CONNECTIONS = 32
PACE = 500
AS_FAST_AS_IT_GOES = 0


def figures(place: Place, seconds: float = 4, paced_seconds: float = 10, rounds: int = 3) -> list[Figure]:
    """Teams are formed over kept-alive connections from a second process; the service has its relay, reactor and clock."""
    today = datetime.now(UTC).date()
    with chain(place, ["handover"], environment_of(place.fresh("http"), today, today)) as running:
        idle_port, token = free_port(), running.token("s-bench", "coordinator")
        running.up.start(_idle(running, idle_port))
        own_url, idle_url = running.url(running.settings.handover_port), running.url(idle_port)

        def load(url: str, lasting: float, pace: int) -> dict[str, Any]:
            return place.side("http_load", url, CONNECTIONS, lasting, pace, environment={"BENCH_TOKEN": token})

        value, peer_value = medians(
            rounds,
            lambda: rate(load(own_url, seconds, AS_FAST_AS_IT_GOES)),
            lambda: rate(load(idle_url, seconds, AS_FAST_AS_IT_GOES)),
        )
        paced = load(own_url, paced_seconds, PACE)
    what, peer = "HTTP commands, durable, one service process", "same FastAPI app, answering without doing anything"
    return [
        Figure(what, value, "commands/s", Target("ratio", "at least", 0.6), peer, peer_value),
        Figure(f"HTTP command at {PACE}/s, p99", paced["p99"] * 1_000, "ms", Target("value", "at most", 50)),
    ]


def _idle(running: Chain, port: int) -> Part:
    return Part(
        name="idle",
        argv=(sys.executable, "-m", "deploy.bench.sides.idle_http"),
        env=running.environment | {"BACKBONE_HANDOVER_PORT": str(port)},
        log=running.settings.data / "logs" / "idle.log",
        ready=answers(f"{running.url(port)}/readyz"),
    )
