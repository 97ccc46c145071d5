"""Each command that dealt with somebody's data has one line, whatever stops in between, and no command waits for it."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.access import clerk as module
from services.access.clerk import Clerk
from services.access.lookups import lookups
from services.access.processing_lines import Act, Processing
from services.access.processing_log import ProcessingLog, ProcessingLogUnavailable
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.erasure import HandoverClientErased, HandoverErasureCalledOff
from services.contracts.handover import ContactPersonAssigned
from services.contracts.teams import TeamFormed
from services.eventlog.log import Origin
from services.eventlog.memory import MemoryLog

AT = datetime(2024, 2, 15, 9, tzinfo=UTC)
ASSIGNED: dict[str, Any] = {"municipality": "GM0361", "team_ref": "team-1", "contact_person": "s-1", "on": AT.date(), "reason": "caseload"}


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog("handover", published())


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[ProcessingLog]:
    with closing(ProcessingLog(tmp_path)) as opened:
        yield opened


def about(client: str) -> Event:
    return ContactPersonAssigned(client=client, **ASSIGNED)


def commanded(log: MemoryLog, *events: Event) -> None:
    origin = Origin("s-0042", f"clients/p-1/x:{log.head()}", AT, "c")
    log.submit(lambda tx: tx.append(list(events), origin, {})).result(5)


def whole(log: MemoryLog, lines: ProcessingLog) -> None:
    """A start of the service, and every round."""
    clerk = Clerk(log, lines)
    clerk.resume()
    while clerk.round():
        pass
    assert clerk.waiting() == 0


def told(folder: Path) -> list[tuple[int, str]]:
    found = [json.loads(text)["attributes"] for text in (folder / "processing.ndjson").read_text().splitlines()]
    return [(each["dpl.backbone.position"], each["dpl.core.data_subject_id"]) for each in found]


def test_a_command_has_a_line_for_each_client_and_none_for_a_team(log: MemoryLog, lines: ProcessingLog, tmp_path: Path) -> None:
    team = TeamFormed(team_ref="team-1", municipality="GM0361", organisation="werk", on=date(2024, 2, 1))
    commanded(log, team, about("p-1"), about("p-2"), about("p-1"))
    commanded(log, about("p-1"))

    whole(log, lines)

    assert told(tmp_path) == [(2, "p-1"), (3, "p-2"), (5, "p-1")]


def test_a_line_names_what_was_recorded_and_nobody_of_the_staff(log: MemoryLog, lines: ProcessingLog, tmp_path: Path) -> None:
    commanded(log, about("p-1"))
    whole(log, lines)

    (line,) = [json.loads(text) for text in (tmp_path / "processing.ndjson").read_text().splitlines()]
    assert (line["name"], line["status_code"], line["start_time"]) == (
        "record-contact-person-assigned",
        "STATUS_CODE_OK",
        "2024-02-15T09:00:00.000Z",
    )
    assert "s-0042" not in json.dumps(line)
    assert (tmp_path / "audit.ndjson").read_text() == ""


def test_what_became_of_an_erasure_is_in_the_audit_log(log: MemoryLog, lines: ProcessingLog, tmp_path: Path) -> None:
    gone: dict[str, Any] = {"client": "p-1", "municipality": "GM0361", "erasure": 1}
    commanded(log, about("p-1"))
    commanded(log, HandoverErasureCalledOff(**gone))
    commanded(log, HandoverClientErased(**gone, erased_on=AT.date()))
    whole(log, lines)

    audited = [json.loads(text) for text in (tmp_path / "audit.ndjson").read_text().splitlines()]
    assert [(line["actor"], line["action"], line["object"], line["result"]) for line in audited] == [
        ("s-0042", "erase-client", "p-1", "called off"),
        ("s-0042", "erase-client", "p-1", "erased"),
    ]


def test_commands_are_no_readings_of_a_client(log: MemoryLog, lines: ProcessingLog, tmp_path: Path) -> None:
    commanded(log, about("p-1"))
    whole(log, lines)
    lines.record(Processing("urn:backbone:processing-activity:read-baton", "p-1", "0" * 32, AT, AT, "ok"), "s-1").result(5)

    assert [lookup.activity.rpartition(":")[2] for lookup in lookups(tmp_path, "p-1")] == ["read-baton"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from(["p-1", "p-2", "p-3"]), min_size=1, max_size=6), max_size=6), st.lists(st.integers(0, 8), max_size=4)
)
def test_wherever_it_stops_each_line_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, commands: list[list[str]], stops: list[int]
) -> None:
    log, folder = MemoryLog("handover", published()), tmp_path_factory.mktemp("lines")
    for clients in commands:
        commanded(log, *map(about, clients))
    for facts in [*stops, 500]:
        with closing(ProcessingLog(folder)) as lines, pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "FACTS_A_ROUND", max(1, facts))
            clerk = Clerk(log, lines)
            clerk.resume()
            clerk.round()

    whole_again(log, folder)
    first = {(number, client): None for number, clients in enumerate(commands) for client in clients}
    assert [client for _, client in told(folder)] == [client for _, client in first]


def whole_again(log: MemoryLog, folder: Path) -> None:
    with closing(ProcessingLog(folder)) as lines:
        whole(log, lines)


def test_while_lines_cannot_be_written_they_wait_and_none_is_left_out(log: MemoryLog, lines: ProcessingLog, tmp_path: Path) -> None:
    commanded(log, about("p-1"), about("p-2"))
    failing = Failing(lines)
    clerk = Clerk(log, failing)  # type: ignore[arg-type]  # all that is used of it

    with pytest.raises(ProcessingLogUnavailable):
        clerk.round()
    assert clerk.waiting() == 2
    failing.write = lines.record_commands
    clerk.round()
    assert (told(tmp_path), clerk.waiting()) == ([(1, "p-1"), (2, "p-2")], 0)


class Failing:
    """A processing log on a full disk."""

    def __init__(self, lines: ProcessingLog) -> None:
        self.folder = lines.folder
        self.write: Callable[[Sequence[Processing]], Future[str]] = self._full

    def record_commands(self, commands: Sequence[Processing], _acts: Sequence[Act] = ()) -> "Future[str]":
        return self.write(commands)

    def _full(self, _commands: Sequence[Processing]) -> "Future[str]":
        failed: Future[str] = Future()
        failed.set_exception(ProcessingLogUnavailable("OSError"))
        return failed


def test_after_a_restore_facts_that_took_the_place_of_lost_ones_have_lines_too(
    log: MemoryLog, lines: ProcessingLog, tmp_path: Path
) -> None:
    for client in ("p-1", "p-2", "p-3"):
        commanded(log, about(client))
    whole(log, lines)
    restored = MemoryLog("handover", published())
    for record in log.after(0, 1):
        restored.submit(lambda tx, record=record: tx.take_back(record)).result(5)  # type: ignore[misc]  # a default binds it
    commanded(restored, about("p-8"))
    commanded(restored, about("p-9"))

    whole(restored, lines)

    assert told(tmp_path)[3:] == [(2, "p-8"), (3, "p-9")]
