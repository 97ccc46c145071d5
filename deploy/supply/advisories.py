"""Which locked packages have a known weakness; asks the package index, so it is a step of its own and never silently right."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LIMIT_SECONDS: Final = 300
KNOWN_WEAK: Final = "jinja2==2.11.2"
"""Asked for beside the locks: where nobody knows a weakness of it (CVE-2020-28493), nobody was reached."""

LOCKS: Final = ("run.txt", "schemas.txt", "dev.txt")


@dataclass(frozen=True, slots=True)
class Told:
    """What pip-audit says of one package; `skipped` is why it could not say anything."""

    name: str
    version: str
    weaknesses: tuple[str, ...]
    skipped: str | None


def faults(root: Path) -> Iterator[str]:
    """Weaknesses of locked packages; one sentence where they could not be asked for."""
    if not any(told.weaknesses for told in asked([KNOWN_WEAK])):
        yield "no advisories were reached (they come from pypi.org): whether a locked package has a known weakness is NOT KNOWN"
        return
    for told in asked(sorted(_pinned(root))):
        if told.skipped:
            yield f"{told.name} is not known to be without weakness: it could not be asked for"
        for weakness in told.weaknesses:
            yield f"{told.name} {told.version} has {weakness}: lock a version that has not"


def asked(pins: Sequence[str]) -> list[Told]:
    """What is known of packages, each as `name==version`; nothing where nobody answers."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, answer = Path(folder) / "wanted.txt", Path(folder) / "answer.json"
        wanted.write_text("\n".join(pins), encoding="utf-8")
        options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--output", str(answer))
        argv = [sys.executable, "-m", "pip_audit", "--requirement", str(wanted), *options]
        try:
            subprocess.run(argv, capture_output=True, check=False, timeout=LIMIT_SECONDS)
            return told_by(answer.read_text(encoding="utf-8"))
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return []


def told_by(answer: str) -> list[Told]:
    """Read the JSON of pip-audit."""
    return [
        Told(
            each["name"],
            each.get("version", ""),
            tuple(weakness["id"] for weakness in each.get("vulns", ())),
            each.get("skip_reason"),
        )
        for each in json.loads(answer)["dependencies"]
    ]


def _pinned(root: Path) -> set[str]:
    folder = root / "deploy" / "locks"
    return {line.split()[0] for lock in LOCKS for line in (folder / lock).read_text(encoding="utf-8").splitlines() if "==" in line}
