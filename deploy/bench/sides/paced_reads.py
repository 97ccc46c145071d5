"""Contact views read at an even pace; argument: a JSON file that says where, whose, how many a second and how long."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop

from deploy.bench.sides.percentile import percentile

REQUEST_SECONDS: Final = 10
WARM_SECONDS: Final = 1


class Reading:
    """Keeps how long each answer took, counted from when it was due, so that a queue shows."""

    def __init__(self, session: aiohttp.ClientSession, asked: dict[str, Any]) -> None:
        self._session, self._asked = session, asked
        self.took: list[float] = []

    async def read(self, number: int, due: float) -> None:
        """One client; raises for any answer but a complete one."""
        client = self._asked["clients"][number % len(self._asked["clients"])]
        async with self._session.get(f"{self._asked['views']}/v1/clients/{client}") as response:
            row = await response.json()
            response.raise_for_status()
        self.took.append(time.perf_counter() - due)
        if row["contact"] is None or row["team"] is None:
            raise RuntimeError("answered without a contact person or a team")

    async def paced(self, seconds: float) -> None:
        """Reads fall due at an even pace, whatever became of those before."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(self._asked["pace"] * seconds)):
                due = began + number / self._asked["pace"]
                await asyncio.sleep(due - time.perf_counter())
                group.create_task(self.read(number, due))


async def main(asked: dict[str, Any]) -> None:
    """A second first, so that connections, token and pages are known."""
    headers, timeout = {"Authorization": f"Bearer {asked['token']}"}, aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        await Reading(session, asked).paced(WARM_SECONDS)
        reading = Reading(session, asked)
        await reading.paced(asked["seconds"])
    took = reading.took
    print(json.dumps({"count": len(took), "p50": percentile(took, 50), "p99": percentile(took, 99)}))


if __name__ == "__main__":
    uvloop.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
