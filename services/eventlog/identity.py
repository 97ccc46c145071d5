"""The identity of a record is drawn by the log; every other identity arrives in the command."""

import time
from collections.abc import Callable, Iterator
from hashlib import shake_128
from secrets import token_bytes

DRAWN_TOGETHER = 256
SEED_BYTES = 32
RANDOM_DIGITS = 20
"""Hexadecimal; 74 bits of them are used."""


def event_ids() -> Callable[[], str]:
    """A source of UUIDs of version 7 (RFC 9562), for one thread: a moment in milliseconds, then 74 random bits.

    Ids that begin with the moment lie together in the log's index, so that a commit writes a few pages and not one per fact.
    """
    drawn: list[str] = []

    def next_id() -> str:
        if not drawn:
            drawn.extend(_uuids(DRAWN_TOGETHER, time.time_ns() // 1_000_000))
        return drawn.pop()

    return next_id


def _uuids(number: int, milliseconds: int) -> Iterator[str]:
    moment = f"{milliseconds:012x}"
    chance = shake_128(token_bytes(SEED_BYTES)).hexdigest(number * RANDOM_DIGITS // 2)
    for start in range(0, len(chance), RANDOM_DIGITS):
        bits = chance[start : start + RANDOM_DIGITS]
        yield f"{moment[:8]}-{moment[8:]}-7{bits[:3]}-{'89ab'[int(bits[3], 16) & 3]}{bits[4:7]}-{bits[7:19]}"
