"""ClickHouse comes to the same figures of integral flags as intake does, on clients to whom anything may have happened."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import get_args

import pytest
from clickhouse_connect.driver.client import Client

from services.contracts.codec import headers_of, published
from services.contracts.envelope import Event
from services.contracts.intake import HouseholdRegistered
from services.contracts.route import (
    IntegralFlagConfirmed,
    IntegralFlagExpired,
    IntegralFlagProposed,
    IntegralFlagRemoved,
    LifeDomain,
    RouteSignalEnded,
    RouteSignalRecorded,
)
from services.eventlog.log import Origin, Transaction
from services.eventlog.memory import MemoryLog
from services.intake.count import HouseholdCount
from services.intake.route.figures import monthly, shares
from services.intake.route.histories import read as read_route
from services.intake.route.rules import installed
from services.intake.route.standing import note, standing_flags
from streams.reporting.reading import read
from streams.reporting.rows import Row
from streams.reporting.table import ClickHouseTable
from tests.reporting.known import ALKMAAR, BERGEN, START, OnKafka, household

PLACES = (ALKMAAR, BERGEN)
FIRST = date(2022, 11, 1)
CLIENTS = 120
RULES = installed()
WHOLE = (
    "SELECT * FROM route_signals LIMIT 5",
    "SELECT * FROM integral_flags LIMIT 5",
    "SELECT * FROM integral_flags_judged LIMIT 5",
    "SELECT * FROM route_accumulations LIMIT 5",
)


def day(chance: Random, since: date = FIRST) -> date:
    return since + timedelta(days=chance.randrange((date(2024, 2, 15) - since).days + 1))


def needs(chance: Random, who: dict[str, str], number: int) -> list[Event]:
    told: list[Event] = []
    for nth in range(chance.randrange(7)):
        ref, since = f"sg-{number:08x}{nth:08x}", day(chance)
        domain = chance.choice(get_args(LifeDomain))
        about = {"source": "client", "recorded_by": "s-1", "kind": "open-need", "domain": domain, "organisation": None}
        told.append(RouteSignalRecorded.model_validate({**who, **about, "signal_ref": ref, "since": since}))
        if chance.random() < 0.4:
            end = chance.choice(("over", "over", "mistaken"))
            told.append(RouteSignalEnded.model_validate({**who, "signal_ref": ref, "on": day(chance, since), "end": end}))
    return told


def flags(chance: Random, who: dict[str, str]) -> list[Event]:
    told: list[Event] = []
    on = FIRST + timedelta(days=60)
    for flag in range(1, chance.randrange(4)):
        on = day(chance, on)
        days = {"on": on, "review_on": on, "expires_on": on, "rule_version": "v"}
        proposed = IntegralFlagProposed.model_validate({**who, **days, "flag": flag, "score": 60, "threshold": 60, "fired": ()})
        told.append(proposed)
        if chance.random() < 0.6:
            told.append(
                IntegralFlagConfirmed.model_validate({**who, **days, "flag": flag, "reason": "safety-first", "confirmed_by": "s-2"})
            )
        on = day(chance, on)
        if chance.random() < 0.4:
            told.append(IntegralFlagRemoved.model_validate({**who, "flag": flag, "on": on, "reason": "goals-reached", "removed_by": "s-2"}))
        elif flag < 3 and chance.random() < 0.7:
            told.append(IntegralFlagExpired.model_validate({**who, "flag": flag, "on": on, "stood_as": "proposed"}))
        else:
            break
    return told


def recording(events: list[Event], command_id: str) -> Callable[[Transaction], None]:
    return lambda tx: note(tx, tx.append(events, Origin("s-1", command_id, START, "c"), {}))


def region(seed: int) -> MemoryLog:
    """Households of which one member has a history, some of whom moved in between."""
    chance, log = Random(seed), MemoryLog("intake", published())
    for number in range(1, CLIENTS + 1):
        home = chance.choice(PLACES)
        who = {"client": f"p-{number}-0", "household_ref": f"h-{number}", "municipality": home}
        told = [*needs(chance, who, number), *flags(chance, who)]
        elsewhere = told[: chance.randrange(len(told) + 1)] if chance.random() < 0.2 else []
        moved = [fact.model_copy(update={"municipality": chance.choice(PLACES)}) for fact in elsewhere]
        events: list[Event] = [HouseholdRegistered(household_ref=f"h-{number}", on=FIRST, facts=household(number, home))]
        events += [*moved, *told[len(moved) :]]
        log.submit(recording(events, f"c-{number}")).result(5)
    return log


def on_kafka(log: MemoryLog) -> list[OnKafka]:
    source = "urn:nld:oin:00000000000000000000:systeem:intake"
    records = log.after(0, 100_000)
    return [OnKafka("intake.events", 0, r.position, r.key.encode(), headers_of(r, source), r.data) for r in records]


def test_the_outcome_rows_of_clickhouse_are_those_of_the_policy(client: Client) -> None:
    told = client.query("SELECT from_on, domains, within_months, flagged_per_10_000_households FROM route_outcomes").result_rows

    assert list(told) == [(o.from_on, o.domains, o.within_months, o.flagged_per_10_000_households) for o in RULES.outcomes]


@pytest.mark.parametrize("seed", [1])
def test_both_come_to_the_same_figures(client: Client, seed: int) -> None:
    log = region(seed)
    rows = [read(published(), record) for record in on_kafka(log)]
    ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])
    reading = read_route(log)
    assert reading is not None

    of_months = monthly(reading, RULES, PLACES)
    of_share = shares(standing_flags(log), HouseholdCount(log, published()).now()[1], RULES, reading)

    figures = client.query("SELECT * EXCEPT intake_position FROM route_figures_per_municipality_month ORDER BY municipality, month")
    found = [dict(zip(figures.column_names, row, strict=True)) for row in figures.result_rows]
    assert [{**row, "month": row["month"].isoformat()} for row in found] == of_months
    expired = client.query("SELECT countIf(state = 'expired') FROM integral_flags").result_rows[0][0]
    assert expired == sum(record.type == IntegralFlagExpired.TYPE for record in log.after(0, 100_000))
    for query in WHOLE:
        assert len(client.query(query).result_rows) == 5
    shown = client.query("SELECT * EXCEPT intake_position FROM route_share_per_municipality ORDER BY municipality")
    assert [dict(zip(shown.column_names, row, strict=True)) for row in shown.result_rows] == of_share
    for column in ("hits", "already", "false_alarms", "undecided", "misses", "confirmed_hits", "removed_hits"):
        assert sum(row[column] for row in of_months) > 0, column


WHO = {"client": "p-1-0", "household_ref": "h-1", "municipality": ALKMAAR}
WORK, DEBT, HOUSING = (f"sg-{number:016x}" for number in (1, 2, 3))


def need(ref: str, domain: str, since: date) -> Event:
    about = {"source": "client", "recorded_by": "s-1", "kind": "open-need", "domain": domain, "organisation": None}
    return RouteSignalRecorded.model_validate({**WHO, **about, "signal_ref": ref, "since": since})


# Proposed when two domains were open; the third came sixteen days later: a hit that was foretold.
BY_HAND: list[Event] = [
    HouseholdRegistered(household_ref="h-1", on=FIRST, facts=household(1, ALKMAAR)),
    need(WORK, "work", date(2024, 1, 10)),
    need(DEBT, "debt", date(2024, 1, 20)),
    IntegralFlagProposed.model_validate(
        {**WHO, "flag": 1, "on": date(2024, 1, 25), "score": 60, "threshold": 60, "rule_version": "v", "review_on": date(2024, 2, 8)}
        | {"expires_on": date(2024, 4, 25), "fired": ({"rule": "safety", "weight": 60, "source": "AVE", "seen": (WORK,)},)}
    ),
    need(HOUSING, "housing", date(2024, 2, 10)),
]

EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "SELECT * FROM route_outcomes": [(date(2023, 1, 1), date(2149, 6, 6), 3, 12, 100)],
    "SELECT signal_ref, kind, since, ended_on, is_mistaken, intake_position FROM route_signals": [
        (WORK, "open-need", date(2024, 1, 10), None, False, 2),
        (DEBT, "open-need", date(2024, 1, 20), None, False, 3),
        (HOUSING, "open-need", date(2024, 2, 10), None, False, 5),
    ],
    "SELECT municipality, domain, clients FROM open_needs_per_municipality ORDER BY domain": [
        (ALKMAAR, "debt", 1),
        (ALKMAAR, "housing", 1),
        (ALKMAAR, "work", 1),
    ],
    "SELECT client, flag, municipality, proposed_on, score, rules, state, ended_on, intake_position FROM integral_flags": [
        ("p-1-0", 1, ALKMAAR, date(2024, 1, 25), 60, ["safety"], "proposed", None, 4)
    ],
    "SELECT * FROM route_accumulations": [("p-1-0", date(2024, 2, 10), ALKMAAR, 3, 12, 5)],
    "SELECT client, flag, was_there, is_hit, is_false_alarm, intake_position FROM integral_flags_judged": [
        ("p-1-0", 1, False, True, False, 5)
    ],
    "SELECT * FROM route_figures_per_municipality_month": [(ALKMAAR, date(2024, 1, 1), 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 5)],
    "SELECT * FROM route_share_per_municipality": [(ALKMAAR, 1, 1, 1.0, 0.01, 4)],
}


def test_every_figure_of_the_route_is_as_computed_by_hand(client: Client) -> None:
    log = MemoryLog("intake", published())
    log.submit(recording(BY_HAND, "c-1")).result(5)
    rows = [read(published(), record) for record in on_kafka(log)]
    ClickHouseTable(client).keep([row for row in rows if isinstance(row, Row)])

    assert {query: sorted(map(tuple, client.query(query).result_rows)) for query in EXPECTED} == EXPECTED
