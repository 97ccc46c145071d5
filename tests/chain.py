"""A whole chain for tests: the rehearsal's own command, on free ports, in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.ports import free_port
from services.settings import Settings

ROOT = Path(__file__).parents[1]
PORTS = ("INTAKE", "BENEFITS", "HANDOVER", "VIEWS", "SINK", "CLICKHOUSE", "KAFKA")
UP_SECONDS = 300.0
STOP_SECONDS = 90.0
HOUSEHOLDS = 40


@dataclass(frozen=True)
class Chain:
    """A chain that is up: its environment, what the rehearsal printed, and its process."""

    environment: dict[str, str]
    output: Path
    process: subprocess.Popen[bytes]

    @property
    def settings(self) -> Settings:
        return Settings.read(self.environment)

    @property
    def printed(self) -> str:
        return self.output.read_text()


def environment(data: Path) -> dict[str, str]:
    """Free ports and the data folder; the settings of the rehearsal's processes follow from them."""
    ports = {f"BACKBONE_{name}_PORT": str(free_port()) for name in PORTS}
    own = {"BACKBONE_DATA": str(data), "BACKBONE_KAFKA": f"127.0.0.1:{ports['BACKBONE_KAFKA_PORT']}", **ports}
    return {**os.environ, **own, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The chain after its run, once for all tests of a session; they only read."""
    folder = tmp_path_factory.mktemp("chain")
    around = environment(folder / "data")
    argv = [sys.executable, "-m", "deploy.rehearsal", "--households", str(HOUSEHOLDS), "--data", str(folder / "data")]
    with (folder / "printed").open("wb") as printed:
        process = subprocess.Popen(argv, cwd=ROOT, env=around, stdout=printed, stderr=subprocess.STDOUT)
    chain = Chain(around, folder / "printed", process)
    try:
        _wait_until_up(chain)
        yield chain
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(STOP_SECONDS)
    assert code == 0, chain.printed


def _wait_until_up(chain: Chain) -> None:
    limit = time.monotonic() + UP_SECONDS
    while "up: Ctrl-C to stop" not in chain.printed:
        assert chain.process.poll() is None, chain.printed
        assert time.monotonic() < limit, chain.printed
        time.sleep(0.5)
