"""What every key store promises, on disk as in memory."""

import stat
from pathlib import Path

import pytest

from services.vault.keys import KEY_BYTES, KeyDestroyed, KeyStore, MemoryKeys
from services.vault.sqlite_keys import SqliteKeys


@pytest.fixture(params=["memory", "sqlite"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return MemoryKeys() if request.param == "memory" else SqliteKeys(tmp_path / "keys.sqlite")


def test_an_issued_key_is_found_by_its_id(keys: KeyStore) -> None:
    key_id, secret = keys.issue(1)[0]

    assert keys.secret(key_id) == secret


def test_every_key_differs_from_every_other(keys: KeyStore) -> None:
    issued = [*keys.issue(600), *keys.issue(600)]

    assert len({key.key_id for key in issued}) == 1_200
    assert len({key.secret for key in issued}) == 1_200


def test_a_key_is_an_aes_256_key(keys: KeyStore) -> None:
    assert [len(key.secret) for key in keys.issue(3)] == [KEY_BYTES] * 3


def test_a_destroyed_key_is_gone_and_the_others_stay(keys: KeyStore) -> None:
    destroyed, kept = keys.issue(2)

    keys.destroy(destroyed.key_id)

    assert keys.secret(kept.key_id) == kept.secret
    with pytest.raises(KeyDestroyed):
        keys.secret(destroyed.key_id)


def test_destroying_a_key_again_changes_nothing(keys: KeyStore) -> None:
    (key,) = keys.issue(1)

    keys.destroy(key.key_id)
    keys.destroy(key.key_id)

    with pytest.raises(KeyDestroyed):
        keys.secret(key.key_id)


def test_a_key_that_was_never_issued_is_not_there(keys: KeyStore) -> None:
    with pytest.raises(KeyDestroyed):
        keys.secret("k-0000000000000000")


def test_a_key_does_not_show_itself(keys: KeyStore) -> None:
    (key,) = keys.issue(1)

    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)


def test_keys_on_disk_survive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    first = SqliteKeys(path)
    (key,) = first.issue(1)
    first.close()

    again = SqliteKeys(path)

    assert again.secret(key.key_id) == key.secret
    again.close()


def test_keys_on_disk_are_readable_by_the_service_alone(tmp_path: Path) -> None:
    keys = SqliteKeys(tmp_path / "keys.sqlite")
    keys.issue(1)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {0o600}
    keys.close()


def test_a_destroyed_key_leaves_no_bytes_in_its_files(tmp_path: Path) -> None:
    keys = SqliteKeys(tmp_path / "keys.sqlite")
    destroyed, kept = keys.issue(2)

    keys.destroy(destroyed.key_id)

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept.secret in written
    assert destroyed.secret not in written
    keys.close()
