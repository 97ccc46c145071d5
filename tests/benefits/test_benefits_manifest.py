"""The lines of a run lie in a file that is named by its content, is whole or not there, and is read by nobody who need not."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from stat import S_IMODE

import pytest

from services.benefits.manifest import ManifestChanged, Manifests, UndecidedLine, write_once
from services.benefits.portions import ANSWER_SECONDS, carry_out, portions
from services.contracts.codec import published
from services.eventlog.log import Answer
from services.eventlog.memory import MemoryLog


def line(number: int) -> UndecidedLine:
    said = {"municipality": "GM0361", "reasons": ("no-application",), "rule_version": "v", "facts_hash": "f"}
    return UndecidedLine(household_ref=f"h-{number}", standing="excluded", **said)  # type: ignore[arg-type]  # as JSON has it


LINES = [line(number) for number in range(1, 6)]


@pytest.fixture
def manifests(tmp_path: Path) -> Manifests:
    return Manifests(tmp_path / "manifests")


def place(tmp_path: Path, digest: str) -> Path:
    return tmp_path / "manifests" / f"{digest}.ndjson"


def test_lines_are_read_as_they_were_written(manifests: Manifests) -> None:
    digest = manifests.write(LINES)

    assert list(manifests.read(digest)) == LINES
    assert manifests.whole(digest)


def test_the_same_lines_have_the_same_name_and_stay_the_same_file(manifests: Manifests, tmp_path: Path) -> None:
    digest = manifests.write(LINES)
    file = place(tmp_path, digest).stat().st_ino

    assert (manifests.write(iter(LINES)), place(tmp_path, digest).stat().st_ino) == (digest, file)
    assert manifests.write(LINES[:4]) != digest


@pytest.mark.parametrize(("after", "limit", "numbers"), [(0, 2, [1, 2]), (2, 2, [3, 4]), (4, 9, [5]), (5, 9, [])])
def test_a_page_holds_the_lines_behind_a_line(manifests: Manifests, after: int, limit: int, numbers: list[int]) -> None:
    digest = manifests.write(LINES)

    assert manifests.page(digest, after, limit) == [line(number) for number in numbers]


def test_lines_that_were_changed_are_not_read(manifests: Manifests, tmp_path: Path) -> None:
    digest = manifests.write(LINES)
    place(tmp_path, digest).write_bytes(b"{}\n")

    assert not manifests.whole(digest)
    with pytest.raises(ManifestChanged, match=digest):
        manifests.read(digest)


def test_lines_that_are_gone_are_not_whole(manifests: Manifests) -> None:
    assert not manifests.whole("0" * 64)


def test_lines_are_for_the_service_and_its_group_alone(manifests: Manifests, tmp_path: Path) -> None:
    file = place(tmp_path, manifests.write(LINES))

    assert (S_IMODE(file.stat().st_mode), S_IMODE(file.parent.stat().st_mode)) == (0o640, 0o700)


def test_a_draft_that_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "er" / "file"
    file.parent.mkdir(parents=True)
    file.with_name(".file.draft").write_text("half")
    write_once(file, b"whole", 0o600)

    assert [each.name for each in file.parent.iterdir()] == ["file"]
    assert (file.read_bytes(), S_IMODE(file.stat().st_mode)) == (b"whole", 0o600)


def test_another_content_takes_the_place_of_the_one_before_and_nothing_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for content in (b"one", b"two"):
        write_once(tmp_path / "deep" / "er" / "file", content, 0o600)

    assert (tmp_path / "deep" / "er" / "file").read_bytes() == b"two"
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_portions_are_in_order_and_the_last_one_is_what_is_left() -> None:
    assert list(portions(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert [len(each) for each in portions(range(1_001))] == [500, 500, 1]


class Waiting(Future[Answer]):
    """Notes how long somebody is ready to wait for it."""

    seconds: float | None = None

    def result(self, timeout: float | None = None) -> Answer:
        self.seconds = timeout
        return super().result(0)


class Slow(MemoryLog):
    """Notes what was submitted, and answers at once."""

    def __init__(self) -> None:
        super().__init__("benefits", published())
        self.futures: list[Waiting] = []

    def submit(self, work):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as the log it stands for
        future = Waiting()
        future.set_result(super().submit(work).result(5))
        self.futures.append(future)
        return future


def works(count: int) -> "Iterator[object]":
    return (lambda _tx, n=number: Answer("accepted", f"s/{n}", n, n) for number in range(count))


def test_answers_come_in_order_and_progress_tells_how_many() -> None:
    log, told = Slow(), list[int]()
    answers = list(carry_out(log, works(1_200), told.append))  # type: ignore[arg-type]  # works of answers alone

    assert [answer.version for answer in answers] == list(range(1_200))
    assert told == [0, 500, 1_000, 1_200]
    assert {future.seconds for future in log.futures} == {ANSWER_SECONDS}


def test_nothing_to_carry_out_is_done_at_once() -> None:
    told = list[int]()

    assert (list(carry_out(MemoryLog("benefits", published()), [], told.append)), told) == ([], [0])
