"""Every alert fires when it must and not otherwise, is made of figures that the product gives, and sends people to pages that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services import metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus"
NAMES = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b(?!\()")
LABELS = re.compile(r"\{[^}]*\}|\bby \([^)]*\)")


def lines(path: Path, what: str) -> list[str]:
    return [line.partition(f"{what}:")[2] for line in path.read_text().splitlines() if line.strip().startswith(f"{what}:")]


def promtool(*arguments: str) -> None:
    found = shutil.which("promtool")
    assert found is not None, "promtool is not there: install Debian's package prometheus"
    ended = subprocess.run([found, *arguments], cwd=RULES, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("path", sorted(RULES.glob("*.rules.yaml")), ids=lambda path: path.name)
def test_alerts_are_made_of_figures_that_the_product_gives(path: Path) -> None:
    assert metrics.PAYOUT_CENTS is not None
    given = {sample.name for family in REGISTRY.collect() for sample in family.samples} | {family.name for family in REGISTRY.collect()}
    # A counter with labels shows no sample before its first count.
    given |= {f"{family.name}_total" for family in REGISTRY.collect() if family.type == "counter"}
    asked = {name for expression in lines(path, "expr") for name in NAMES.findall(LABELS.sub("", expression))}

    assert asked
    assert asked <= given


@pytest.mark.parametrize("path", sorted(RULES.glob("*.rules.yaml")), ids=lambda path: path.name)
def test_alerts_send_people_to_pages_that_exist(path: Path) -> None:
    named = re.findall(r"runbooks/[a-z-]+\.md", path.read_text())

    assert [page for page in named if not (DEPLOY / page).exists()] == []


@pytest.mark.debian
@pytest.mark.parametrize("path", sorted(RULES.glob("*.rules.yaml")), ids=lambda path: path.name)
def test_every_alert_fires_when_it_must_and_not_otherwise(path: Path) -> None:
    tests = path.with_name(path.name.replace(".rules.yaml", ".rules.test.yaml"))

    promtool("test", "rules", tests.name)
    untested = [name for name in re.findall(r"alert: (\w+)", path.read_text()) if name not in tests.read_text()]
    assert untested == []


@pytest.mark.debian
def test_the_configuration_of_prometheus_is_sound() -> None:
    promtool("check", "config", "prometheus.yml")
