"""What a process shows to Prometheus: its own metrics, and not those of others."""

from collections.abc import Iterator

from prometheus_client import REGISTRY, Metric

OWNERS = {
    "payout_": "benefits",
    "runs_": "benefits",
    "clients_": "intake",
    "intake_": "intake",
    "route_": "intake",
    "handover_": "handover",
    "view_": "worker",
    "sink_": "sink",
    "gateway_": "sink",
}
"""The process that gives a metric, by the beginning of its name. Other metrics have a label that says whose they are.

One without labels is 0 from the start wherever it is loaded: it would wake people in the name of others.
"""


class ShownBy:
    """Everything that is known in a process but the metrics of others."""

    def __init__(self, process: str) -> None:
        self._process = process

    def collect(self) -> Iterator[Metric]:
        """Every family of metrics, as Prometheus reads them."""
        for family in REGISTRY.collect():
            if owner(family.name) in {None, self._process}:
                yield family


def owner(name: str) -> str | None:
    """The only process that gives a metric; None where each process gives its own."""
    return next((process for beginning, process in OWNERS.items() if name.startswith(beginning)), None)
