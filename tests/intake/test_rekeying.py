"""The secret behind the index of citizen service numbers is replaced: whole or not at all, and never while intake runs."""

import multiprocessing
import os
from pathlib import Path

import orjson
import pytest

from services import rekeying
from services.contracts.codec import published
from services.eventlog.sqlite import SqliteLog
from services.intake import likeness
from services.intake.bodies import HouseholdBody
from services.intake.desk import BSN, Desk, Hashes, person_of
from services.intake.registration import Registration
from services.intake.rekeying import NotRekeyed, Rekeying
from services.recovery.alone import Alone, InUse
from services.rekeying import rekey_bsn
from services.settings import Settings
from services.vault.keyed_hash import KeyedHash, SecretChanged, bind, secret_at
from services.vault.replacing import is_pending
from services.vault.sqlite_keys import SqliteKeys
from services.vault.vault import SEALED, Vault
from tests.intake.stories import People, asked, household_body, member_body

FORK = multiprocessing.get_context("forkserver")
KILLED = 9
FORK.set_forkserver_preload(["services.rekeying"])


class Intake:
    """Intake on files, with three persons."""

    def __init__(self, data: Path) -> None:
        self.settings, self.folder, self.people = Settings(data=data), data / "intake", People()
        self.numbers = [self.people.bsn() for _ in range(3)]
        self.secret = self.folder / "secrets" / "bsn"
        self.opens()
        for number in self.numbers:
            body = HouseholdBody.model_validate_json(orjson.dumps(household_body(member_body(number))))
            self.log.submit(Registration(self.desk, asked(f"register-{number}"), body).work()).result(5)
        self.closes()

    def opens(self) -> None:
        self.log = SqliteLog("intake", self.folder / "log.sqlite", published())
        self.keys = SqliteKeys(self.folder / "keys.sqlite")
        hashes = Hashes(KeyedHash(secret_at(self.secret)), KeyedHash(b"a" * 32))
        self.desk = Desk(Vault(self.keys), hashes, self.people.new_ref, likeness.installed())

    def starts(self) -> None:
        """As `serve intake` does; raises `SecretChanged`."""
        self.opens()
        bind(self.log, BSN, self.desk.hashes.bsn)

    def closes(self) -> None:
        self.log.close()
        self.keys.close()

    def found(self) -> int:
        return sum(person_of(self.log, self.desk.hashes, number) is not None for number in self.numbers)


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    made = Intake(tmp_path)
    made.starts()
    made.closes()
    return made


def dies(data: str, point: str) -> None:
    """Rekey in a process that ends by itself before or after its commit, or before the new secret is in place."""

    def end(*_: object) -> None:
        os._exit(KILLED)

    owner, name = (Rekeying, "_verify") if point == "before-commit" else (rekeying, "take_place")
    setattr(owner, name, end)
    rekeying.rekey_bsn(Settings(data=Path(data)))


def killed(intake: Intake, point: str) -> None:
    child = FORK.Process(target=dies, args=(str(intake.settings.data), point))
    child.start()
    child.join(60)
    assert child.exitcode == KILLED


def test_everybody_is_found_under_the_new_secret(intake: Intake) -> None:
    before = intake.secret.read_bytes()

    assert rekey_bsn(intake.settings) == 3
    intake.starts()
    assert (intake.found(), intake.secret.read_bytes() != before) == (3, True)
    intake.closes()


def test_no_byte_of_the_old_secret_or_index_is_left(intake: Intake) -> None:
    intake.opens()
    old = [intake.secret.read_bytes(), *(key.encode() for key, _ in intake.log.kept_all(BSN))]
    intake.closes()
    rekey_bsn(intake.settings)

    written = b"".join(path.read_bytes() for path in intake.folder.rglob("*") if path.is_file())
    assert [value for value in old if value in written] == []


def test_again_is_another_secret_and_everybody_is_still_found(intake: Intake) -> None:
    assert (rekey_bsn(intake.settings), rekey_bsn(intake.settings)) == (3, 3)
    intake.starts()
    assert intake.found() == 3
    intake.closes()


def test_while_intake_runs_it_is_refused(intake: Intake) -> None:
    alone = Alone(intake.folder)
    with pytest.raises(InUse):
        rekey_bsn(intake.settings)
    alone.close()


def test_a_number_that_cannot_be_opened_changes_nothing(intake: Intake) -> None:
    intake.opens()
    (ref, row), *_ = intake.log.kept_all(SEALED)
    intake.log.submit(lambda tx: tx.keep(SEALED, ref, row[:-1] + b"?")).result(5)
    intake.closes()
    with pytest.raises(NotRekeyed, match="damaged"):
        rekey_bsn(intake.settings)
    intake.starts()
    assert intake.found() == 3
    intake.closes()


def test_killed_before_its_commit_the_old_secret_still_counts(intake: Intake) -> None:
    killed(intake, "before-commit")
    intake.starts()
    assert intake.found() == 3
    intake.closes()
    assert (rekey_bsn(intake.settings), is_pending(intake.secret)) == (3, False)


def test_killed_after_its_commit_intake_waits_until_the_secret_is_in_place(intake: Intake) -> None:
    killed(intake, "after-commit")
    with pytest.raises(SecretChanged):
        intake.starts()
    intake.closes()
    assert rekey_bsn(intake.settings) == 3
    intake.starts()
    assert intake.found() == 3
    intake.closes()
