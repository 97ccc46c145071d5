"""The desk of the examples."""

from pathlib import Path

import pytest

from services.web.in_process import InProcess
from tests.web.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def visitor(desk: Desk) -> InProcess:
    return desk.visitor()
