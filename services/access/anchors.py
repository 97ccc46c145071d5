"""How far the processing and audit logs had come, written down elsewhere: who cuts or replaces a log must reach this place too."""

import logging
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from services.access.chain import Chain, Head

EACH_SECONDS: Final = 60.0
YEARS_KEPT: Final = 5
"""Assumed: BIO2 5.28.01 asks three for what an incident needs, and the archive's selection list must be looked at (domain.md 6)."""

logger = logging.getLogger(__name__)


class Anchors:
    """Appends to `path`, at most once a minute and at the end, the head of each chain that has grown; and says it in the process log.

    Lines: `at`, `log`, `number`, `digest`; with `lost` where a restore put back an older file, so that lines behind `number` are gone,
    with `retired` where lines up to `number` were removed at the end of their term.
    A crash loses at most the anchors of a minute. Where the place cannot be written the logs go on, and the process log says so.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:  # noqa: TID251 - evidence has real time
        self._path, self._now = path, now
        self._told: dict[str, Head] = {}

    def tell(self, chains: Iterable[Chain]) -> None:
        """The heads as they are now, where they are others than last told."""
        grown = [chain for chain in chains if chain.head.number and self._told.get(chain.name) != chain.head]
        for chain in grown:
            self._told[chain.name] = chain.head
            logger.info("%s of %s stands at line %d %s", chain.name, self._path.stem, *chain.head)
        self._append([{"log": chain.name, "number": chain.head.number, "digest": chain.head.digest} for chain in grown])

    def tell_lost(self, chains: Iterable[Chain]) -> None:
        """These came back from a backup: what was anchored behind their heads is lost with a disk."""
        self._append([{"log": chain.name, "number": chain.head.number, "digest": chain.head.digest, "lost": True} for chain in chains])

    def retire(self, chains: Iterable[Chain]) -> None:
        """Remove closed months that were kept for their term, each after its last line was written down."""
        for chain in chains:
            for path, head in chain.outlived(YEARS_KEPT):
                self._append([{"log": chain.name, "number": head.number, "digest": head.digest, "retired": True}])
                path.unlink()

    def _append(self, lines: list[dict[str, object]]) -> None:
        if not lines:
            return
        at = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        text = b"".join(orjson.dumps({"at": at, **line}, option=orjson.OPT_SORT_KEYS) + b"\n" for line in lines)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, text)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as wrong:
            logger.warning("the heads of the logs of %s cannot be written down: %s", self._path.stem, type(wrong).__name__)
