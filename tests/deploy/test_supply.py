"""Each check of what the product is made of is shown a case that it must refuse."""

import shutil
import subprocess
from importlib.metadata import PathDistribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from deploy.supply import advisories, bill, house_rules, leaks, locks
from deploy.supply.advisories import Told

ROOT = Path(__file__).parents[2]
PRIVATE_KEY = "-----BEGIN RSA PRIVATE" + " KEY-----"
TOKEN = "ghp_" + "a1B2" * 9


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the steps read."""
    for name in ("deploy/locks", "deploy/broker"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in house_rules.ROOMS:
        (tmp_path / room).mkdir()
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, timeout=20)  # noqa: S607 - as the step asks git
    return tmp_path


def plant(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def pin_of(name: str) -> str:
    """How a package stands in the lock."""
    lines = (ROOT / "deploy" / "locks" / "run.txt").read_text(encoding="utf-8").splitlines()
    return next(line.split(" ")[0] for line in lines if line.startswith(f"{name}=="))


def test_the_locks_of_this_checkout_are_right(checkout: Path) -> None:
    assert list(locks.faults(checkout)) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("requests>=2", "pins no package"),
        ("requests", "pins no package"),
        ("git+https://example.org/requests", "pins no package"),
        ("https://example.org/requests-1-py3-none-any.whl", "pins no package"),
        ("--index-url https://example.org/simple", "pins no package"),
        ("-e .", "pins no package"),
        ("strange==1", "strange has no sha256"),
        ("strange==1 \\\n    --hash=md5:" + "0" * 32, "pins no package"),
    ],
)
def test_a_line_that_does_not_pin_to_the_byte_is_refused(checkout: Path, line: str, said: str) -> None:
    lock = checkout / "deploy" / "locks" / "run.txt"
    lock.write_text(f"{line}\n{lock.read_text()}", encoding="utf-8")
    assert any(said in fault and fault.startswith("run.txt, line ") for fault in locks.faults(checkout))


def test_a_package_that_is_asked_for_and_not_locked_is_refused(checkout: Path) -> None:
    plant(checkout / "pyproject.toml", '"httpx>=0.28"', '"httpx>=99"')
    assert "run.txt does not lock httpx>=99, which pyproject.toml asks for: run deploy/lock" in list(locks.faults(checkout))


def test_another_version_than_the_locked_one_is_refused(checkout: Path) -> None:
    plant(checkout / "deploy" / "locks" / "dev.txt", pin_of("lxml"), "lxml==1.0")
    found = list(locks.faults(checkout))
    assert any(fault.startswith("lxml is locked at 1.0, installed is ") for fault in found)
    assert any(fault.startswith("run.txt has lxml") for fault in found)


def test_a_jar_without_its_sha256_is_refused(checkout: Path) -> None:
    plant(checkout / "deploy" / "broker" / "jars.lock", 'sha256 = "', 'sha256 = "x')
    assert any("no sha256 for" in fault for fault in locks.faults(checkout))


BINDING = [
    "AGPL-3.0-only",
    "GPL-3.0-or-later",
    "GNU General Public License v3 (GPLv3)",
    "SSPL-1.0",
    "no licence at all",
    "MIT AND AGPL-3.0",
]
FREE = [
    "MIT",
    "Apache-2.0 OR BSD-3-Clause",
    "LGPL-2.1-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)",
    "MPL-2.0 AND MIT",
]


@pytest.mark.parametrize("said", BINDING)
def test_a_licence_that_binds_or_that_nobody_knows_is_refused(said: str) -> None:
    assert not locks.may_be_used("strange", said)


@pytest.mark.parametrize("said", FREE)
def test_a_licence_that_asks_nothing_of_us_is_allowed(said: str) -> None:
    assert locks.may_be_used("strange", said)


def test_the_bill_names_every_locked_package_and_jar_and_is_the_same_each_time(checkout: Path) -> None:
    text = bill.made(checkout)
    purls = {component["purl"] for component in orjson.loads(text)["components"]}
    assert {f"pkg:pypi/{pin_of('lxml').replace('==', '@')}", f"pkg:pypi/{pin_of('kafka-python').replace('==', '@')}"} <= purls
    assert any(purl.startswith("pkg:maven/org.apache.kafka/") for purl in purls)
    assert (list(bill.against_schema(text)), bill.made(checkout)) == ([], text)


@pytest.mark.parametrize(("old", "new"), [('"name"', '"nam"'), ('"SHA-256"', '"SHA-257"'), ('"library"', '"libary"')])
def test_a_bill_that_breaks_the_standard_is_refused(checkout: Path, old: str, new: str) -> None:
    assert any("breaks its schema" in fault for fault in bill.against_schema(bill.made(checkout).replace(old, new)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"key = '''{PRIVATE_KEY}\n'''", "Private Key"),
        (f"token = '{TOKEN}'", "GitHub Token"),
        ("password" + " = 'hunter2-and-more'", "Secret Keyword"),
    ],
)
def test_a_secret_in_a_file_is_found_and_not_repeated(checkout: Path, text: str, kind: str) -> None:
    (checkout / "settings.py").write_text(f"# settings\n{text}\n", encoding="utf-8")
    (found,) = [fault for fault in leaks.faults(checkout) if fault.startswith("settings.py")]
    assert found.startswith(f"settings.py, line 2: {kind}")
    assert TOKEN not in found


def test_a_secret_that_git_would_not_take_is_nobodys(checkout: Path) -> None:
    (checkout / ".gitignore").write_text("data/\n", encoding="utf-8")
    (checkout / "data").mkdir()
    (checkout / "data" / "key.py").write_text(f"x = '{TOKEN}'\n", encoding="utf-8")
    assert [fault for fault in leaks.faults(checkout) if fault.startswith("data/")] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("logger.info('asked for %s', bsn)", "bsn in a log line"),
        ("logger.warning(f'{household.address.postcode} moved')", "postcode in a log line"),
        ("logger.error('no account', extra={'iban': body['iban']})", "iban in a log line"),
        ("COMMANDS.labels(service, person.birth_date.isoformat()).inc()", "birth_date as the label of a metric"),
        ("raise ValueError(f'{iban} is not an IBAN')", "iban in an exception"),
        ("answer = future.result()", "result() waits for ever"),
        ("thread.join()", "join() waits for ever"),
        ("stopped.wait()", "wait() waits for ever"),
    ],
)
def test_a_line_that_breaks_a_rule_of_the_house_is_refused(checkout: Path, line: str, said: str) -> None:
    (checkout / "services" / "new.py").write_text(f"def f():\n    {line}\n", encoding="utf-8")
    (fault,) = house_rules.faults(checkout)
    assert fault.startswith(f"services/new.py, line 2: {said}")


@pytest.mark.parametrize(
    "line",
    [
        "logger.info('asked for %s', client_ref)",
        "logger.info('%d digits', len(bsn))",
        "raise ValueError('not an IBAN')",
        "future.result(30.0)",
        "thread.join(timeout=5)",
        "', '.join(names)",
    ],
)
def test_a_line_that_breaks_no_rule_is_left_alone(line: str) -> None:
    assert list(house_rules.in_text("services/new.py", f"def f():\n    {line}\n")) == []


def test_weaknesses_are_told_and_so_is_what_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [Told("jinja2", "2.11.2", ("PYSEC-2021-66",), None), Told("lxml", "6", (), "not found")]
    monkeypatch.setattr(advisories, "asked", lambda _pins: answer)
    assert list(advisories.faults(ROOT)) == [
        "jinja2 2.11.2 has PYSEC-2021-66: lock a version that has not",
        "lxml is not known to be without weakness: it could not be asked for",
    ]


def test_advisories_that_were_not_reached_are_no_good_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advisories, "asked", lambda pins: [Told(pin, "", (), None) for pin in pins])
    assert list(advisories.faults(ROOT)) == [
        "no advisories were reached (they come from pypi.org): whether a locked package has a known weakness is NOT KNOWN"
    ]


def test_the_answer_of_pip_audit_is_read() -> None:
    answer = (
        '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1"}]}, {"name": "b", "skip_reason": "away"}], "fixes": []}'
    )
    assert advisories.told_by(answer) == [Told("a", "1", ("X-1",), None), Told("b", "", (), "away")]


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ({"license_expression": "AGPL-3.0-only", "classifier": ["License :: OSI Approved :: MIT License"]}, "AGPL-3.0-only"),
        ({"license": "Copyright (c) Somebody", "classifier": ["License :: OSI Approved :: BSD License"]}, "BSD License"),
        ({"license": "MIT License\n\nPermission is granted"}, "MIT License"),
        ({}, "no licence at all"),
    ],
)
def test_the_licence_of_a_package_is_the_first_word_that_says_something(told: dict[str, object], licence: str) -> None:
    class Package(PathDistribution):
        @property
        def metadata(self) -> Any:  # noqa: ANN401 - as importlib has it
            return SimpleNamespace(json=told)

    assert locks.licence(Package(Path())) == licence
