"""Alert rules of handover: promtool says that they fire before a baton falls, and not without reason."""

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import services.metrics

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"


@pytest.mark.debian
def test_the_rules_of_handover_fire_when_they_should() -> None:
    ended = subprocess.run(
        ["/usr/bin/env", "promtool", "test", "rules", "handover_test.yml"],
        cwd=RULES,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_rules_of_handover_speak_of_metrics_that_exist() -> None:
    assert services.metrics.BATONS in set(REGISTRY._collector_to_names)
    known = {metric.name for metric in REGISTRY.collect()}
    asked = set(re.findall(r"expr: (\w+)", (RULES / "handover.yml").read_text()))

    assert asked
    assert asked <= known
