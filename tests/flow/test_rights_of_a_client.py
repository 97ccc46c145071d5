"""Erasing and gathering a client by the operators' commands, on the real chain."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chain import ROOT, Chain
from tests.flow.test_handover_chain import asked

pytestmark = pytest.mark.timeout(400)


def backbone(chain: Chain, *argv: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "services.cli", *argv]
    ended = subprocess.run(command, env=chain.environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def client(chain: Chain) -> str:
    """Somebody who was paid."""
    return asked(chain, "SELECT client FROM facts WHERE type LIKE '%payment-paid%' ORDER BY client LIMIT 1")[0][0]


def test_a_client_who_was_just_paid_is_not_erased_and_the_reason_is_printed(chain: Chain, client: str) -> None:
    code, text = backbone(chain, "erase", client)

    assert code == 1
    assert "not erased: " in text
    assert "intake: retention-term-runs" in text


def test_nobody_is_erased_who_is_not_known(chain: Chain) -> None:
    code, text = backbone(chain, "erase", "p-00000000000000ff")

    assert (code, "unknown-client" in text) == (1, True)


def test_a_client_is_gathered_from_every_process_into_two_private_files(chain: Chain, client: str, tmp_path: Path) -> None:
    code, text = backbone(chain, "export", client, "--out", str(tmp_path))

    assert code == 0, text
    document, page = tmp_path / f"{client}.json", tmp_path / f"{client}.html"
    told = {each["service"]: each for each in json.loads(document.read_text())["services"]}
    assert (list(told), told["views"]["readings"] != []) == (["intake", "benefits", "handover", "views"], True)
    assert {oct(path.stat().st_mode & 0o777) for path in (document, page)} == {"0o600"}
    assert all(heading in page.read_text() for heading in ("Wie u bent", "Betaald", "Wie uw gegevens heeft bekeken, en waarom"))
