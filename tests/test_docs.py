"""What the README shows is what happens: its commands and programs run on a real chain, its tables are those of the code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from services.cli import app
from services.settings import Settings
from tests.chain import Chain

README = (Path(__file__).parents[1] / "README.md").read_text()
PORTS = {8101: "intake", 8102: "benefits", 8103: "handover", 8104: "views", 8123: "clickhouse"}

pytestmark = pytest.mark.timeout(400)


def settable(text: str, chain: Chain) -> str:
    for port, name in PORTS.items():
        text = text.replace(f":{port}/", f":{getattr(chain.settings, f'{name}_port')}/")
    return text


def shell_lines() -> list[str]:
    lines = [line.strip() for line in README.splitlines() if line.startswith("    ") and not line.startswith("     ")]
    return [line for line in lines if line.startswith(("curl", "TOKEN=", "CLIENT="))]


def test_every_shell_line_of_the_readme_runs(chain: Chain) -> None:
    script = settable("\n".join(["set -eu", *shell_lines()]), chain).replace(".venv/bin/backbone", f"{sys.executable} -m services.cli")

    ended = subprocess.run(["/bin/bash", "-c", script], env=chain.environment, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 0, ended.stderr
    assert "openapi" in ended.stdout
    assert '"status":"ready"' in ended.stdout.replace(" ", "")
    assert "run_ref" in ended.stdout
    told = ended.stdout.replace(" ", "")
    assert told.count('"outcome":"accepted"') >= len(("opened", "withdrawn", "reviewed"))
    assert '"left_out":["payouts"]' in told
    assert '"opened_by":"s-night"' in told


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_every_program_of_the_readme_runs_and_prints(chain: Chain, program: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=chain.environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()


def test_the_table_of_settings_is_that_of_the_code() -> None:
    told = re.findall(r"^\| `(BACKBONE_[A-Z_]+)` \| (?:`(.*?)`)? ?\| (.*) \|$", README, re.MULTILINE)
    defaults = {f"BACKBONE_{name.upper()}": field for name, field in Settings.model_fields.items()}

    assert told == [(name, str(field.default), field.description) for name, field in defaults.items()]


def test_every_command_is_in_the_readme() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a click group, which typer does not say

    assert [name for name in commands if f"`backbone {name}" not in README] == []
