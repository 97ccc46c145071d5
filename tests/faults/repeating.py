"""Rows `repeats`, `runs` and `replay`: commands, runs, files and whole histories come again, and nothing is done twice."""

import json
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from deploy.rehearsal.desks import Desk, Turned, lines_of
from services.contracts.topics import EVENT_TOPICS, PARTITIONS
from services.processes import SERVICES
from streams.journal import APP_ID
from tests.faults.board import Board
from tests.faults.killing import beside, epilogue, prologue, whole_run
from tests.faults.load import moving
from tests.faults.site import Site
from tests.faults.stage import Failed

REPEATS, RUNS, REPLAY = "repeats", "runs", "replay"
TIMES = 10


def _at_once(deeds: Sequence[Callable[[], str]]) -> Counter[str]:
    """Do all at the same moment; how often each outcome came."""
    told, gate = list[str](), threading.Barrier(len(deeds))

    def one(deed: Callable[[], str]) -> None:
        gate.wait(10)
        told.append(deed())

    beside({str(number): partial(one, deed) for number, deed in enumerate(deeds)})
    return Counter(told)


def _joining(desk: Desk, team: str, key: str, staff: str) -> str:
    body = {"staff_ref": staff, "on": "2023-01-01"}
    answer = httpx.post(f"{desk.url}/v1/teams/{team}/staff", json=body, headers=desk._headers(key), timeout=30, trust_env=False)
    told = answer.json()
    return f"{told['stream']}@{told['version']}" if answer.is_success else str(told["title"])


def _team(site: Site) -> str:
    body = {"municipality": "GM0361", "organisation": "region", "on": "2023-01-01"}
    return str(site.story.staff.teams.post("/v1/teams", "form-GM0361", body)["refs"]["team_ref"])


def _commands(site: Site, board: Board) -> None:
    desk, team = site.story.staff.teams, _team(site)
    with board.cell(REPEATS, f"one command {TIMES} times at once"):
        told = _at_once([partial(_joining, desk, team, "again", "s-again")] * TIMES)
        if sorted(told.values()) != [TIMES] or not next(iter(told)).startswith("handover/"):
            raise Failed(f"answers differ: {told}")
    with board.cell(REPEATS, f"{TIMES} commands under one key at once: one is carried out"):
        told = _at_once([partial(_joining, desk, team, "other", f"s-other-{number}") for number in range(TIMES)])
        if sorted(told.values()) != [1, TIMES - 1] or told["other-body"] != TIMES - 1:
            raise Failed(f"not one and {TIMES - 1} refused as other-body: {told}")


def _same_file(site: Site, board: Board) -> None:
    with board.cell(REPEATS, f"one file of households {TIMES} times at once, and backwards"):
        lines, desk = lines_of(site.folder / "region" / "households.ndjson"), site.story.staff.intake
        before = desk.get("/v1/households/_count")["households"]

        def sent(order: int) -> str:
            answers = list(desk.bulk("/v1/households/_bulk", lines[::order], lambda _number: None))
            return json.dumps(sorted(json.dumps({**answer, "line": 0}, sort_keys=True) for answer in answers))

        told = _at_once([partial(sent, -1 if number % 2 else 1) for number in range(TIMES)])
        if len(told) != 1 or desk.get("/v1/households/_count")["households"] < before:
            raise Failed(f"{len(told)} different answers to one file")


def repeats(site: Site, board: Board) -> None:
    """The whole row."""
    prologue(site)
    _commands(site, board)
    _same_file(site, board)
    run = whole_run(site)
    _run_again(site, board, run)
    epilogue(site, board, REPEATS, run)


def _run_again(site: Site, board: Board, run: str) -> None:
    """What belongs to a run that is closed is asked for again under new keys."""
    story = site.story
    message = story.run(run)["files"][0]["message_id"]
    deeds: dict[str, Callable[[], Any]] = {
        "approve": lambda: story.staff.approver.post(f"/v1/runs/{run}/approvals", "again", _approval(story.run(run))),
        "release": lambda: story.staff.officer.post(f"/v1/runs/{run}/releases", "again", {"execution_on": "2024-03-12"}),
        "hand over": lambda: story.staff.officer.post(f"/v1/runs/{run}/files/{message}/handovers", "again", {}),
    }
    for what, deed in deeds.items():
        with board.cell(REPEATS, f"{what} a closed run again, under a new key"):
            before = story.run(run)
            if refusal(deed) is None and story.run(run) != before:
                raise Failed("it was carried out")


def _approval(run: dict[str, Any]) -> dict[str, Any]:
    return {name: run["prepared"][name] for name in ("manifest_hash", "granted", "total_cents")}


def refusal(deed: Callable[[], object]) -> str | None:
    """What a service says where it does not do what was asked; None where it does."""
    try:
        deed()
    except Turned as refused:
        return str(refused)
    return None


def runs(site: Site, board: Board) -> None:
    """A second run over the same households beside the first, both released; and the same again after the first was closed."""
    prologue(site)
    story, other = site.story, replace(site.story, seed=site.story.seed + 100, bank=site.folder / "bank-2")
    with board.cell(RUNS, "two runs on the same households, both approved and released"):
        first, second = story.prepare_run(), other.prepare_run()
        if first == second:
            raise Failed("the second run is the first")
        story.approve_and_release(first)
        other.approve_and_release(second)
    with board.cell(RUNS, "the second grants nobody what the first granted"):
        twice = _granted(site, first) & _granted(site, second)
        if twice:
            raise Failed(f"the second run grants again what the first granted: {', '.join(sorted(twice))}")
        story.pay(first)
        story.close(first)
        if _granted(site, second):
            other.pay(second)
        other.close(second)
    with board.cell(RUNS, "a third run after the first was closed grants nobody again"):
        third = replace(site.story, seed=site.story.seed + 200, bank=site.folder / "bank-3")
        again = third.prepare_run()
        if third.run(again)["prepared"]["granted"] > _newcomers(site):
            raise Failed(f"the third run would grant {third.run(again)['prepared']['granted']} again")
    epilogue(site, board, RUNS, first)


def _granted(site: Site, run: str) -> set[str]:
    """Households to whom a run granted something, from the log; who came in between two runs may be in the second only."""
    with closing(sqlite3.connect(f"file:{site.settings.data / 'benefits' / 'log.sqlite'}?mode=ro", uri=True)) as log:
        facts = log.execute("SELECT data FROM events WHERE type LIKE '%.allowance-granted.v1'").fetchall()
    told = [json.loads(data) for (data,) in facts]
    return {fact["household_ref"] for fact in told if fact["run_ref"] == run}


def _newcomers(site: Site) -> int:
    """Who came in meanwhile may be granted for the first time."""
    return site.load.done


def _reset(bootstrap: str, group: str, topics: Sequence[str]) -> None:
    """An operator's slip: the group begins at the first record again."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    places = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
    consumer.assign(places)
    consumer.commit({place: OffsetAndMetadata(0, "", -1) for place in places})
    consumer.close()


def _replayed(site: Site, board: Board, what: str, name: str, deed: Callable[[], object]) -> None:
    """While the process is away something is set back; it goes through everything again."""
    with board.cell(REPLAY, what):
        site.stage.retire(name)
        try:
            deed()
        finally:
            site.stage.wake(name)
        site.stage.until_ready(name)
        moving(site.load, 3)


def _send_all_again(site: Site, service: str) -> None:
    with closing(sqlite3.connect(site.settings.data / service / "log.sqlite")) as log, log:
        log.execute("UPDATE beside SET value = CAST('0' AS BLOB) WHERE kind = 'relay'")


def _history_again(site: Site, board: Board) -> None:
    kafka = site.settings.kafka
    for name in ("benefits", "handover"):
        _replayed(
            site, board, f"reactor of {name} from the first record", name, partial(_reset, kafka, f"reactor-{name}", ["intake.events"])
        )
    for name in SERVICES:
        _replayed(site, board, f"relay of {name} from the first fact", name, partial(_send_all_again, site, name))
    _replayed(site, board, "views from the first record", "worker", partial(_reset, kafka, APP_ID, EVENT_TOPICS))
    _replayed(site, board, "ClickHouse filled anew", "sink", partial(shutil.rmtree, site.settings.data / "clickhouse"))


def replay(site: Site, board: Board) -> None:
    """Before the run, and again after it was paid."""
    prologue(site)
    _history_again(site, board)
    run = whole_run(site)
    _history_again(site, board)
    epilogue(site, board, REPLAY, run)
