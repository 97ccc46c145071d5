"""The sink, from Kafka into the embedded ClickHouse, beside a bare consumer of the same records."""

from deploy.bench import history
from deploy.bench.figure import Figure, Target, medians
from deploy.bench.place import Place, rate
from services.contracts.topics import HANDOVER_EVENTS


def figures(place: Place, clients: int = history.CLIENTS, facts_a_client: int = history.FACTS_A_CLIENT, rounds: int = 3) -> list[Figure]:
    """Every round fills an empty ClickHouse in a process of its own."""
    bootstrap = place.bootstrap()
    count = history.sent_to(bootstrap, clients, facts_a_client)

    def own() -> float:
        return rate(place.side("sink_rows", bootstrap, place.fresh("sink"), count))

    def peer() -> float:
        return rate(place.side("bare_kafka", bootstrap, HANDOVER_EVENTS, count))

    value, peer_value = medians(rounds, own, peer)
    what = "sink, from Kafka to chDB"
    return [Figure(what, value, "rows/s", Target("ratio", "at least", 0.5), "bare kafka-python consumer", peer_value)]
