"""Commands at an even pace, and who waits for them in the view and in ClickHouse; argument: a JSON file that says where and how many."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop

from deploy.bench.sides.percentile import percentile

READ_EACH: Final = 4
LOOK_SECONDS: Final = 0.1
COMPLETE_SECONDS: Final = 30.0
REQUEST_SECONDS: Final = 60
LATE: Final = 503
QUERY: Final = "SELECT position FROM facts WHERE service = 'handover' AND position > {floor:UInt64} FORMAT TSV"


class Pace:
    """`acknowledged` and `arrived` are moments by position; `in_view` is how long each reader waited for its own write."""

    def __init__(self, session: aiohttp.ClientSession, reporting: aiohttp.ClientSession, asked: dict[str, Any]) -> None:
        self._session, self._reporting, self._asked = session, reporting, asked
        self._on = datetime.now(UTC).date().isoformat()
        self._begun = asyncio.Event()
        self.acknowledged: dict[int, float] = {}
        self.arrived: dict[int, float] = {}
        self.in_view: list[float] = []

    async def command(self, number: int) -> None:
        """Assign the next contact person of a client; each fourth is looked for in the view."""
        client = self._asked["clients"][number % len(self._asked["clients"])]
        staff = self._asked["staff"][number // len(self._asked["clients"]) % len(self._asked["staff"])]
        body = {"contact_person": staff, "on": self._on, "reason": "leave"}
        url = f"{self._asked['handover']}/v1/clients/{client}/contact-persons"
        async with self._session.post(url, json=body, headers={"Idempotency-Key": f"bench-{number}"}) as response:
            answer = await response.json()
            response.raise_for_status()
        began = time.perf_counter()
        if answer["outcome"] == "accepted":
            self.acknowledged[answer["position"]] = began
            self._begun.set()
        if number % READ_EACH == 0:
            await self._read(client, {"stream": answer["stream"], "atLeastVersion": answer["version"]})
            self.in_view.append(time.perf_counter() - began)

    async def _read(self, client: str, wanted: dict[str, Any]) -> None:
        """The view answers 503 where it is more than five seconds late: asked again, as a staff application would."""
        limit, url = time.perf_counter() + COMPLETE_SECONDS, f"{self._asked['views']}/v1/clients/{client}"
        while True:
            async with self._session.get(url, params=wanted) as response:
                await response.read()
                if response.status != LATE or time.perf_counter() > limit:
                    response.raise_for_status()
                    return

    async def look_into_clickhouse(self) -> None:
        """Ask ten times a second which positions have come."""
        await self._begun.wait()
        floor = min(self.acknowledged) - 1
        while True:
            async with self._reporting.get(self._asked["clickhouse"], params={"query": QUERY, "param_floor": floor}) as response:
                text = await response.text()
                response.raise_for_status()
            now = time.perf_counter()
            for position in map(int, text.split()):
                self.arrived.setdefault(position, now)
            while floor + 1 in self.arrived:
                floor += 1
            await asyncio.sleep(LOOK_SECONDS)

    async def run(self) -> None:
        """All commands, then until ClickHouse has every one; raises `TimeoutError`."""
        looking, began = asyncio.create_task(self.look_into_clickhouse()), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(self._asked["pace"] * self._asked["seconds"]):
                await asyncio.sleep(began + number / self._asked["pace"] - time.perf_counter())
                group.create_task(self.command(number))
        limit = time.perf_counter() + COMPLETE_SECONDS
        while self.acknowledged.keys() - self.arrived.keys():
            if looking.done() or time.perf_counter() > limit:
                raise TimeoutError(f"ClickHouse lacks {len(self.acknowledged.keys() - self.arrived.keys())} facts") from looking.exception()
            await asyncio.sleep(LOOK_SECONDS)
        looking.cancel()


async def main(asked: dict[str, Any]) -> None:
    """A coordinator who is also a caseworker, and a data team, whose gateway takes no token."""
    headers, timeout = {"Authorization": f"Bearer {asked['token']}"}, aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    without_queue = aiohttp.TCPConnector(limit=0)  # readers who wait must not hold up the commands behind them
    staff = aiohttp.ClientSession(headers=headers, timeout=timeout, connector=without_queue)
    data_team = aiohttp.ClientSession(timeout=timeout)
    async with staff, data_team:
        pace = Pace(staff, data_team, asked)
        await pace.run()
    in_clickhouse = [max(0.0, pace.arrived[position] - at) for position, at in pace.acknowledged.items()]
    print(json.dumps({"view": _told(pace.in_view), "clickhouse": _told(in_clickhouse)}))


def _told(took: list[float]) -> dict[str, float]:
    return {"p50": percentile(took, 50), "p99": percentile(took, 99)}


if __name__ == "__main__":
    uvloop.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
