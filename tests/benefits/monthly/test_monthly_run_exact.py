"""A month is decided as it was prepared, to the last part of each line; what counts, waits or is over is told exactly."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from services.benefits.manifest import EntitledLine, Manifests, WaitingLine
from services.benefits.monthly.ask import Ask, Plan
from services.benefits.monthly.condition import Ended, TurnedDown
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.preparing import _counts, _line, _prepared
from services.benefits.monthly.recovery import OpenRecovery, Reduce, recovery_stream
from services.benefits.monthly.releasing import ReleasingMonth
from services.benefits.portions import ANSWER_SECONDS, SYSTEM, carried_out
from services.benefits.request import RunRequest, Stuck
from services.benefits.run_commands import OrderRelease
from services.benefits.run_state import Released, Releasing
from services.contracts.codec import published
from services.contracts.monthly_money import EntitlementHeld
from services.contracts.runs import RunPrepared
from services.eventlog.log import Answer, Origin
from services.eventlog.memory import MemoryLog, MemoryTransaction
from tests.benefits.a_house import House
from tests.benefits.a_region import OFFICER, person
from tests.benefits.monthly.a_month import NORMS, Months, ask
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, apply, circumstances, earns, end, grant
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared
from tests.contracts.examples import EXAMPLES

JAN, FEB, MAY, JUN = (date(2024, month, 1) for month in (1, 2, 5, 6))
NOW = datetime(2024, 2, 15, tzinfo=UTC)
EXAMPLE = next(each for each in EXAMPLES if isinstance(each, RunPrepared))
REQUEST = RunRequest(
    run_ref="run-1",
    scheme="monthly-benefit",
    scheme_year=2024,
    tranche=2,
    intake_position=0,
    decided_on=date(2024, 2, 20),
    promised_on=date(2024, 2, 28),
    prepared_by="s-1",
    kind="month",
    municipalities=(ALKMAAR,),
)


def owing() -> tuple[Months, Ask]:
    """One fine is taken from January; of the other no letter left."""
    months = Months(sends_letters=False).has(apply(), grant(circumstances(holiday="monthly"))).told_of("grant")
    for number in (1, 2):
        months.has(OpenRecovery(f"cl-{number}", CLIENT, ALKMAAR, "fine", 50_000, JAN, "s-1", "dec-1"))
    return months.sends_letter("cl-1", JAN), ask(JAN)


def lowered() -> tuple[Months, Ask]:
    """January was paid and comes to less."""
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(JAN))
    return months.has(earns("2024-01", 50_000)), ask(FEB)


def leaving() -> tuple[Months, Ask]:
    """The holiday allowance is paid at the end."""
    months = Months().has(apply(), grant()).told_of("grant")
    months.decide(ask(JAN))
    return months.has(end(FEB)), ask(JAN, run_ref="run-last")


def waiting_for_a_decision() -> tuple[Months, Ask]:
    return Months().has(apply()), ask(JAN)


def to_be_claimed() -> tuple[Months, Ask]:
    """An advance that its month does not cover."""
    months = Months().has(apply())
    months.decide(ask(JAN))
    return months.has(earns("2024-01", 100_000), grant()).told_of("grant"), ask(JAN, run_ref="run-later")


def to_be_given_back() -> tuple[Months, Ask]:
    months = Months().has(apply(), grant(circumstances(holiday="monthly"))).told_of("grant")
    months.has(OpenRecovery("cl-1", CLIENT, ALKMAAR, "fine", 50_000, JAN, "s-1", "dec-1"))
    months.decide(ask(JAN))
    return months.has(Reduce("cl-1", 0, "ob-1", "objection-upheld", JAN, "s-2", "dec-3")), ask(FEB)


LIVES = [owing, lowered, leaving, waiting_for_a_decision, to_be_claimed, to_be_given_back]


def line_of(months: Months, run: Ask) -> tuple[EntitledLine, Plan]:
    """The line of a client as it is read from a manifest, and the plan that it was made of."""
    due = months.plan(run)
    line = _line(months.client(), due, NORMS)
    assert isinstance(line, EntitledLine)
    return EntitledLine.model_validate_json(line.model_dump_json()), due


def releasing(folder: Path, log: MemoryLog | None = None) -> ReleasingMonth:
    return ReleasingMonth(log or MemoryLog("benefits", published()), Manifests(folder), lambda: NOW)


@pytest.mark.parametrize("life", LIVES)
def test_what_is_decided_at_release_is_the_plan_that_was_prepared(life: Callable[[], tuple[Months, Ask]], tmp_path: Path) -> None:
    months, run = life()
    line, due = line_of(months, run)
    work = releasing(tmp_path)._deciding(line, EXAMPLE)
    command: Any = work.command(None)  # type: ignore[arg-type]  # it reads nothing

    assert sorted(map(repr, command.plan.money)) == sorted(map(repr, due.money))
    assert (command.plan.rights, command.plan.offsets, command.plan.opened) == (due.rights, due.offsets, due.opened)
    assert (work.origin.actor, work.origin.correlation_id) == (SYSTEM, EXAMPLE.run_ref)
    assert (command.run_ref, command.seen_version) == (EXAMPLE.run_ref, months.client().own.version)
    assert line.facts_hash == facts_hash([each.facts_hash for each in due.money])


def test_the_lives_have_every_part_of_a_line() -> None:
    lines = [line_of(*life())[0] for life in LIVES]
    parts = ("months", "holidays", "advances", "reclaims", "refunds", "rights", "offsets", "opened", "read_claims")

    assert [name for name in parts if not any(getattr(line, name) for line in lines)] == []


def test_only_the_claims_that_are_taken_from_are_read_before(tmp_path: Path) -> None:
    months, run = owing()
    line, _ = line_of(months, run)
    command: Any = releasing(tmp_path)._deciding(line, EXAMPLE).command(None)  # type: ignore[arg-type]  # it reads nothing
    read = months.read()
    del read[recovery_stream("cl-2")]

    assert dict(command.read) == read


def test_a_line_from_before_it_said_how_much_it_read_has_the_whole_stream_read(tmp_path: Path) -> None:
    line, _ = line_of(*owing())
    command: Any = releasing(tmp_path)._deciding(line.model_copy(update={"read_upto": 0}), EXAMPLE).command(None)  # type: ignore[arg-type]

    assert command.read == {}


def held(run_ref: str = "run-1", municipality: str = ALKMAAR) -> EntitlementHeld:
    about = {"client": CLIENT, "household_ref": HOUSEHOLD, "municipality": municipality}
    return EntitlementHeld(**about, run_ref=run_ref, reason_code="changed-since-approval")


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [(held(), "held"), (held("run-2"), "given"), (held(municipality="GM0373"), "given"), (None, "given")],
)
def test_after_a_restore_the_log_says_whether_a_line_was_held(fact: EntitlementHeld | None, outcome: str, tmp_path: Path) -> None:
    months, run = lowered()
    line, _ = line_of(months, run)
    if fact is not None:
        origin = Origin("s-1", "c-held", NOW, "c")
        months.log.submit(lambda tx: tx.append([fact], origin, {})).result(5)
    stream = f"benefits/benefit/{CLIENT}"

    assert releasing(tmp_path, months.log)._outcome(Answer("accepted", stream, 1, 1), line, "run-1") == outcome


@pytest.mark.parametrize("outcome", ["held", "given"])
def test_an_answer_that_tells_its_outcome_is_believed_without_reading(outcome: str, tmp_path: Path) -> None:
    line, _ = line_of(*lowered())
    told = Answer("accepted", "s", 1, 1, refs={"outcome": outcome})

    assert releasing(tmp_path)._outcome(told, line, "run-1") == outcome


def test_a_line_that_cannot_be_decided_stops_the_release_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(Stuck) as stuck:
        releasing(tmp_path)._outcome(Answer("refused", "s", 1, 1, "erased"), line_of(*lowered())[0], "run-1")

    assert stuck.value.reason == "erased"


GONE = Plan(reasons=("no-right",))


def test_who_is_over_and_owed_nothing_has_no_line_and_everybody_else_has() -> None:
    months = Months().has(apply(), grant())
    running = months.client()
    ended = replace(running, own=months.has(end(FEB)).client().own)
    turned_down = replace(running, own=replace(running.own, condition=TurnedDown(ended.own.condition.running.application)))  # type: ignore[union-attr]  # ended

    assert isinstance(ended.own.condition, Ended)
    assert [_counts(REQUEST, each, GONE) for each in (running, ended, turned_down)] == [True, False, False]
    assert _counts(REQUEST, ended, Plan(reasons=("2024-01:income-form-missing",)))
    assert not _counts(REQUEST.model_copy(update={"municipalities": ("GM0373",)}), running, GONE)


def test_a_prepared_month_counts_who_waits_apart_from_who_is_not_due() -> None:
    line, _ = line_of(*lowered())
    said = {name: getattr(line, name) for name in ("client", "household_ref", "municipality", "rule_version", "facts_hash")}
    waits = [
        WaitingLine(**said, reasons=reasons) for reasons in (("no-right",), ("advance-not-yet",), ("blocked",), ("no-right", "blocked"))
    ]
    prepared = _prepared(REQUEST, [line, *waits], "ab" * 32, NORMS)

    assert (prepared.households, prepared.candidates, prepared.excluded, prepared.held) == (5, 1, 2, 2)
    assert (prepared.intake_position, prepared.granted, prepared.total_cents) == (0, len(line.rights), line.amount_cents)


T = TypeVar("T")


class Forgetful(MemoryLog):
    """A log that was restored from its events: it knows that a command was carried out, and not what came of it."""

    forgets = False

    def submit(self, work: Callable[[MemoryTransaction], T]) -> Future[T]:
        future = super().submit(work)
        answer = future.result()
        if not (self.forgets and isinstance(answer, Answer)):
            return future
        told: Future[Any] = Future()
        told.set_result(replace(answer, refs={}))
        return told


def ordered(house: House) -> tuple[str, Releasing]:
    """February of two clients, one of whom reports income behind the approval; its release is ordered."""
    for number in (1, 2):
        on_benefit(house, number)
    ref = prepared(house, house.as_("payments-officer", OFFICER)).rpartition("/")[2]
    income = {"month": "2024-02", "source_ref": "form-1", "lines": [{"kind": "wages", "period": "month", "net_cents": 10_000}]}
    house.as_("caseworker", "s-worker").post(f"/v1/benefits/{person(2)}/incomes", "i-2", json=income)
    house.region.approves(ref)
    house.region.judges(ref)
    day = date(2024, 2, 20)
    house.region.commands_run(OrderRelease(ref, OFFICER, day, day, date(2024, 8, 31)))
    state = house.region.office.run(ref)
    assert isinstance(state, Releasing)
    return ref, state


@pytest.mark.parametrize("forgets", [False, True])
def test_a_month_that_is_released_counts_what_was_held_apart_and_says_how_far_it_is(tmp_path: Path, *, forgets: bool) -> None:
    log = Forgetful("benefits", published())
    house, seen = House(tmp_path, log), list[int]()
    ref, state = ordered(house)
    log.forgets = forgets
    house.region.office.jobs._steps.releasing_month.release(state, seen.append)
    released = house.region.office.run(ref)
    house.processing.close()

    assert isinstance(released, Released)
    assert (released.released.granted, released.released.withheld, released.released.total_cents) == (1, 1, 121_964)
    assert seen[-1] == 2


class Patience(Future[T]):
    """An answer that never comes, to whoever waits with a limit."""

    def result(self, timeout: float | None = None) -> T:
        assert timeout == ANSWER_SECONDS
        raise TimeoutError


class Silent(MemoryLog):
    """Takes commands and never answers."""

    def submit(self, work: Callable[[MemoryTransaction], T]) -> Future[T]:  # noqa: ARG002 - nothing is done with it
        return Patience()


def test_an_answer_that_does_not_come_is_not_waited_for_without_end() -> None:
    with pytest.raises(TimeoutError):
        carried_out(Silent("benefits", published()), lambda _tx: None)
