"""What an operator reads when `backbone` cannot begin."""

import os
import subprocess
import sys

import pytest

SECONDS = 60
NOWHERE = "/proc/no-such-folder"


@pytest.mark.parametrize("command", ["serve intake", "worker", "verify"])
def test_a_data_folder_that_cannot_be_used_is_named_and_nothing_hangs(command: str) -> None:
    backbone = (sys.executable, "-m", "services.cli", *command.split())
    environment = os.environ | {"BACKBONE_DATA": NOWHERE, "BACKBONE_KAFKA": "127.0.0.1:1"}
    ended = subprocess.run(backbone, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert NOWHERE in ended.stderr
    assert "let BACKBONE_DATA name a folder" in ended.stderr
