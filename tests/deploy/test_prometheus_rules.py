"""Every alert about money fires when it must and not otherwise, and is made of figures that the product gives."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services import metrics

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
NAMES = re.compile(r"\b(?:payout|runs)_[a-z_]+\b")


def expressions(path: Path) -> list[str]:
    return [line.partition("expr:")[2] for line in path.read_text().splitlines() if line.strip().startswith("expr:")]


@pytest.mark.parametrize("path", sorted(RULES.glob("*.rules.yaml")), ids=lambda path: path.name)
def test_alerts_are_made_of_figures_that_the_product_gives(path: Path) -> None:
    assert metrics.PAYOUT_CENTS is not None
    given = {sample.name for family in REGISTRY.collect() for sample in family.samples} | {family.name for family in REGISTRY.collect()}
    asked = {name for expression in expressions(path) for name in NAMES.findall(expression)}

    assert asked
    assert asked <= given


@pytest.mark.debian
@pytest.mark.parametrize("path", sorted(RULES.glob("*.rules.test.yaml")), ids=lambda path: path.name)
def test_every_alert_fires_when_it_must_and_not_otherwise(path: Path) -> None:
    promtool = shutil.which("promtool")
    assert promtool is not None, "promtool is not there: install Debian's package prometheus"
    ended = subprocess.run([promtool, "test", "rules", path.name], cwd=RULES, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
