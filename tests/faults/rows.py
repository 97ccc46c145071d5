"""The rows of the fault matrix by name, each a scenario on a chain of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.faults import batons, breaking, clocks, disks, hanging, killing, months, network, records, repeating, stores, workers
from tests.faults.board import Board
from tests.faults.site import NOTHING, Site, Terms


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario, and what it asks of its chain."""

    scenario: Callable[[Site, Board], None]
    terms: Terms = NOTHING


ROWS: Final[Mapping[str, Row]] = {
    "kill": Row(killing.kill),
    "hang": Row(hanging.hang, hanging.TERMS),
    "broker": Row(breaking.broker),
    "disk": Row(disks.disk, Terms(before=disks.mounted, after=disks.unmounted)),
    "network": Row(network.network, network.TERMS),
    "zombie": Row(workers.zombie),
    "rebalance": Row(workers.rebalance),
    "repeats": Row(repeating.repeats),
    "runs": Row(repeating.runs),
    "batons": Row(batons.batons),
    "months": Row(months.months, months.TERMS),
    "replay": Row(repeating.replay),
    "poison": Row(records.poison),
    "versions": Row(records.versions),
    "clock": Row(clocks.clock),
    "store": Row(stores.store),
    "torn": Row(stores.torn),
    "memory": Row(stores.memory),
    "clickhouse": Row(stores.clickhouse),
}
