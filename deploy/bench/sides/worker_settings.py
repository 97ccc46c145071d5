"""Settings of a worker whose contact view is empty, as `backbone rebuild` leaves it."""

import os
import subprocess
import sys
from pathlib import Path

from services.ports import free_port
from services.settings import Settings
from streams import contact_view

REBUILD_SECONDS = 60


def emptied(bootstrap: str, data: Path) -> Settings:
    """Settings on a data folder, after the operators' own way to begin a view again: Kafka may know it from another figure."""
    told = {"BACKBONE_DATA": str(data), "BACKBONE_KAFKA": bootstrap, "BACKBONE_VIEWS_PORT": str(free_port())}
    argv = [sys.executable, "-m", "services.cli", "rebuild", contact_view.VIEW.name]
    subprocess.run(argv, env={**os.environ, **told}, stdout=subprocess.DEVNULL, timeout=REBUILD_SECONDS, check=True)
    return Settings.read(told)
