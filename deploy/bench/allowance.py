"""A whole energy allowance run on the real chain: how long the release takes to be complete everywhere, and how much memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, get_args

import httpx

from deploy.bench.chain import Chain, chain, environment_of
from deploy.bench.figure import Figure, Target
from deploy.bench.memory import Peak
from deploy.bench.place import Place
from deploy.region import generate
from deploy.region.norms import NormCategory
from deploy.rehearsal.__main__ import REFERENCE, REHEARSED
from deploy.rehearsal.desks import Advance
from deploy.rehearsal.staff import Staff
from deploy.rehearsal.story import Story
from deploy.rehearsal.summary import VERIFY_SECONDS, Timing, complete
from services.access.configured import development_issuer
from services.benefits.allowance_rules import installed
from services.processes import SERVICES

COMPLETE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.1
TOKEN_MINUTES: Final = 60
SEED: Final = 1
BYTES_A_GIGABYTE: Final = 1e9


def figures(place: Place, households: int = 15_000) -> list[Figure]:
    """The steps of `./deploy/run --once`, from the start of the processes to `verify`."""
    environment = environment_of(place.fresh("allowance"), REHEARSED, datetime.now(UTC).date())
    timing, began = Timing(place.say), time.monotonic()
    with chain(place, [*SERVICES, "worker", "sink"], environment) as running:
        timing.seconds["start"] = time.monotonic() - began
        with Peak(lambda: [os.getpid(), *running.up.pids.values()]) as peak:
            holds = _carried_out(place, running, households, timing)
    if not holds:
        raise RuntimeError("an invariant does not hold or the sources disagree: the run does not count")
    about, released = f"{households:,} households", timing.seconds["approve, release, files"] + timing.seconds["instructed everywhere"]
    return [
        Figure(f"release to payment file, views and ClickHouse, {about}", released, "s", Target("value", "at most", 20)),
        Figure(f"run --once after installation, {about}", sum(timing.seconds.values()), "s", Target("value", "at most", 180)),
        Figure(f"memory of all processes, peak, {about}", peak.bytes / BYTES_A_GIGABYTE, "GB", Target("value", "at most", 3)),
    ]


def _carried_out(place: Place, running: Chain, households: int, timing: Timing) -> bool:
    story = _story(place, running)
    norms = next(each for each in installed() if each.scheme_year == REFERENCE.year - 1).norm_cents
    region = {category: norms(category) for category in get_args(NormCategory)}
    timing.of("region files", lambda: generate(households, SEED, REFERENCE, region).write(story.files))
    steps: dict[str, Callable[[], None]] = {
        "teams": story.form_teams,
        "households": story.register_households,
        "accounts": story.bind_accounts,
        "opening balances": story.record_opening_balances,
        "applications and changes": story.receive_applications,
    }
    for name, step in steps.items():
        timing.of(name, step)
    run = timing.of("prepare", story.prepare_run)
    timing.of("sample judged", lambda: story.judge_sample(run))
    timing.of("approve, release, files", lambda: story.approve_and_release(run))
    timing.of("instructed everywhere", lambda: _instructed(running, story, run))
    timing.of("bank", lambda: story.pay(run))
    timing.of("close", lambda: story.close(run))
    totals = timing.of("views and ClickHouse complete", lambda: complete(running.settings, story, run))
    return timing.of("verify", lambda: _verified(place, running)) and totals.agree


def _verified(place: Place, running: Chain) -> bool:
    argv = [sys.executable, "-m", "services.cli", "verify"]
    ended = subprocess.run(argv, env=running.environment, capture_output=True, text=True, timeout=VERIFY_SECONDS, check=False)
    if ended.returncode:
        place.say(ended.stdout + ended.stderr)
    return ended.returncode == 0


def _story(place: Place, running: Chain) -> Story:
    settings, issuer = running.settings, development_issuer(running.settings)
    ports = {name: getattr(settings, f"{name}_port") for name in (*SERVICES, "views")}
    staff = Staff.at(
        {name: running.url(port) for name, port in ports.items()},
        lambda actor, roles, scope: issuer.token(actor, roles, scope, TOKEN_MINUTES),
    )
    files = place.fresh("region") / "files"
    return Story(staff, files, place.fresh("bank"), SEED, REHEARSED, running.up.check, _no_bars)


def _no_bars(_name: str, _total: int) -> Advance:
    return lambda _number: None


def _instructed(running: Chain, story: Story, run: str) -> None:
    """Until views and ClickHouse both have every order of the files; raises `TimeoutError`."""
    files = story.run(run)["files"]
    wanted, limit = sum(file["count"] for file in files), time.monotonic() + COMPLETE_SECONDS
    while (seen := (_in_views(story, run), _in_clickhouse(running, run))) != (wanted, wanted):
        if time.monotonic() > limit:
            raise TimeoutError(f"{wanted} orders, but views and ClickHouse have {seen} after {COMPLETE_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


def _in_views(story: Story, run: str) -> int:
    return int(story.staff.views.get(f"/v1/runs/{run}")["payouts"]["instructed"]["count"])


def _in_clickhouse(running: Chain, run: str) -> int:
    query = "SELECT count() FROM payments WHERE run_ref = {run:String} AND state = 'instructed' FORMAT TSV"
    url = running.url(running.settings.clickhouse_port)
    return int(httpx.get(url, params={"query": query, "param_run": run}, timeout=30, trust_env=False).raise_for_status().text)
