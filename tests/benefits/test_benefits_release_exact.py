"""A release counts every decision once, also one that was taken before a restore, and holds dwellings only where the rules say so."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from services.benefits.allowance_rules import installed
from services.benefits.completing import complete
from services.benefits.portions import SYSTEM
from services.benefits.release import DWELLINGS, Releasement, made_good
from services.benefits.request import Stuck
from services.benefits.run_commands import CompleteRelease
from services.benefits.run_state import Released, Releasing
from services.contracts.benefits import AllowanceGranted, AllowanceRefused, ClaimReserved, LedgerReserved
from services.contracts.codec import published
from services.contracts.runs import RunPrepared, RunReleased
from services.eventlog.log import Answer
from services.eventlog.memory import MemoryLog
from tests.benefits.a_region import NOW, Home, Region, region
from tests.benefits.test_benefits_after_restore import Backup, backed_up, positions, restored

RULES = installed()[0]


@dataclass
class Told:
    """Two households who get an allowance and one who is refused, decided; the run with its backup from before the release."""

    region: Region
    after: Region
    run: str
    backup: Backup


@pytest.fixture
def told(tmp_path: Path) -> Told:
    made = region(tmp_path)
    made.knows(Home(1), Home(2), Home(3, income_cents=900_000))
    run = made.prepares()
    backup = backed_up(made)
    made.approves(run)
    made.releases(run)
    without = range(positions(made, RunReleased)[0], 10_000)
    return Told(made, restored(made, backup, tmp_path, without), run, backup)


def test_what_was_decided_before_a_restore_is_counted_by_the_decisions_themselves(told: Told) -> None:
    told.after.works()
    state = told.after.office.run(told.run)

    assert isinstance(state, Released)
    assert (state.released.granted, state.released.refused, state.released.withheld) == (2, 1, 0)
    assert (state.released.total_cents, len(told.after.facts(AllowanceGranted)), len(told.after.facts(AllowanceRefused))) == (260_000, 2, 1)


def test_a_release_says_how_far_it_is(told: Told) -> None:
    seen: list[int] = []
    run = told.after.office.run(told.run)
    assert isinstance(run, Releasing)
    Releasement(told.after.log, told.after.office.manifests, lambda: NOW).release(run, seen.append)

    assert seen[-1] == 3


def test_what_stands_beside_a_grant_is_put_there_again_by_the_service_for_the_run_that_granted_it(told: Told, tmp_path: Path) -> None:
    lost = (positions(told.region, LedgerReserved)[-1], positions(told.region, ClaimReserved)[-1])
    after = restored(told.region, told.backup, tmp_path / "again", (*lost, *range(positions(told.region, RunReleased)[0], 10_000)))
    made_good(after.log, told.region.office.manifests, _prepared(told), lambda: NOW)
    (put,) = (
        record
        for record in after.log.after(0, 10_000)
        if record.type == LedgerReserved.TYPE and record.command_id.endswith(":reserve-again")
    )

    assert (put.actor, put.correlation_id, len(after.facts(LedgerReserved))) == (SYSTEM, told.run, 2)


def _prepared(told: Told) -> RunPrepared:
    return next(fact for fact in told.region.facts(RunPrepared) if fact.run_ref == told.run)


def test_a_line_that_cannot_be_decided_stops_the_release_with_its_reason(told: Told) -> None:
    release = Releasement(told.after.log, told.after.office.manifests, lambda: NOW)
    with pytest.raises(Stuck) as stuck:
        release._decision(Answer("refused", "s", 1, 1, "erased"))

    assert stuck.value.reason == "erased"


@pytest.mark.parametrize(("applies", "held"), [(True, 2), (False, 0)])
def test_a_dwelling_is_held_only_where_the_rules_give_one_allowance_to_each(tmp_path: Path, held: int, *, applies: bool) -> None:
    rule = RULES.one_per_dwelling.model_copy(update={"applies": applies})
    made = region(tmp_path, rules=[RULES.model_copy(update={"one_per_dwelling": rule})])
    made.knows(Home(1), Home(2), Home(3, income_cents=900_000))
    made.pays_out()

    assert len(list(made.log.kept_all(DWELLINGS))) == held


def test_a_release_that_nobody_ordered_is_not_completed() -> None:
    with pytest.raises(Stuck) as stuck:
        complete(MemoryLog("benefits", published()), CompleteRelease("run-1", 1, 0, 0, 100, 0), NOW)

    assert stuck.value.reason == "not-released"
