"""Where a bench is carried out: a temporary folder, a Kafka when a figure asks for one, and programs that are one side of it."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from deploy.bench.peers import ROOT, Peers, PeersAway
from deploy.broker import Broker
from deploy.broker.topics import ensure_topics
from services.ports import free_port

SIDE_SECONDS = 120.0
_TAIL = 2_000


class SideFailed(RuntimeError):
    """One side of a comparison gave up or took too long; the text has the end of what it said."""


class OwnBroker:
    """A Kafka node of the bench, started when it is first asked for; what it holds stays while it rests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._broker: Broker | None = None
        self._port = free_port()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.rest()

    def bootstrap(self) -> str:
        """Address for clients; starts the node with the product's topics when it does not run."""
        if self._broker is None:
            self._broker = Broker(self._folder, self._port).start()
            ensure_topics(self._broker.bootstrap)
        return self._broker.bootstrap

    def rest(self) -> None:
        """Stop the node, so that it takes nothing from a figure with a chain of its own."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None


@dataclass
class Place:
    """`bootstrap` gives a Kafka that figures share, `rest` lets it stand still, `say` tells the person what goes on."""

    folder: Path
    peers: Peers
    bootstrap: Callable[[], str]
    rest: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda _line: None
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def fresh(self, name: str) -> Path:
        """An empty folder, never given twice."""
        folder = self.folder / f"{name}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        return folder

    def side(self, name: str, *arguments: object, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Run a program of `deploy/bench/sides` to its end; its result. Raises `SideFailed`."""
        return _ended([sys.executable, "-m", f"deploy.bench.sides.{name}", *map(str, arguments)], environment or {})

    def peer(self, name: str, *arguments: object) -> float | None:
        """The rate of a program in the peers' environment; None, and a sentence, where that cannot be had."""
        try:
            python = self.peers.python()
        except PeersAway as away:
            self.say(f"no peer: {away}")
            return None
        return rate(_ended([str(python), "-m", f"deploy.bench.sides.{name}", *map(str, arguments)], {}))


def rate(result: Mapping[str, Any]) -> float:
    """How many a second."""
    return float(result["count"]) / float(result["seconds"])


def _ended(argv: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    whole = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    try:
        ended = subprocess.run(argv, env=whole, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SIDE_SECONDS, check=True)
        result: dict[str, Any] = orjson.loads(ended.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as late:
        raise SideFailed(f"{argv[2]} did not end within {SIDE_SECONDS:.0f} s") from late
    except subprocess.CalledProcessError as failed:
        raise SideFailed(f"{argv[2]} ended with {failed.returncode}:\n{(failed.stdout + failed.stderr)[-_TAIL:]}") from failed
    except (IndexError, orjson.JSONDecodeError) as silent:
        raise SideFailed(f"{argv[2]} said no result") from silent
    return result
