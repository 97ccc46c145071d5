"""What is sealed can be opened here and nowhere else, and not at all once its owner is erased."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.codec import published
from services.eventlog.log import EventLog, Transaction
from services.eventlog.memory import MemoryLog
from services.eventlog.sqlite import SqliteLog
from services.vault.keys import MemoryKeys
from services.vault.vault import OWNED, SEALED, Unopened, Vault

PERSON = {"bsn": "999990342", "name": "Jannie Testgeval", "birth_date": "1961-06-08"}
json_values = st.dictionaries(st.text(), st.recursive(st.none() | st.integers(-(2**50), 2**50) | st.text(), st.lists), max_size=5)


def seal(log: EventLog, vault: Vault, ref: str, owner: str, value: dict[str, Any], event_id: str = "event-1") -> None:
    log.submit(lambda tx: vault.seal(tx, ref, owner, event_id, value)).result(10)


def erase(log: EventLog, vault: Vault, owner: str) -> None:
    log.submit(lambda tx: vault.erase(tx, owner)).result(10)


def why_unopened(log: EventLog, vault: Vault, ref: str) -> str:
    with pytest.raises(Unopened) as closed:
        vault.open(log, ref)
    return closed.value.reason


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog("intake", published())


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


@given(json_values)
def test_what_is_sealed_is_opened_unchanged(value: dict[str, Any]) -> None:
    log, vault = MemoryLog("intake", published()), Vault(MemoryKeys())

    seal(log, vault, "p-1", "p-1", value)

    assert vault.open(log, "p-1") == value


def test_a_sealed_value_is_not_readable_in_the_log(log: MemoryLog, keys: MemoryKeys) -> None:
    seal(log, Vault(keys), "p-1", "p-1", PERSON)

    row = log.kept(SEALED, "p-1")

    assert row is not None
    assert not any(value.encode() in row for value in PERSON.values())


def test_a_later_value_replaces_an_earlier_one(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)

    seal(log, vault, "p-1", "p-1", {"town": "Heiloo"}, "event-1")
    seal(log, vault, "p-1", "p-1", {"town": "Alkmaar"}, "event-2")

    assert vault.open(log, "p-1") == {"town": "Alkmaar"}


def test_the_same_value_sealed_twice_looks_different(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)

    seal(log, vault, "t-1", "p-1", PERSON)
    seal(log, vault, "t-2", "p-1", PERSON)

    assert (log.kept(SEALED, "t-1") or b"")[-40:] != (log.kept(SEALED, "t-2") or b"")[-40:]


def test_one_owner_has_one_key_for_all_values_and_another_owner_another(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)
    for ref, owner in (("p-1", "p-1"), ("t-1", "p-1"), ("p-2", "p-2")):
        seal(log, vault, ref, owner, PERSON)

    used = [(log.kept(SEALED, ref) or b"").split(b"\n")[1] for ref in ("p-1", "t-1", "p-2")]

    assert used[0] == used[1] != used[2]


def test_a_value_that_was_never_sealed_is_absent(log: MemoryLog, keys: MemoryKeys) -> None:
    assert why_unopened(log, Vault(keys), "p-1") == "absent"


@pytest.mark.parametrize("place", [-1, -20, 25])
def test_a_value_that_was_tampered_with_is_not_opened(log: MemoryLog, keys: MemoryKeys, place: int) -> None:
    vault = Vault(keys)
    seal(log, vault, "p-1", "p-1", PERSON)
    row = bytearray(log.kept(SEALED, "p-1") or b"")
    row[place] ^= 1

    log.submit(lambda tx: tx.keep(SEALED, "p-1", bytes(row))).result(10)

    assert why_unopened(log, vault, "p-1") == "damaged"


def test_a_value_put_in_the_place_of_another_is_not_opened(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)
    seal(log, vault, "t-1", "p-1", {"note": "one"})
    seal(log, vault, "t-2", "p-1", {"note": "two"})

    log.submit(lambda tx: tx.keep(SEALED, "t-1", tx.kept(SEALED, "t-2") or b"")).result(10)

    assert why_unopened(log, vault, "t-1") == "damaged"


def test_an_erased_owner_cannot_be_read_also_from_a_copy_of_the_log(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)
    seal(log, vault, "p-1", "p-1", PERSON)
    copy = log.kept(SEALED, "p-1") or b""

    erase(log, vault, "p-1")

    assert why_unopened(log, vault, "p-1") == "absent"
    log.submit(lambda tx: tx.keep(SEALED, "p-1", copy)).result(10)
    assert why_unopened(log, vault, "p-1") == "erased"


def test_erasing_takes_every_value_of_the_owner_and_none_of_another(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)
    for ref, owner in (("p-1", "p-1"), ("t-1", "p-1"), ("p-2", "p-2")):
        seal(log, vault, ref, owner, PERSON)

    erase(log, vault, "p-1")

    assert [ref for ref, _ in log.kept_all(SEALED)] == ["p-2"]
    assert vault.open(log, "p-2") == PERSON


def test_erasing_again_or_an_unknown_owner_changes_nothing(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)
    seal(log, vault, "p-1", "p-1", PERSON)

    for owner in ("p-1", "p-1", "p-2"):
        erase(log, vault, owner)

    assert log.kept_all(SEALED) == []


def test_nothing_is_sealed_again_for_an_erased_owner(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)
    seal(log, vault, "p-1", "p-1", PERSON)
    erase(log, vault, "p-1")

    with pytest.raises(Unopened, match="erased"):
        seal(log, vault, "t-1", "p-1", {"note": "late"})

    assert log.kept_all(SEALED) == []


def test_a_transaction_that_fails_leaves_at_most_an_unused_key(log: MemoryLog, keys: MemoryKeys) -> None:
    vault = Vault(keys)

    def crash(tx: Transaction) -> None:
        vault.seal(tx, "p-1", "p-1", "event-1", PERSON)
        raise OSError("the power went")

    assert isinstance(log.submit(crash).exception(10), OSError)
    assert log.kept_all(SEALED) == log.kept_all(OWNED) == []
    seal(log, vault, "p-1", "p-1", PERSON)
    assert vault.open(log, "p-1") == PERSON


def test_a_key_taken_for_a_failed_transaction_is_never_given_to_another_owner(log: MemoryLog, keys: MemoryKeys) -> None:
    vault, rows = Vault(keys), list[bytes]()

    def crash(tx: Transaction) -> None:
        vault.seal(tx, "p-1", "p-1", "event-1", PERSON)
        rows.append(tx.kept(SEALED, "p-1") or b"")
        raise OSError("the power went")

    log.submit(crash).exception(10)
    seal(log, vault, "p-2", "p-2", PERSON)

    assert rows[0].split(b"\n")[1] != (log.kept(SEALED, "p-2") or b"").split(b"\n")[1]


def test_after_a_restart_known_owners_are_read_and_new_ones_get_fresh_keys(tmp_path: Path, keys: MemoryKeys) -> None:
    before = SqliteLog("intake", tmp_path / "intake.sqlite", published())
    seal(before, Vault(keys), "p-1", "p-1", PERSON)
    before.close()

    log, vault = SqliteLog("intake", tmp_path / "intake.sqlite", published()), Vault(keys)
    seal(log, vault, "p-2", "p-2", {"name": "Ander"})

    assert (vault.open(log, "p-1"), vault.open(log, "p-2")) == (PERSON, {"name": "Ander"})
    assert log.kept(OWNED, "p-1") != log.kept(OWNED, "p-2")
    log.close()
