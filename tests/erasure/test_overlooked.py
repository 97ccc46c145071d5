"""Who was registered before the clock looked at anybody is looked at too, once, also where the start of intake is broken off."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.eventlog.log import Due, EventLog
from services.intake import overlooked
from services.intake.client import stream_of
from services.intake.overlooked import END_OF_TIME, look_at_all
from services.intake.settling import RETENTION
from services.vault.erasure import is_erased
from tests.erasure.region import YEARS, Region


@pytest.fixture
def region(tmp_path: Path) -> Region:
    return Region(tmp_path)


def days(log: EventLog) -> list[Due]:
    return [due for due in log.due(END_OF_TIME, 1_000) if due.kind == RETENTION]


def known_of_old(region: Region) -> str:
    """A client without a day on which anybody looks."""
    client = region.registers()
    region.logs["intake"].submit(lambda tx: tx.unschedule(stream_of(client), RETENTION)).result(5)
    return client


def test_who_has_no_day_gets_one_and_is_erased_when_nobody_needs_them(region: Region) -> None:
    client = known_of_old(region)
    region.passes(5 * YEARS)
    before = is_erased(region.logs["intake"], client)

    count = look_at_all(region.logs["intake"])

    region.passes(timedelta(0))
    assert (before, count, is_erased(region.logs["intake"], client)) == (False, 1, True)


def test_the_day_is_a_year_after_the_last_fact_and_a_second_start_changes_nothing(region: Region) -> None:
    client, other = known_of_old(region), region.registers()
    (has_one,) = days(region.logs["intake"])
    region.time += 5 * YEARS

    assert [look_at_all(region.logs["intake"]) for _ in range(2)] == [1, 0]
    assert {due.stream: due.at for due in days(region.logs["intake"])} == {stream_of(client): has_one.at, stream_of(other): has_one.at}


def test_who_was_erased_is_not_looked_at_again(region: Region) -> None:
    client = region.registers()
    region.passes(2 * YEARS)

    assert is_erased(region.logs["intake"], client)
    assert (look_at_all(region.logs["intake"]), days(region.logs["intake"])) == (0, [])


def test_a_start_that_is_broken_off_leaves_the_rest_to_the_next(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    log = region.logs["intake"]
    for _ in range(3):
        known_of_old(region)
    monkeypatch.setattr(overlooked, "PERSONS_TOGETHER", 2)
    broken = Doomed(log)

    with pytest.raises(KeyboardInterrupt):
        look_at_all(broken)  # type: ignore[arg-type]  # all that is used of a log

    assert (len(days(log)), look_at_all(log), len(days(log))) == (2, 1, 3)


class Doomed:
    """A log that takes one transaction, after which the process is killed."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._left = log, 1
        self.due, self.kept, self.kept_all = log.due, log.kept, log.kept_all

    def submit(self, work: object) -> object:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return self._log.submit(work)  # type: ignore[arg-type]  # handed on
