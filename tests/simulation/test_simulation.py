"""Simulated histories hold every invariant, whatever a seed draws, and a seed is one history for ever."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from deploy.simulation.faults import KINDS
from deploy.simulation.history import history

ROOT = Path(__file__).parents[2]
HISTORIES = 2_000


@pytest.mark.timeout(900)
def test_histories_hold_every_invariant_among_faults_that_all_struck() -> None:
    struck = Counter[str]()
    for seed in range(HISTORIES):
        struck += history(seed).struck
    assert struck.keys() == KINDS.keys()


def test_a_seed_is_one_history_whatever_the_process() -> None:
    argv = [sys.executable, "-m", "deploy.simulation", "1", "--seed", "7"]
    said = [
        subprocess.run(argv, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hashing}, check=True, capture_output=True).stdout.split(
            b"digest"
        )[1]
        for hashing in ("1", "2")
    ]
    assert said[0] == said[1]
