"""Commands from outside over kept-alive connections.

Arguments: url, connections, seconds, commands a second (0: as fast as it goes); the token is in `BENCH_TOKEN`.
"""

import asyncio
import json
import os
import sys
import time
from itertools import count
from secrets import token_hex
from typing import Final

import aiohttp
import uvloop

from deploy.bench.sides.percentile import percentile

BODY: Final = json.dumps({"municipality": "GM0361", "organisation": "region", "on": "2024-02-15"}).encode()
CREATED: Final = 201
REQUEST_SECONDS: Final = 60


class Load:
    """Forms teams, each under a key of its own; keeps how long each answer took."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url, self._keys, self._run = session, f"{url}/v1/teams", count(), token_hex(4)
        self.took: list[float] = []

    async def command(self, due: float) -> None:
        """One command; the time counts from when it was due, so that a queue shows. Raises for any other answer."""
        key = {"Idempotency-Key": f"{self._run}-{next(self._keys)}"}
        async with self._session.post(self._url, data=BODY, headers=key) as response:
            await response.read()
            if response.status != CREATED:
                raise RuntimeError(f"answered {response.status}")
        self.took.append(time.perf_counter() - due)

    async def fast(self, connections: int, seconds: float) -> None:
        """Each connection gives its next command when it has the answer to the last one."""
        until = time.perf_counter() + seconds

        async def one() -> None:
            while time.perf_counter() < until:
                await self.command(time.perf_counter())

        await asyncio.gather(*(one() for _ in range(connections)))

    async def paced(self, rate: float, seconds: float) -> None:
        """Commands fall due at an even pace, whatever became of those before."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = began + number / rate
                await asyncio.sleep(due - time.perf_counter())
                group.create_task(self.command(due))


async def main(url: str, token: str, connections: int, seconds: float, rate: float) -> None:
    """A few commands first, so that connections and token are known."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    timeout, connector = aiohttp.ClientTimeout(total=REQUEST_SECONDS), aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout, connector=connector) as session:
        await Load(session, url).fast(connections, 0.3)
        load, began = Load(session, url), time.perf_counter()
        await (load.paced(rate, seconds) if rate else load.fast(connections, seconds))
        lasted = time.perf_counter() - began
    took = load.took
    print(json.dumps({"count": len(took), "seconds": lasted, "p50": percentile(took, 50), "p99": percentile(took, 99)}))


if __name__ == "__main__":
    where, at_once, duration, pace = sys.argv[1:]
    uvloop.run(main(where, os.environ["BENCH_TOKEN"], int(at_once), float(duration), float(pace)))
