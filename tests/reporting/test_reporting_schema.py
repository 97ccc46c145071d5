"""Schema files are applied once, in order, and never change afterwards; one process at a time has the store."""

import subprocess
import sys
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from services.settings import Settings
from streams.reporting.schema import FOLDER, SchemaDiffers, migrate, migrations
from streams.reporting.store import StoreAway, folder_of, is_embedded, location, open_store, passing


def numbered(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.removeprefix('f')}.sql").write_text(text)
    return folder


ONE = """-- a comment
CREATE TABLE IF NOT EXISTS one (a UInt8) ENGINE = MergeTree ORDER BY a;
CREATE OR REPLACE VIEW two AS SELECT a FROM one;
"""


def test_files_are_applied_once_and_in_order(client: Client) -> None:
    assert migrate(client) == []
    applied = [name for (name,) in client.query("SELECT name FROM migrations FINAL ORDER BY number").result_rows]
    assert applied == sorted(path.name for path in FOLDER.glob("*.sql"))


def test_a_store_opened_again_needs_nothing(client: Client, where: str) -> None:
    client.close()
    again = open_store(where)
    assert migrate(again) == []
    again.close()


def test_a_changed_file_is_refused_by_name_and_nothing_is_applied(where: str, tmp_path: Path) -> None:
    client, folder = open_store(where), numbered(tmp_path / "schema", f0001_one=ONE)
    assert migrate(client, folder) == ["0001_one.sql"]
    numbered(folder, f0001_one=ONE + "-- changed\n", f0002_two="CREATE TABLE IF NOT EXISTS three (a UInt8) ENGINE = Memory;\n")
    with pytest.raises(SchemaDiffers, match=r"0001_one\.sql was changed"):
        migrate(client, folder)
    assert client.command("EXISTS three") == 0
    client.close()


def test_a_file_of_a_newer_release_is_missed_by_name(where: str, tmp_path: Path) -> None:
    client, folder = open_store(where), numbered(tmp_path / "schema", f0001_one=ONE, f0002_two=ONE)
    migrate(client, folder)
    (folder / "0002_two.sql").unlink()
    with pytest.raises(SchemaDiffers, match=r"0002_two\.sql was applied by a newer release"):
        migrate(client, folder)
    client.close()


def test_a_crash_inside_a_file_is_healed_by_the_next_start(where: str, tmp_path: Path) -> None:
    client, folder = open_store(where), numbered(tmp_path / "schema", f0001_one=ONE + "SELECT throwIf(1);\n")
    with pytest.raises(DatabaseError):
        migrate(client, folder)
    numbered(folder, f0001_one=ONE)
    assert migrate(client, folder) == ["0001_one.sql"]
    client.close()


@pytest.mark.parametrize("files", [{"f0002_two": ONE}, {"f0001_one": ONE, "f0001_two": ONE}])
def test_numbers_without_gap_or_double(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(SchemaDiffers, match="was expected"):
        migrations(numbered(tmp_path / "schema", **files))


def test_every_statement_can_be_repeated() -> None:
    for migration in migrations():
        for statement in migration.statements:
            assert "IF NOT EXISTS" in statement or "OR REPLACE" in statement, (migration.name, statement[:60])


def test_a_second_process_is_told_who_has_the_store(client: Client, where: str) -> None:
    assert client.command("SELECT 1") == 1
    code = f"from streams.reporting.store import open_store; open_store({where!r})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env={"PYTHONPATH": "."})
    assert ended.returncode == 1
    assert f"StoreLocked: the embedded ClickHouse in {folder_of(where)} is open in another process (PID: " in ended.stderr


def test_a_server_that_does_not_answer_is_away() -> None:
    with pytest.raises(StoreAway):
        open_store("http://127.0.0.1:1")


def test_the_store_lies_in_the_data_folder_unless_a_server_is_set(tmp_path: Path) -> None:
    assert location(Settings(data=tmp_path)) == f"chdb://{tmp_path / 'clickhouse'}"
    assert location(Settings(data=tmp_path, clickhouse="https://figures:8443")) == "https://figures:8443"
    assert [is_embedded(one) for one in ("chdb:///x", "https://figures:8443")] == [True, False]


def test_a_folder_that_cannot_be_made_is_no_passing_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        open_store(f"chdb://{tmp_path / 'file' / 'clickhouse'}")


@pytest.mark.parametrize("code", [159, 241, 243, 252])
def test_a_full_disk_or_memory_passes(code: int) -> None:
    assert isinstance(passing(DatabaseError("x", code=code)), StoreAway)


def test_a_lost_connection_passes_and_a_wrong_type_does_not() -> None:
    assert isinstance(passing(OperationalError("x")), StoreAway)
    wrong = DatabaseError("x", code=53)
    assert passing(wrong) is wrong
