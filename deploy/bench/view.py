"""The contact view in the worker, on RocksDB, beside the same fold in Quix Streams and in a plain Faust agent."""

from deploy.bench import history
from deploy.bench.figure import Figure, Target, medians
from deploy.bench.place import Place, rate
from services.contracts.topics import HANDOVER_EVENTS

PLAIN_RECORDS = 10_000


class Worker:
    """The worker on its data folder; each round folds the view from zero."""

    def __init__(self, place: Place, count: int) -> None:
        self._place, self._count, self._data = place, count, place.fresh("views")

    def facts_a_second(self) -> float:
        """From the first portion until every fact is acknowledged by the changelog and kept."""
        return rate(self._place.side("view_worker", self._place.bootstrap(), self._data, self._count))


def figures(place: Place, clients: int = history.CLIENTS, facts_a_client: int = history.FACTS_A_CLIENT, rounds: int = 2) -> list[Figure]:
    """All read the same records of one topic, decode them as events and keep one row per client."""
    bootstrap = place.bootstrap()
    count = history.sent_to(bootstrap, clients, facts_a_client)
    worker = Worker(place, count)

    def quix() -> float | None:
        return place.peer("quix_view", bootstrap, HANDOVER_EVENTS, place.fresh("quix"), count)

    def plain_faust() -> float:
        return rate(place.side("plain_faust_view", bootstrap, HANDOVER_EVENTS, place.fresh("plain"), min(count, PLAIN_RECORDS)))

    value, by_quix, by_plain_faust = medians(rounds, worker.facts_a_second, quix, plain_faust)
    what = "Faust view on RocksDB: decode, fold, table, changelog"
    return [
        Figure(what, value, "facts/s", Target("ratio", "at least", 1), "Quix Streams 3.28, same fold", by_quix),
        Figure(what, value, "facts/s", Target("ratio", "at least", 10), "plain Faust agent, same fold", by_plain_faust),
    ]
