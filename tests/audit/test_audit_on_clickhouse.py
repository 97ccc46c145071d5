"""The questions of the audit are put to a real ClickHouse through the real gateway, and its numbers are those of the log."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from services.ports import free_port
from tests.audit.stand_ins import TableRow
from tests.audit.world import World

ROOT, LIMIT_SECONDS = Path(__file__).parents[2], 60.0


@contextmanager
def clickhouse(folder: Path, rows: list[TableRow]) -> Iterator[str]:
    """The address of a gateway over these rows, some of which lie there twice."""
    port = free_port()
    argv = [sys.executable, "-m", "tests.audit.gateway_process", str(folder), str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE) as process:
        try:
            assert process.stdin
            process.stdin.write(b"\n".join(orjson.dumps(list(row)) for row in rows))
            process.stdin.close()
            _until_it_answers(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < limit:
        assert process.poll() is None
        try:
            httpx.get(f"{url}/ping", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the gateway did not answer in time")


def test_a_real_clickhouse_gives_the_numbers_of_the_log_and_names_the_row_that_differs(published: World, tmp_path: Path) -> None:
    rows = list(published.clickhouse.rows)
    last = rows[-1]
    wrong = [row._replace(amount_cents=1) if row is last else row for row in rows]
    with clickhouse(tmp_path / "right", rows) as url:
        right = published.verdict(clickhouse=url)
    with clickhouse(tmp_path / "wrong", wrong) as url:
        found = published.verdict(clickhouse=url)["I8"]
    assert {name: finding.detail for name, finding in right.items() if not finding.holds} == {}
    assert right["I8"].checked == len(rows)
    assert found.detail == f"{last.stream}@{last.version} has another identity, amount or content in ClickHouse than in the log"
