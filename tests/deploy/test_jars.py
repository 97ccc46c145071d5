"""No Kafka jar is used that is not byte for byte the locked one."""

import shutil
from pathlib import Path

import pytest
from jgo.env import LockedDependency
from jgo.maven import MavenContext

from deploy.broker.jars import LOCK, JarsRefused, _bring, cache_folder, class_path, locked

NEEDLE = "org.slf4j", "slf4j-api"


@pytest.fixture
def entry() -> LockedDependency:
    """One real entry of the committed lock."""
    return next(entry for entry in locked(LOCK) if (entry.groupId, entry.artifactId) == NEEDLE)


@pytest.fixture
def jar(entry: LockedDependency, tmp_path: Path) -> Path:
    """Its jar, in a cache of the test."""
    class_path(cache_folder())
    found = next(cache_folder().glob(f"*.{entry.artifactId}-{entry.version}.jar"))
    (tmp_path / "cache").mkdir()
    return Path(shutil.copy(found, tmp_path / "cache"))


@pytest.fixture
def lock(entry: LockedDependency, tmp_path: Path) -> Path:
    """A lock of that entry alone."""
    return write_lock(tmp_path, entry.version, f'sha256 = "{entry.sha256}"')


def write_lock(folder: Path, version: str, checksum: str) -> Path:
    path = folder / "small.lock"
    entry = f'[[dependencies]]\ngroupId = "{NEEDLE[0]}"\nartifactId = "{NEEDLE[1]}"\nversion = "{version}"\npackaging = "jar"\n{checksum}\n'
    path.write_text(entry, encoding="utf-8")
    return path


def test_the_committed_lock_pins_every_jar_of_kafka_4_1_and_names_no_address() -> None:
    entries = {f"{entry.groupId}:{entry.artifactId}": entry.version for entry in locked(LOCK)}
    assert {version[:4] for name, version in entries.items() if name.startswith("org.apache.kafka:")} == {"4.1."}
    assert {"org.apache.kafka:kafka_2.13", "org.apache.kafka:kafka-clients", "org.apache.logging.log4j:log4j-slf4j-impl"} <= entries.keys()
    assert "://" not in LOCK.read_text(encoding="utf-8")


def test_a_locked_jar_is_used(jar: Path, lock: Path) -> None:
    assert class_path(jar.parent, lock) == str(jar)


def test_a_jar_with_one_bit_turned_is_found(jar: Path, lock: Path) -> None:
    content = bytearray(jar.read_bytes())
    content[1_000] ^= 1
    jar.write_bytes(content)
    with pytest.raises(JarsRefused, match=r"org\.slf4j:slf4j-api:\S+ has sha256 .* remove .*slf4j-api.*\.jar and start again"):
        class_path(jar.parent, lock)


def test_a_jar_that_was_cut_off_is_found(jar: Path, lock: Path) -> None:
    jar.write_bytes(jar.read_bytes()[:-1])
    with pytest.raises(JarsRefused, match="has sha256"):
        class_path(jar.parent, lock)


@pytest.mark.parametrize("checksum", ["", 'sha256 = ""', 'sha256 = "dc52cb"'])
def test_an_entry_without_a_whole_sha256_is_refused(tmp_path: Path, checksum: str) -> None:
    lock = write_lock(tmp_path, "1.7.36", checksum)
    with pytest.raises(JarsRefused, match=r"no sha256 for org\.slf4j:slf4j-api:1\.7\.36"):
        class_path(tmp_path / "cache", lock)


def test_a_lock_without_entries_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.lock").write_text("", encoding="utf-8")
    with pytest.raises(JarsRefused, match="no sha256 for anything"):
        class_path(tmp_path / "cache", tmp_path / "empty.lock")


def test_a_fetched_jar_that_is_not_the_locked_one_never_enters_the_cache(entry: LockedDependency, tmp_path: Path) -> None:
    shelf = tmp_path / "mirror" / "org" / "slf4j" / "slf4j-api" / entry.version
    shelf.mkdir(parents=True)
    (shelf / f"slf4j-api-{entry.version}.jar").write_bytes(b"something else")
    context = MavenContext(repo_cache=tmp_path / "incoming", local_repos=[tmp_path / "mirror"], offline=True)
    cache = tmp_path / "cache"
    with pytest.raises(JarsRefused, match="has sha256"):
        _bring(context, cache, entry)
    assert not cache.exists()
