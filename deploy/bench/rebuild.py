"""A view folded from zero out of Kafka, beside the rate at which the live worker takes facts in."""

from deploy.bench import history
from deploy.bench.figure import Figure, Target, medians
from deploy.bench.place import Place, rate
from deploy.bench.view import Worker


def figures(place: Place, clients: int = history.CLIENTS, facts_a_client: int = history.FACTS_A_CLIENT, rounds: int = 2) -> list[Figure]:
    """As `backbone rebuild --check` folds it: partition by partition, in memory, without a changelog."""
    bootstrap = place.bootstrap()
    count = history.sent_to(bootstrap, clients, facts_a_client)
    worker = Worker(place, count)
    value, live = medians(rounds, lambda: rate(place.side("view_rebuilt", bootstrap, count)), worker.facts_a_second)
    what = "rebuild of a view from Kafka"
    return [Figure(what, value, "facts/s", Target("ratio", "at least", 2), "live rate of the worker", live)]
