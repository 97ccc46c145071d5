"""The value that a given share of all stays at or below."""

from collections.abc import Sequence
from math import ceil


def percentile(values: Sequence[float], share: int) -> float:
    """The nearest rank: `share` per cent of the values are at most this one; raises `ValueError` without values."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, ceil(len(values) * share / 100) - 1)]
