"""A hash that finds a person again for who holds the secret, and for nobody else."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from services.contracts.codec import published
from services.eventlog.memory import MemoryLog
from services.vault import keyed_hash
from services.vault.keyed_hash import SECRET_BYTES, KeyedHash, SecretChanged, bind, secret_at

BSN = "999990342"
ONE, OTHER = KeyedHash(b"1" * 32), KeyedHash(b"2" * 32)


def test_the_same_value_has_the_same_hash() -> None:
    assert ONE.of(BSN) == ONE.of(BSN)


def test_another_value_or_another_secret_has_another_hash() -> None:
    assert len({ONE.of(BSN), ONE.of("999999990"), OTHER.of(BSN)}) == 3


def test_a_hash_is_hmac_sha_256() -> None:
    # RFC 4231, test case 2.
    told = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"  # pragma: allowlist secret - the standard's own
    assert KeyedHash(b"Jefe").of("what do ya want for nothing?") == told


def test_a_secret_does_not_show_itself() -> None:
    assert "1111" not in repr(ONE)


def test_a_secret_is_drawn_once_and_readable_by_the_service_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "bsn"

    first, again = secret_at(path), secret_at(path)

    assert first == again
    assert len(first) == SECRET_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_two_starts_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    drawn: list[bytes] = []
    starts = [Thread(target=lambda: drawn.append(secret_at(tmp_path / "bsn"))) for _ in range(8)]

    for start in starts:
        start.start()
    for start in starts:
        start.join(10)

    assert len(drawn) == 8
    assert len(set(drawn)) == 1


def test_a_start_that_comes_second_keeps_the_secret_of_the_first(tmp_path: Path) -> None:
    first = secret_at(tmp_path / "bsn")

    keyed_hash._draw(tmp_path / "bsn")

    assert secret_at(tmp_path / "bsn") == first
    assert list(tmp_path.iterdir()) == [tmp_path / "bsn"]


def test_a_file_that_is_no_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bsn").write_bytes(b"short")

    with pytest.raises(ValueError, match="does not hold a secret"):
        secret_at(tmp_path / "bsn")


def test_a_log_goes_on_with_the_secret_that_it_began_with() -> None:
    log = MemoryLog("intake", published())

    bind(log, "bsn", ONE)
    bind(log, "bsn", ONE)
    bind(log, "address", OTHER)


def test_a_log_is_not_opened_under_another_secret() -> None:
    log = MemoryLog("intake", published())
    bind(log, "bsn", ONE)

    with pytest.raises(SecretChanged, match="bsn"):
        bind(log, "bsn", OTHER)
