"""What a backup holds: every file with its size and SHA-256, and the position that its log had reached."""

import os
from collections.abc import Iterator
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

NAME = "inventory.json"


class Unusable(Exception):
    """A backup that may not be put back; the text names everything that is wrong with it."""


class Copied(BaseModel):
    """One file, by its place in the backup."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(pattern=r"^(service|bank|processing)/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")
    size: int
    sha256: str


class Inventory(BaseModel):
    """A backup of one service, taken at a moment (UTC) at which its log had this head."""

    model_config = ConfigDict(frozen=True)

    service: str
    taken_at: datetime
    head: int
    files: tuple[Copied, ...]


def copied(root: Path) -> tuple[Copied, ...]:
    """Every file under `root` but the inventory itself."""
    return tuple(Copied(path=name, size=(root / name).stat().st_size, sha256=digest(root / name)) for name in sorted(_names(root)))


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _names(root: Path) -> Iterator[str]:
    for folder, _, files in os.walk(root):
        for file in files:
            name = (Path(folder) / file).relative_to(root).as_posix()
            if name != NAME:
                yield name


def read(root: Path) -> Inventory:
    """The inventory of a backup. Raises `Unusable`."""
    try:
        return Inventory.model_validate_json((root / NAME).read_bytes())
    except (OSError, ValueError) as wrong:
        raise Unusable(f"{root} is no whole backup: its {NAME} cannot be read ({type(wrong).__name__})") from wrong


def _present(root: Path) -> tuple[Copied, ...]:
    try:
        return copied(root)
    except ValueError as wrong:
        raise Unusable(f"{root} holds a file whose name no backup gives: take it out") from wrong


def require_whole(root: Path, service: str) -> Inventory:
    """The inventory, if every file is as it was when it was copied. Raises `Unusable` naming each that is not."""
    inventory = read(root)
    if inventory.service != service:
        raise Unusable(f"{root} is a backup of {inventory.service}, not of {service}")
    expected = {file.path: file for file in inventory.files}
    present = {file.path: file for file in _present(root)}
    wrong = [f"{name} is missing" for name in sorted(expected.keys() - present.keys())]
    wrong += [f"{name} does not belong to it" for name in sorted(present.keys() - expected.keys())]
    wrong += [f"{name} is damaged" for name in sorted(expected.keys() & present.keys()) if expected[name] != present[name]]
    if wrong:
        raise Unusable(f"{root} must not be put back: {'; '.join(wrong)}")
    return inventory
