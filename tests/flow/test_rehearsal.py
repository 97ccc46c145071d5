"""One command carries out an allowance run on the real chain, and every source says the same."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from tests.chain import Chain

pytestmark = pytest.mark.timeout(400)


def verify(chain: Chain) -> tuple[int, list[dict[str, Any]]]:
    argv = [sys.executable, "-m", "services.cli", "verify", "--json"]
    ended = subprocess.run(argv, env=chain.environment, capture_output=True, timeout=120, check=False)
    return ended.returncode, json.loads(ended.stdout)


def figures(printed: str, source: str) -> list[str]:
    line = next(line for line in printed.splitlines() if f"\u2502 {source} " in line)
    return [cell.strip() for cell in line.split("\u2502")[2:-1]]


def test_run_bank_views_and_clickhouse_say_the_same_to_the_cent(chain: Chain) -> None:
    said = [figures(chain.printed, source) for source in ("run (benefits)", "bank", "views", "ClickHouse")]

    assert said[0] == said[1] == said[2] == said[3]
    assert "all sources agree; every invariant holds" in chain.printed


def test_every_invariant_holds_on_the_live_chain(chain: Chain) -> None:
    code, findings = verify(chain)

    assert [finding["detail"] for finding in findings if not finding["holds"]] == []
    assert code == 0
    assert [finding["invariant"] for finding in findings] == [f"I{number}" for number in range(1, 14)]


def test_candidates_excluded_and_held_are_what_intake_knows(chain: Chain) -> None:
    url = f"http://127.0.0.1:{chain.settings.clickhouse_port}/"
    query = "SELECT households, candidates + excluded + held FROM run_statement WHERE scheme = 'energy-allowance' FORMAT TSV"

    households, counted = httpx.get(url, params={"query": query}, trust_env=False).text.split()

    assert households == counted


def test_every_process_is_alive_and_ready(chain: Chain) -> None:
    ports = [getattr(chain.settings, f"{name}_port") for name in ("intake", "benefits", "handover", "views", "sink")]

    statuses = {
        httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False).status_code
        for port in ports
        for path in ("healthz", "readyz", "metrics")
    }

    assert statuses == {200}


def test_no_process_wrote_a_line_above_warning(chain: Chain) -> None:
    lines = [line for path in (chain.settings.data / "logs").glob("*.log") for line in path.read_text().splitlines()]

    assert [line for line in lines if '"level":"error"' in line or "Traceback" in line] == []
