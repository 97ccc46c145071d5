"""A few bytes per fact, by which the copies on Kafka and in ClickHouse are compared with the log without keeping the log in memory."""

import hashlib
from array import array
from collections import defaultdict
from dataclasses import dataclass

from services.audit.fact import Content, Fact

BLOCK = 1_024
"""Positions that share one sum; a block that differs is looked at row by row."""


def carried(fact: Fact) -> int:
    """A number for everything of a fact that Kafka carries; the same within this process only."""
    optional = (fact.client or "", fact.municipality or "", fact.causation_id or "")
    where = (fact.stream, fact.version, fact.event_id, fact.type, fact.key, fact.recorded_at, fact.effective_at, fact.correlation_id)
    return hash((*where, *optional, fact.data))


def row(stream: str, version: int, event_id: str, type_: str, amount: str, data: bytes) -> int:
    """A number for what ClickHouse has of a fact, as ClickHouse computes it too: 8 bytes of SHA-256, least first."""
    text = "\n".join((stream, str(version), event_id, type_, amount, "")).encode() + data
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def amount_of(content: Content) -> str:
    """The amount in cents as text, empty where the fact has none."""
    amount_cents = content.get("amount_cents")
    return "" if amount_cents is None else str(amount_cents)


@dataclass(slots=True)
class Sum:
    """How many facts a block has, and the sum of their numbers modulo 2 to the 64."""

    count: int = 0
    checksum: int = 0


class Prints:
    """The facts of one log up to its head: 8 bytes each for Kafka, and a sum per block for ClickHouse."""

    def __init__(self, service: str, head: int) -> None:
        self.service, self.head = service, head
        self.carried = array("q", bytes(8 * (head + 1)))
        self.blocks: dict[int, Sum] = defaultdict(Sum)

    def saw(self, fact: Fact, content: Content) -> None:
        """One more fact of the log."""
        self.carried[fact.position] = carried(fact)
        block = self.blocks[(fact.position - 1) // BLOCK]
        block.count += 1
        number = row(fact.stream, fact.version, fact.event_id, fact.type, amount_of(content), fact.data)
        block.checksum = (block.checksum + number) % 2**64
