"""Flags against what happened: hits, misses and false alarms on a few clients whose figures were computed by hand."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.route import LifeDomain
from services.eventlog.log import Origin, Transaction
from services.eventlog.memory import MemoryLog
from services.intake.route.histories import Reading, history, read
from services.intake.route.scoring import Score, scores
from services.intake.route.trial import first_flagged, trial
from tests.intake.route_stories import CONFIRMED, PROPOSED, REMOVED, RULES, ended, need, recorded

AS_OF = date(2025, 6, 30)
HEILOO = "GM0399"


def day(month: int, year: int = 2024) -> date:
    return date(year, month, 10)


def needs(*days: date) -> list[Event]:
    """A need in another domain on each of these days."""
    domains: tuple[LifeDomain, ...] = ("work", "debt", "housing", "youth")
    return [need(number + 1, domains[number], since) for number, since in enumerate(days)]


def flagged(on: date) -> Event:
    return PROPOSED.model_copy(update={"on": on})


def recording(fact: Event, origin: Origin) -> Callable[[Transaction], object]:
    return lambda tx: tx.append([fact], origin, {})


def told(facts: Sequence[Event], days: Sequence[date] = ()) -> Reading:
    """What a log tells of one client; each fact is recorded on its day, or the last of them."""
    log = MemoryLog("intake", published())
    for number, fact in enumerate(facts):
        on = days[min(number, len(days) - 1)] if days else AS_OF
        origin = Origin("s-1", f"c-{number}", datetime(on.year, on.month, on.day, 12, tzinfo=UTC), "c")
        log.submit(recording(fact, origin)).result(5)
    reading = read(log)
    assert reading is not None
    return reading


def scored(*facts: Event) -> dict[date, Score]:
    reading = told(facts)
    return {month: score for (_, month), score in scores(map(history, reading.clients), RULES, AS_OF).items()}


def test_needs_that_come_together_after_a_flag_are_a_hit() -> None:
    assert scored(flagged(day(1)), *needs(day(1), day(3), day(11))) == {date(2024, 1, 1): Score(flagged=1, hits=1)}


def test_needs_that_had_come_together_before_are_a_hit_that_foretold_nothing_and_a_miss_before() -> None:
    assert scored(flagged(day(6)), *needs(day(1), day(3), day(5))) == {
        date(2024, 6, 1): Score(flagged=1, hits=1, already=1),
        date(2024, 5, 1): Score(misses=1),
    }


def test_a_flag_after_which_nothing_came_in_time_is_a_false_alarm() -> None:
    assert scored(flagged(day(1)), *needs(day(1), day(3))) == {date(2024, 1, 1): Score(flagged=1, false_alarms=1)}


def test_what_comes_too_late_is_a_false_alarm_but_no_miss_while_the_flag_stands() -> None:
    late = needs(day(1), day(3), day(2, 2025))

    assert scored(flagged(day(1)), *late)[date(2024, 1, 1)] == Score(flagged=1, false_alarms=1)
    assert date(2025, 2, 1) not in scored(flagged(day(1)), *late)
    assert scored(flagged(day(1)), REMOVED.model_copy(update={"on": day(2)}), *late)[date(2025, 2, 1)] == Score(misses=1)


def test_a_flag_whose_months_still_run_is_undecided() -> None:
    assert scored(flagged(day(3, 2025)), *needs(day(1))) == {date(2025, 3, 1): Score(flagged=1, undecided=1)}


def test_needs_that_come_together_without_a_flag_are_a_miss() -> None:
    assert scored(*needs(day(1), day(2), day(3))) == {date(2024, 3, 1): Score(misses=1)}


def test_a_fourth_need_is_no_second_miss_and_falling_apart_and_together_again_is() -> None:
    assert scored(*needs(day(1), day(2), day(3), day(4))) == {date(2024, 3, 1): Score(misses=1)}
    again = need(9, "housing", day(8))
    assert scored(*needs(day(1), day(2), day(3)), ended(3, day(5)), again) == {
        date(2024, 3, 1): Score(misses=1),
        date(2024, 8, 1): Score(misses=1),
    }


def test_a_mistake_and_an_integration_course_never_count() -> None:
    course = need(9, "integration", day(2))

    assert scored(*needs(day(1), day(2)), course) == {}
    assert scored(*needs(day(1), day(2), day(3)), ended(3, day(4), "mistaken")) == {}


def test_what_people_made_of_a_flag_is_scored_beside_the_rules() -> None:
    hit = needs(day(1), day(3), day(5))

    confirmed = scored(flagged(day(1)), CONFIRMED, *hit)[date(2024, 1, 1)]
    removed = scored(flagged(day(1)), REMOVED, *hit)[date(2024, 1, 1)]

    assert confirmed == Score(flagged=1, hits=1, confirmed=1, confirmed_hits=1)
    assert removed == Score(flagged=1, hits=1, removed=1, removed_hits=1)


def test_nothing_is_scored_before_the_first_row() -> None:
    assert scored(*needs(date(2021, 1, 1), date(2021, 2, 1), date(2021, 3, 1))) == {}


@pytest.mark.parametrize("until", [date(2024, 12, 31), date(2025, 1, 1)])
def test_twelve_months_end_on_the_same_day_of_the_month(until: date) -> None:
    found = scored(flagged(date(2024, 1, 1)), *needs(day(1), day(2), until))[date(2024, 1, 1)]

    assert found == Score(flagged=1, hits=1)


# dry runs


def other(**changed: Any) -> Any:  # noqa: ANN401 - rules
    rules = [rule.model_copy(update=changed) if rule.code == "debts" else rule for rule in RULES.rules]
    return RULES.changed(rules, RULES.thresholds[0])


DEBT = [recorded(1, since=day(1)), *needs(day(1), day(3))]
THREE = needs(day(1), day(3), day(5))


def tried(facts: Sequence[Event], rules: Any, days: Sequence[date] = ()) -> Any:  # noqa: ANN401 - rules and a trial
    reading = told(facts, days)
    return trial(reading.clients, RULES, rules, AS_OF)


def test_a_changed_rule_tells_whom_it_would_have_flagged_and_how_well() -> None:
    found = tried([recorded(8, since=day(1)), *[n.model_copy(update={"signal_ref": f"sg-{i:016x}"}) for i, n in enumerate(THREE)]],
                  other(weight=60), [day(1), day(1), day(3), day(5)])  # fmt: skip

    assert [(one.change) for one in found.clients] == ["unchanged"]
    assert [(one.today.hits, one.today.already, one.trial.hits, one.trial.already) for one in found.municipalities] == [(1, 1, 1, 0)]


def test_who_is_flagged_by_the_changed_rules_alone_is_new() -> None:
    found = tried([recorded(1, since=day(1))], other(weight=60), [day(1)])

    assert [(one.client, one.municipality, one.change) for one in found.clients] == [(PROPOSED.client, HEILOO, "newly-flagged")]
    assert found.municipalities[0].trial == Score(flagged=1, false_alarms=1)


def test_who_is_flagged_by_the_rules_of_today_alone_is_so_no_longer() -> None:
    found = tried(THREE, RULES.changed([], RULES.thresholds[0]))

    assert [one.change for one in found.clients] == ["no-longer-flagged"]
    assert found.municipalities[0].trial.misses == 1


def test_a_dry_run_knows_a_fact_from_its_recording_on() -> None:
    flag = first_flagged(RULES, told(THREE, [day(1), day(3), day(9)]).clients[0])

    assert flag is not None
    assert flag.on == day(9)


def test_the_rules_of_today_tried_as_others_change_nothing() -> None:
    found = tried(THREE, RULES.changed(RULES.rules, RULES.thresholds[0]))

    assert {one.change for one in found.clients} == {"unchanged"}
    assert all(one.today == one.trial for one in found.municipalities)


def test_an_empty_log_tells_nothing() -> None:
    assert read(MemoryLog("intake", published())) is None
