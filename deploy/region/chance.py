"""The same seed always draws the same lots, per purpose, so that one household never shifts another."""

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def dice(seed: int, purpose: str) -> Random:
    """Return the source of chance for one purpose (for example one household) of one seed."""
    return Random(f"{seed}/{purpose}")


class Lottery(Generic[T]):
    """Draws a value as often as its whole-number weight says."""

    def __init__(self, weights: Mapping[T, int]) -> None:
        """Take the weight of each value; at least one must be positive."""
        self._values = tuple(weights)
        self._borders = tuple(accumulate(weights.values()))

    def draw(self, chance: Random) -> T:
        """Return one of the values."""
        return self._values[bisect(self._borders, chance.random() * self._borders[-1])]
