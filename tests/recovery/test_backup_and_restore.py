"""A copy of a service, and putting it back: whole, checked, marked, and never over something that is there."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services.contracts.codec import published
from services.contracts.handover import BatonOpened
from services.eventlog.log import Answer, Origin, Transaction
from services.eventlog.restored import generation, mark_of
from services.eventlog.sqlite import SqliteLog
from services.recovery import placing
from services.recovery.alone import Alone, InUse, LogGone, require_log
from services.recovery.backup import Place, back_up, prune
from services.recovery.inventory import Unusable, require_whole
from services.recovery.placing import LogThere, put_back
from services.vault.keyed_hash import secret_at
from services.vault.keys import KeyDestroyed
from services.vault.sqlite_keys import SqliteKeys

NOW = datetime(2024, 3, 1, 3, 0, tzinfo=UTC)
HOLD = """
import sys
from pathlib import Path
from services.recovery.alone import Alone
alone = Alone(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


class House:
    """Benefits on disk, with a file of every kind."""

    def __init__(self, folder: Path) -> None:
        self.place, self.copies = Place(folder / "data", "benefits"), folder / "copies"
        self.keys = SqliteKeys(self.place.folder / "keys.sqlite")
        self.key, self.other = self.keys.issue(2)
        secret_at(self.place.folder / "secrets" / "account")
        for path in ("benefits/manifests/aa.ndjson", "bank/out/run-1.xml", "bank/in/bb.xml", "processing/benefits/processing.ndjson"):
            (self.place.data / path).parent.mkdir(parents=True, exist_ok=True)
            (self.place.data / path).write_text(path)
        self.facts(3)
        Alone(self.place.folder).close()

    def opened(self) -> SqliteLog:
        return SqliteLog("benefits", self.place.folder / "log.sqlite", published())

    def facts(self, number: int) -> None:
        log = self.opened()
        for _ in range(number):
            tell(log)
        log.close()

    def loses_its_log(self) -> None:
        for path in self.place.folder.glob("log.sqlite*"):
            path.unlink()


def tell(log: SqliteLog) -> None:
    client = f"p-{log.head()}"
    fact = BatonOpened(client=client, municipality="GM0361", organisation="r", team_ref="t", contact_person="s-1", on=date(2024, 1, 1))
    origin = Origin("s-1", client, NOW, client)

    def work(tx: Transaction) -> None:
        tx.append([fact], origin, {})
        tx.remember(origin, b"", Answer("accepted", f"handover/baton/{client}", 1, tx.head()))

    log.submit(work).result(10)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.keys.close()


def test_a_backup_holds_everything_and_is_for_its_owner_alone(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)

    inventory = require_whole(backup, "benefits")
    assert inventory.head == 3
    assert [file.path for file in inventory.files] == [
        "bank/in/bb.xml",
        "bank/out/run-1.xml",
        "processing/benefits/processing.ndjson",
        "service/keys.sqlite",
        "service/log.sqlite",
        "service/manifests/aa.ndjson",
        "service/secrets/account",
    ]
    modes = {path.stat().st_mode & 0o777 for path in (backup, *backup.rglob("*")) if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (backup, *backup.rglob("*")) if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_a_backup_is_one_moment_of_a_log_that_is_being_written(house: House) -> None:
    log, stop = house.opened(), threading.Event()

    def writing() -> None:
        while not stop.is_set():
            tell(log)

    writer = threading.Thread(target=writing)
    writer.start()
    backups = [back_up(house.place, house.copies, NOW + timedelta(seconds=n)) for n in range(4)]
    stop.set()
    writer.join(30)
    log.close()

    for backup in backups:
        with closing(sqlite3.connect(backup / "service" / "log.sqlite")) as copy:
            counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM commands)"
            facts, answers = copy.execute(counts).fetchone()
        assert facts == answers == require_whole(backup, "benefits").head


def test_what_was_put_back_is_what_was_copied_and_carries_the_mark(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    shutil.rmtree(house.place.data)

    put_back(house.place, backup, NOW, set_aside=False)

    log = house.opened()
    mark = mark_of(log)
    assert (log.head(), mark.phase if mark else "", mark.backup_position if mark else 0) == (3, "reading-back", 3)
    log.close()
    assert (house.place.data / "bank/out/run-1.xml").read_text() == "bank/out/run-1.xml"
    assert SqliteKeys(house.place.folder / "keys.sqlite").secret(house.key.key_id) == house.key.secret


def test_each_restore_reads_the_others_facts_anew(house: House) -> None:
    backup, names = back_up(house.place, house.copies, NOW), set()
    for day in range(2):
        house.loses_its_log()
        put_back(house.place, backup, NOW + timedelta(days=day), set_aside=False)
        log = house.opened()
        names.add(generation(log))
        log.close()

    assert len(names) == 2


def test_a_log_that_is_there_is_never_overwritten(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    house.facts(2)

    with pytest.raises(LogThere, match="--set-aside"):
        put_back(house.place, backup, NOW, set_aside=False)

    log = house.opened()
    assert (log.head(), mark_of(log)) == (5, None)
    log.close()


def test_a_log_that_is_set_aside_is_kept_whole(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    house.facts(2)

    done = put_back(house.place, backup, NOW, set_aside=True)

    assert done.set_aside is not None
    aside = SqliteLog("benefits", done.set_aside / "log.sqlite", published())
    assert aside.head() == 5
    aside.close()


@pytest.mark.parametrize("path", ["service/log.sqlite", "service/keys.sqlite", "bank/out/run-1.xml"])
def test_a_damaged_file_is_named_and_nothing_is_put_back(house: House, path: str) -> None:
    backup = back_up(house.place, house.copies, NOW)
    house.loses_its_log()
    content = bytearray((backup / path).read_bytes())
    content[len(content) // 2] ^= 1
    (backup / path).write_bytes(content)

    with pytest.raises(Unusable, match=f"{path} is damaged"):
        put_back(house.place, backup, NOW, set_aside=False)

    assert not (house.place.folder / "log.sqlite").exists()


def test_missing_and_foreign_files_are_named_together(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    (backup / "bank/in/bb.xml").unlink()
    (backup / "bank/in/cc.xml").write_text("whose?")

    with pytest.raises(Unusable, match=r"bank/in/bb.xml is missing; bank/in/cc.xml does not belong to it"):
        require_whole(backup, "benefits")


def test_a_copy_that_was_torn_off_is_no_backup_and_the_next_one_removes_it(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    torn = house.copies / f".draft-{backup.name}"
    backup.rename(torn)
    (torn / "inventory.json").unlink()

    with pytest.raises(Unusable, match="no whole backup"):
        put_back(house.place, torn, NOW, set_aside=True)
    back_up(house.place, house.copies, NOW)

    assert not torn.exists()


def test_a_backup_of_another_service_is_refused(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)

    with pytest.raises(Unusable, match="of benefits, not of intake"):
        put_back(Place(house.place.data, "intake"), backup, NOW, set_aside=False)


def test_a_backup_under_another_secret_is_refused(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    house.loses_its_log()
    (house.place.folder / "secrets" / "account").write_bytes(b"x" * 32)

    with pytest.raises(Unusable, match="another secret"):
        put_back(house.place, backup, NOW, set_aside=False)


def test_a_running_service_is_not_restored(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    argv = [sys.executable, "-c", HOLD, str(house.place.folder)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        with pytest.raises(InUse, match=f"in use by process {holder.pid}"):
            put_back(house.place, backup, NOW, set_aside=True)
        holder.communicate()

    assert put_back(house.place, backup, NOW, set_aside=True).set_aside is not None


def test_a_key_destroyed_since_the_backup_stays_destroyed(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    house.keys.destroy(house.key.key_id)
    house.loses_its_log()

    put_back(house.place, backup, NOW, set_aside=False)

    with pytest.raises(KeyDestroyed):
        house.keys.secret(house.key.key_id)
    assert house.keys.secret(house.other.key_id) == house.other.secret


def test_a_store_of_keys_that_was_begun_after_the_disaster_gets_those_of_the_backup(house: House) -> None:
    backup = back_up(house.place, house.copies, NOW)
    house.loses_its_log()
    for path in house.place.folder.glob("keys.sqlite*"):
        path.unlink()
    anew = SqliteKeys(house.place.folder / "keys.sqlite")
    [own] = anew.issue(1)

    put_back(house.place, backup, NOW, set_aside=False)

    assert [anew.secret(key.key_id) for key in (house.key, own)] == [house.key.secret, own.secret]
    anew.close()


@pytest.mark.parametrize("after", range(7))
def test_a_restore_that_breaks_off_leaves_no_log_and_goes_on_when_asked_again(
    house: House, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, done = back_up(house.place, house.copies, NOW), list[str]()
    shutil.rmtree(house.place.data)
    put_file = placing._put_file

    def breaking(place: Place, source: Path, path: str) -> None:
        if len(done) == after:
            raise ConnectionError
        done.append(path)
        put_file(place, source, path)

    with monkeypatch.context() as broken:
        broken.setattr(placing, "_put_file", breaking)
        with pytest.raises(ConnectionError):
            put_back(house.place, backup, NOW, set_aside=False)
    assert not (house.place.folder / "log.sqlite").exists()

    put_back(house.place, backup, NOW, set_aside=False)

    log = house.opened()
    assert mark_of(log) is not None
    log.close()


def test_a_service_whose_log_is_gone_does_not_begin_anew(house: House, tmp_path: Path) -> None:
    require_log(tmp_path / "never-here-before")
    require_log(house.place.folder)
    house.loses_its_log()

    with pytest.raises(LogGone, match="backbone restore"):
        require_log(house.place.folder)


def test_keys_live_in_backups_for_thirty_days(house: House) -> None:
    old, young = (back_up(house.place, house.copies, NOW - timedelta(days=days)) for days in (31, 29))
    unreadable = house.copies / "benefits-unreadable"
    unreadable.mkdir()
    of_intake = house.copies / old.name.replace("benefits", "intake")
    shutil.copytree(old, of_intake)

    assert prune(house.copies, "benefits", NOW) == [old]
    assert sorted(house.copies.iterdir()) == sorted([young, unreadable, of_intake])


def test_there_is_nothing_to_copy_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing to back up"):
        back_up(Place(tmp_path, "intake"), tmp_path / "copies", NOW)
