"""Killed before or after any step of an erasure, the same is asked again and nothing is left; every byte on disk is looked at."""

import multiprocessing
from collections.abc import Sequence
from pathlib import Path

import orjson

from services.contracts.codec import published
from services.eventlog.log import Transaction
from services.eventlog.memory import MemoryLog
from services.intake.applications import application
from services.intake.bodies import ApplicationBody
from services.intake.desk import BSN
from services.intake.erasure import Erased
from services.vault.erasure import is_erased
from services.vault.vault import SEALED, Vault
from tests.erasure.erasing_process import KILLED, closes, erase, on_files
from tests.erasure.region import Region
from tests.erasure.test_erasing import APPLICATION, long_gone

SERVICES = ("intake", "benefits", "handover")
SAMPLE = (5, 18, 29)
"""Of the points that an erasure passes; `python -m tests.erasure` dies at each."""

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.erasure.erasing_process"])


def runs(folder: Path, client: str, dies_at: int) -> int | None:
    child = FORK.Process(target=erase, args=(str(folder), client, dies_at))
    child.start()
    child.join(60)
    return child.exitcode


def prepared(folder: Path) -> str:
    """A client on files, with a note and an account."""
    region = on_files(folder)
    client = region.registers()
    body = ApplicationBody.model_validate_json(orjson.dumps({**APPLICATION, "client": client}))
    region.does("intake", application(region.desk, region.asked(), body))
    region.carries()
    region.binds(client)
    closes(region)
    return client


def sealed(folder: Path) -> list[bytes]:
    """Every ciphertext, and every key that seals one, as they lie on disk."""
    region = on_files(folder)
    rows = [row for log in region.logs.values() for _, row in log.kept_all(SEALED)]
    keys = {row.split(b"\n", 3)[1].decode() for row in rows}
    secrets = [vault._keys.secret(key) for vault in region.vaults.values() for key in keys if _has(vault, key)]
    closes(region)
    return [*(row.split(b"\n", 3)[3] for row in rows), *secrets]


def _has(vault: Vault, key: str) -> bool:
    try:
        vault._keys.secret(key)
    except Exception:  # noqa: BLE001 - a key of another service
        return False
    return True


def left(folder: Path, secrets: Sequence[bytes]) -> list[str]:
    """The files in which any of these bytes stands."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return sorted({path.name for path, content in files.items() for secret in secrets if secret in content})


def dies_and_goes_on(folder: Path, point: int) -> bool:
    """Whether it was killed at this point; whatever came of that, the next attempt leaves nothing."""
    client = prepared(folder)
    secrets = sealed(folder)
    assert left(folder, secrets) != []
    died = runs(folder, client, point) == KILLED
    assert runs(folder, client, 0) == 0
    region = on_files(folder)
    assert (isinstance(region.erasure(client), Erased), region.logs["intake"].kept_all(BSN)) == (True, [])
    closes(region)
    assert left(folder, secrets) == []
    return died


def test_killed_at_any_step_the_next_attempt_leaves_nothing(tmp_path: Path) -> None:
    died = [dies_and_goes_on(tmp_path / str(point), point) for point in SAMPLE]

    assert died == [True] * len(SAMPLE)


def test_a_key_that_went_before_its_rows_is_no_obstacle(tmp_path: Path) -> None:
    region = Region(tmp_path)
    client = long_gone(region)
    region.vaults["intake"]._keys.destroy(region.logs["intake"].kept("vault-owner", client).split(b"\n")[0].decode())  # type: ignore[union-attr]  # it owns rows

    assert isinstance(region.erases(client), Erased)
    assert region.logs["intake"].kept_all(BSN) == []


def test_a_backup_from_before_is_erased_again_by_what_kafka_tells(tmp_path: Path) -> None:
    region = Region(tmp_path)
    client = long_gone(region)
    head, beside = region.logs["intake"].head(), dict(region.logs["intake"]._contents.beside)  # type: ignore[attr-defined]  # in memory
    vault = region.vaults["intake"]._keys._secrets.copy()  # type: ignore[attr-defined]  # in memory
    region.erases(client)
    restored = MemoryLog("intake", published())
    restored._contents.beside.update(beside)
    region.vaults["intake"]._keys._secrets.update(vault)  # type: ignore[attr-defined]  # in memory

    def back(tx: Transaction) -> None:
        records = region.logs["intake"].after(0, 1_000)
        for record in records:
            tx.take_back(record)
        region.eraser.note(tx, [published().from_record("intake", record) for record in records[head:]])

    restored.submit(back).result(5)
    assert (is_erased(restored, client), restored.kept_all(BSN), restored.kept_all(SEALED)) == (True, [], [])
