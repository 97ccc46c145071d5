"""mutmut lies in a folder of its own, exactly as locked: it wants a click that Faust does not take."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = ROOT / "deploy" / "locks" / "mutants.txt"

_INSTALL_SECONDS: Final = 300


def library() -> Path:
    """The folder to put before all others on `PYTHONPATH`, made when it is not there yet; a changed lock is another folder."""
    place = ROOT / ".mutmut" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    if not (place / ".finished").exists():
        shutil.rmtree(place, ignore_errors=True)
        quiet = ("--quiet", "--progress-bar", "off", "--disable-pip-version-check", "--no-input")
        locked = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK))
        argv = [sys.executable, "-I", "-m", "pip", "install", *quiet, *locked, "--target", str(place)]
        subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=_INSTALL_SECONDS, check=True)
        (place / ".finished").touch()
    return place
