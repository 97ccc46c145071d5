"""Up to which position of another log everything was seen, though twelve partitions bring it out of order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import orjson


@dataclass(frozen=True, slots=True)
class Watermark:
    """`upto`: every position up to it was seen; `beyond`: those seen behind a hole."""

    upto: int = 0
    beyond: frozenset[int] = frozenset()

    def seen(self, positions: Iterable[int]) -> "Watermark":
        """The watermark after these positions; a repeat changes nothing."""
        beyond = {*self.beyond, *(p for p in positions if p > self.upto)}
        upto = self.upto
        while upto + 1 in beyond:
            upto += 1
            beyond.discard(upto)
        return Watermark(upto, frozenset(beyond))

    def to_bytes(self) -> bytes:
        """To be kept beside the facts."""
        return orjson.dumps({"upto": self.upto, "beyond": sorted(self.beyond)})

    @classmethod
    def from_bytes(cls, kept: bytes | None) -> Self:
        """As it was kept; at the start where nothing was."""
        if kept is None:
            return cls()
        values = orjson.loads(kept)
        return cls(values["upto"], frozenset(values["beyond"]))
