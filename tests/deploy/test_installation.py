"""One command makes the environment exactly as locked, and only when something changed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "deploy" / "locks").glob("*.txt"))

BACKEND = """
import zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n")
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "tiny"\nversion = "1"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without libraries, at a path with a space in it."""
    root = tmp_path / "my work"
    (root / "deploy" / "locks").mkdir(parents=True)
    for name in ("prepare", "installation.py"):
        shutil.copy(ROOT / "deploy" / name, root / "deploy")
    for lock in ("run", "dev", "schemas"):
        (root / "deploy" / "locks" / f"{lock}.txt").write_text("# nothing\n", encoding="utf-8")
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (root / "backend.py").write_text(BACKEND, encoding="utf-8")
    return root


def begin(checkout: Path, kind: str = "run") -> subprocess.Popen[str]:
    return subprocess.Popen([checkout / "deploy" / "prepare", kind], stderr=subprocess.PIPE, text=True)


def said(preparation: subprocess.Popen[str]) -> str:
    text = preparation.communicate(timeout=90)[1]
    assert preparation.returncode == 0, text
    return text


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_two_preparations_at_once_make_one_environment_and_a_third_says_nothing(checkout: Path) -> None:
    both = [begin(checkout), begin(checkout)]
    assert {said(each).partition(" with")[0] for each in both} == {
        "deploy/prepare: making .venv",
        "deploy/prepare: waiting for another deploy/prepare\n",
    }
    assert said(begin(checkout)) == ""


def test_a_changed_lock_is_installed_and_dev_stays_dev(checkout: Path) -> None:
    said(begin(checkout, "dev"))
    (checkout / "deploy" / "locks" / "dev.txt").write_text("# nothing more\n", encoding="utf-8")
    again = said(begin(checkout, "run"))
    assert "locked packages of dev.txt" in again
    assert "making .venv" not in again


def test_a_checkout_that_moved_gets_a_new_environment(checkout: Path) -> None:
    said(begin(checkout))
    moved = checkout.rename(checkout.parent / "elsewhere")
    assert "making .venv" in said(begin(moved))


def test_a_preparation_that_was_cut_off_starts_over(checkout: Path) -> None:
    stamp = checkout / ".venv" / ".prepared.json"
    stamp.parent.mkdir()
    (stamp.parent / "half").touch()
    stamp.write_text(f'{{"kind": "run", "place": "{checkout / ".venv"}", "state": "unfinished"}}', encoding="utf-8")
    assert "making .venv" in said(begin(checkout))
    assert not (stamp.parent / "half").exists()


def test_a_wheel_that_is_not_the_locked_one_is_refused(checkout: Path) -> None:
    wheel = checkout / "tiny-1-py3-none-any.whl"
    subprocess.run([sys.executable, "-c", f"{BACKEND}\nbuild_editable({str(checkout)!r})"], check=True, timeout=30)
    (checkout / "deploy" / "locks" / "run.txt").write_text(f"tiny @ {wheel.as_uri()} --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    preparation = begin(checkout)
    text = preparation.communicate(timeout=90)[1]
    assert (preparation.returncode, "DO NOT MATCH THE HASHES" in text) == (1, True)


def test_without_python_the_message_says_what_is_needed(tmp_path: Path) -> None:
    dirname = shutil.which("dirname")
    assert dirname
    (tmp_path / "dirname").symlink_to(dirname)
    ended = subprocess.run(
        ["/bin/sh", ROOT / "deploy" / "prepare", "run"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, "no Python 3.11 or newer" in ended.stderr) == (1, True)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^#.*\n", "", text)) if "==" in entry)
    assert pins(lock)


def test_the_development_lock_holds_all_of_the_run_lock() -> None:
    run, dev = (pins(ROOT / "deploy" / "locks" / f"{kind}.txt") for kind in ("run", "dev"))
    assert run.items() <= dev.items()
    assert "pytest" not in run
