"""What a coordinator and a caseworker wait for: a whole caseload that goes to others, and the contact view of a client."""

import json
import time
from datetime import UTC, datetime

import httpx

from deploy.bench.chain import Chain, chain, environment_of
from deploy.bench.figure import Figure, Target
from deploy.bench.handle import STAFF
from deploy.bench.history import client_ref
from deploy.bench.latency import DAY, WRITE_SECONDS, command, take_in
from deploy.bench.place import Place

PACE = 200
CASELOAD = 500


def figures(place: Place, seconds: int = 15) -> list[Figure]:
    """The caseload of one staff member goes to two others in one command; then every client is read at an even pace."""
    now = datetime.now(UTC)
    with chain(place, ["handover", "worker"], environment_of(place.fresh("care"), now.date(), now.date())) as running:
        first, *others = STAFF
        team_ref = take_in(running, CASELOAD, now, [first])
        reassigned_seconds = _reassign(running, team_ref, first, others)
        asked = running.settings.data / "asked.json"
        asked.touch(mode=0o600)
        asked.write_text(json.dumps(_asked(running, seconds)), encoding="utf-8")
        read = place.side("paced_reads", asked)
    return [
        Figure(f"caseload of {CASELOAD} clients to others, one command", reassigned_seconds, "s", Target("value", "at most", 2)),
        Figure(f"contact view read at {PACE}/s, p50", read["p50"] * 1_000, "ms"),
        Figure(f"contact view read at {PACE}/s, p99", read["p99"] * 1_000, "ms", Target("value", "at most", 20)),
    ]


def _asked(running: Chain, seconds: int) -> dict[str, object]:
    return {
        "views": running.url(running.settings.views_port),
        "token": running.token("s-bench", "caseworker"),
        "clients": [client_ref(number) for number in range(CASELOAD)],
        "pace": PACE,
        "seconds": seconds,
    }


def _reassign(running: Chain, team_ref: str, first: str, others: list[str]) -> float:
    """Seconds from the command until every client has another contact person; raises where one has not."""
    headers, url = {"Authorization": f"Bearer {running.token('s-bench', 'coordinator')}"}, running.url(running.settings.handover_port)
    with httpx.Client(base_url=url, headers=headers, timeout=WRITE_SECONDS, trust_env=False) as handover:
        for member in others:
            command(handover, f"/v1/teams/{team_ref}/staff", member, {"staff_ref": member, "on": DAY})
        began = time.perf_counter()
        path = f"/v1/teams/{team_ref}/reassignments"
        answer = command(handover, path, "reassign", {"from_staff": first, "reason": "reorganisation"})
        seconds = time.perf_counter() - began
        seen = handover.get(f"{path}/{answer['refs']['reassignment_ref']}").raise_for_status().json()
    if (seen["moved"], seen["completed"]) != (CASELOAD, True):
        raise RuntimeError(f"{seen['moved']} of {CASELOAD} clients went to others")
    return seconds
