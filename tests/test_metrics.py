"""Each process shows its own figures, so that nobody is woken in the name of one that knows nothing of them."""

import pytest
from prometheus_client import REGISTRY, generate_latest

from services import metrics
from services.web.exposition import OWNERS, ShownBy, owner

PROCESSES = ("intake", "benefits", "handover", "worker", "sink")


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_shows_its_own_figures_and_those_that_name_their_owner(process: str) -> None:
    shown = {family.name for family in ShownBy(process).collect()}

    assert shown == {family.name for family in REGISTRY.collect() if owner(family.name) in {None, process}}
    assert shown > {"log_head_position", "python_info"}
    assert [
        beginning for beginning, whose in OWNERS.items() if whose != process and any(name.startswith(beginning) for name in shown)
    ] == []
    assert generate_latest(ShownBy(process)).startswith(b"# HELP")


def test_a_figure_without_labels_has_an_owner() -> None:
    own = [metric for metric in vars(metrics).values() if hasattr(metric, "_labelnames")]

    assert len(own) > 40
    assert [metric._name for metric in own if not metric._labelnames and owner(metric._name) is None] == []
    assert set(OWNERS.values()) <= set(PROCESSES)
