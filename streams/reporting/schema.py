"""Tables and views of ClickHouse come from numbered files, each applied once and recorded with its hash."""

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from clickhouse_connect.driver.client import Client

FOLDER: Final = Path(__file__).parent / "schema"

_RECORD: Final = """
CREATE TABLE IF NOT EXISTS migrations
(
    number UInt16 COMMENT 'Number of the file',
    name String COMMENT 'Name of the file',
    sha256 String COMMENT 'Hash of its bytes when it was applied',
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'Moment of applying'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY number
COMMENT 'Schema files that were applied'
"""


class SchemaDiffers(RuntimeError):
    """A file that was applied has changed or is gone, or files do not count 1, 2, 3; the text names the file."""


class Migration(NamedTuple):
    """One numbered file."""

    number: int
    name: str
    sha256: str
    statements: tuple[str, ...]


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Files `0001_<name>.sql` in order; raises `SchemaDiffers` when a number is missing or double."""
    found = [_read(path) for path in sorted(folder.glob("*.sql"))]
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise SchemaDiffers(f"schema file {migration.name} stands where number {expected:04} was expected")
    return found


def _read(path: Path) -> Migration:
    content = path.read_bytes()
    lines = (line for line in content.decode().splitlines() if not line.startswith("--"))
    statements = tuple(part.strip() for part in "\n".join(lines).split(";\n") if part.strip())
    last = (statements[-1].removesuffix(";"),) if statements else ()
    return Migration(int(path.name[:4]), path.name, hashlib.sha256(content).hexdigest(), statements[:-1] + last)


def migrate(client: Client, folder: Path = FOLDER) -> list[str]:
    """Apply what was not applied yet; the names of the files applied now.

    Every statement can be repeated, so a crash inside a file is healed by applying the file again.
    Raises `SchemaDiffers` before anything is applied.
    """
    client.command(_RECORD)
    wanted = migrations(folder)
    applied = {
        int(number): (str(name), str(sha256))
        for number, name, sha256 in client.query("SELECT number, name, sha256 FROM migrations FINAL").result_rows
    }
    _require_same(wanted, applied)
    fresh = [migration for migration in wanted if migration.number not in applied]
    for migration in fresh:
        for statement in migration.statements:
            client.command(statement)
        client.insert("migrations", [[migration.number, migration.name, migration.sha256]], column_names=["number", "name", "sha256"])
    return [migration.name for migration in fresh]


def _require_same(wanted: list[Migration], applied: dict[int, tuple[str, str]]) -> None:
    present = {migration.number: migration for migration in wanted}
    for number, (name, sha256) in sorted(applied.items()):
        if number not in present:
            raise SchemaDiffers(f"schema file {name} was applied by a newer release and is not in this one")
        if present[number].sha256 != sha256:
            raise SchemaDiffers(f"schema file {present[number].name} was changed after it was applied; write a next number instead")
