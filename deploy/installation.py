"""The checkout gets its own virtual environment, exactly as locked, and only when something changed.

Run by `deploy/prepare` with any Python 3.11 or newer; uses the standard library only.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOCKS: Final = {"run": "run.txt", "dev": "dev.txt"}
_SCHEMAS: Final = "schemas.txt"
_WAIT_LIMIT_S: Final = 1_200
_SAID_EVERY: Final = 15
_TAIL_LINES: Final = 30

Stamp = dict[str, str]


class InstallationFailed(RuntimeError):
    """pip or venv gave up; the text has the end of what it said."""


class Checkout:
    """A working copy of the project and the environment inside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.locks = root / "deploy" / "locks"
        self.environment = root / ".venv"
        self.python = self.environment / "bin" / "python"
        self._stamp = self.environment / ".prepared.json"

    def wanted(self, kind: str) -> Stamp:
        """What a finished environment of `kind` (`run` or `dev`) says about itself."""
        return {
            "kind": kind,
            "place": str(self.environment),
            "libraries": _digest(self.locks / _LOCKS[kind], self.locks / _SCHEMAS),
            "project": self._project(),
        }

    def _project(self) -> str:
        """Digest of what an editable install depends on; settings of linters and tests do not count."""
        tables = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        told = [tables.get("build-system"), tables.get("project"), tables.get("tool", {}).get("hatch")]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def found(self) -> Stamp:
        """What the environment says about itself; empty when nobody finished one."""
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def note(self, stamp: Stamp) -> None:
        """Replace the stamp in one step."""
        fresh = self._stamp.with_suffix(".new")
        fresh.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        fresh.replace(self._stamp)

    def works(self) -> bool:
        """Whether the environment's Python still starts; it does not after the system's Python went away."""
        try:
            return subprocess.run([self.python, "-I", "-c", ""], capture_output=True, timeout=30, check=False).returncode == 0
        except OSError:
            return False


def prepare(checkout: Checkout, kind: str) -> None:
    """Bring the environment to what the locks say; `dev` holds all of `run`, so a `dev` environment stays one."""
    kind = "dev" if checkout.found().get("kind") == "dev" else kind
    if checkout.found() == checkout.wanted(kind) and checkout.works():
        return
    with _alone(checkout.locks):
        kind = "dev" if checkout.found().get("kind") == "dev" else kind
        if checkout.found() != checkout.wanted(kind) or not checkout.works():
            _install(checkout, kind)


def _install(checkout: Checkout, kind: str) -> None:
    began = time.monotonic()
    found, wanted = checkout.found(), checkout.wanted(kind)
    if _must_start_over(checkout, found):
        _say(f"making .venv with Python {sys.version.split()[0]}")
        _run([sys.executable, "-I", "-m", "venv", "--clear", str(checkout.environment)])
        found = {}
    checkout.note({"kind": kind, "place": wanted["place"], "state": "unfinished"})
    if found.get("libraries") != wanted["libraries"] or found.get("kind") != kind:
        _install_locked(checkout, _LOCKS[kind])
        _install_locked(checkout, _SCHEMAS)
    _run([*_pip(checkout), "--no-build-isolation", "--editable", str(checkout.root)])
    checkout.note(wanted)
    _say(f".venv is ready, {time.monotonic() - began:.0f} s")


def _must_start_over(checkout: Checkout, found: Stamp) -> bool:
    """True for an environment that is missing, broken, half made, or made where the checkout lay before."""
    moved = found.get("place", str(checkout.environment)) != str(checkout.environment)
    return moved or found.get("state") == "unfinished" or not checkout.works()


def _install_locked(checkout: Checkout, lock: str) -> None:
    """Install wheels whose sha256 is in the lock and nothing else; says how far it is."""
    path = checkout.locks / lock
    total = sum("==" in line and not line.startswith((" ", "#")) for line in path.read_text(encoding="utf-8").splitlines())
    _say(f"{total} locked packages of {lock}")
    seen = 0
    for line in _lines([*_pip(checkout), "--require-hashes", "--only-binary", ":all:", "--requirement", str(path)]):
        if line.startswith(("Collecting ", "Requirement already satisfied: ", "Ignoring ")):
            seen += 1
            if seen % _SAID_EVERY == 0:
                _say(f"  {seen} of {total} fetched")
        elif line.startswith("Installing collected packages"):
            _say("  unpacking")


def _pip(checkout: Checkout) -> list[str]:
    quiet = ("--progress-bar", "off", "--disable-pip-version-check", "--no-input")
    return [str(checkout.python), "-I", "-m", "pip", "install", "--no-deps", *quiet]


def _run(argv: list[str]) -> None:
    for _line in _lines(argv):
        pass


def _lines(argv: list[str]) -> Iterator[str]:
    """Lines that a command says; raises InstallationFailed with the last of them when it fails."""
    said: list[str] = []
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            said.append(line)
            yield line
    if process.returncode:
        raise InstallationFailed("".join(said[-_TAIL_LINES:]))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one preparation at a time; raises InstallationFailed after 20 minutes of waiting."""
    door = os.open(folder, os.O_RDONLY)
    try:
        limit = time.monotonic() + _WAIT_LIMIT_S
        if not (entered := _entered(door)):
            _say("waiting for another deploy/prepare")
        while not (entered or _entered(door)):
            if time.monotonic() > limit:
                raise InstallationFailed("another deploy/prepare did not finish within 20 minutes\n")
            time.sleep(0.5)
        yield
    finally:
        os.close(door)


def _entered(door: int) -> bool:
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _say(text: str) -> None:
    print(f"deploy/prepare: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in _LOCKS:  # noqa: PLR2004  # the program and one word
        sys.exit("usage: deploy/prepare run|dev")
    try:
        prepare(Checkout(Path(__file__).resolve().parents[1]), sys.argv[1])
    except InstallationFailed as failure:
        sys.exit(f"deploy/prepare: the environment was not made\n{failure}")
