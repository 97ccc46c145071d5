"""The systems that the backbone is compared with live in an environment of their own, made once, exactly as locked."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = ROOT / "deploy" / "locks" / "bench.txt"
"""eventsourcing and Quix Streams, which wants an older pydantic than the backbone."""

_VENV_SECONDS: Final = 120
_INSTALL_SECONDS: Final = 300
_TAIL: Final = 300


class PeersAway(RuntimeError):
    """The peers could not be installed here; the text says why. Figures then stand without their peer."""


class Peers:
    """Their environment, under `folder`; a changed lock is another environment."""

    def __init__(self, folder: Path, lock: Path = LOCK) -> None:
        self._folder, self._lock = folder, lock
        self._away: PeersAway | None = None

    def python(self) -> Path:
        """The environment's Python, made when it is not there yet; raises `PeersAway`, at once when it was raised before."""
        if self._away is not None:
            raise self._away
        try:
            return self._python()
        except (OSError, subprocess.SubprocessError) as failure:
            self._away = PeersAway(_why(failure))
            raise self._away from failure

    def _python(self) -> Path:
        place = self._folder / f"peers-{hashlib.sha256(self._lock.read_bytes()).hexdigest()[:12]}"
        python, finished = place / "bin" / "python", place / ".finished"
        if not finished.exists():
            shutil.rmtree(place, ignore_errors=True)
            _run([sys.executable, "-I", "-m", "venv", str(place)], _VENV_SECONDS)
            quiet = ("--quiet", "--progress-bar", "off", "--disable-pip-version-check", "--no-input")
            locked = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(self._lock))
            _run([str(python), "-I", "-m", "pip", "install", *quiet, *locked], _INSTALL_SECONDS)
            finished.touch()
        return python


def _run(argv: list[str], limit_seconds: int) -> None:
    subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit_seconds, check=True)


def _why(failure: Exception) -> str:
    said = failure.stderr if isinstance(failure, subprocess.CalledProcessError) else str(failure)
    return " ".join(said.split())[-_TAIL:]
