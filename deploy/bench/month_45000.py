"""The month of a region ten times as large: in as many times the seconds, no more."""

from deploy.bench import month
from deploy.bench.figure import Figure
from deploy.bench.place import Place


def figures(place: Place, clients: int = 45_000, most_seconds: float = 100) -> list[Figure]:
    """Takes minutes and six gigabytes of disk, most of it for the past of so many clients."""
    return month.figures(place, clients, most_seconds)
