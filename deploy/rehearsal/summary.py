"""What a rehearsal came to: the same totals asked of the run, the bank, the views and ClickHouse, and every invariant."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
from rich.console import Console
from rich.table import Table

from deploy.bank.outcomes import read_outcomes
from deploy.rehearsal.desks import Turned, lines_of
from deploy.rehearsal.runs import POLL_SECONDS
from deploy.rehearsal.story import Story
from services.settings import Settings

T = TypeVar("T")
Figures = dict[str, tuple[int, int]]
"""Count and cents of what was paid, returned and rejected."""

STANDINGS = ("paid", "returned", "rejected")
COMPLETE_SECONDS = 120.0
VERIFY_SECONDS = 900.0
PRINTED_COLUMNS = 160
VIEWS = ("contact-view", "payout-status", "allowance-run", "team-directory")


@dataclass
class Timing:
    """Seconds of each step; `tell` hears of each as it ends."""

    tell: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    def of(self, name: str, step: Callable[[], T]) -> T:
        """Carry out a step and keep how long it took."""
        began = time.monotonic()
        result = step()
        self.seconds[name] = time.monotonic() - began
        self.tell(f"{name}: {self.seconds[name]:.1f} s")
        return result


@dataclass(frozen=True, slots=True)
class Totals:
    """What each source says, and how long it took after the close until all said the same."""

    run: Any
    by_source: dict[str, Figures]
    again: Any = None

    @property
    def agree(self) -> bool:
        """Whether every source says the same."""
        return len({orjson.dumps(figures) for figures in self.by_source.values()}) == 1


def complete(settings: Settings, story: Story, run: str, again: str | None = None) -> Totals:
    """Ask every source until all say what the run, and the one that paid `again`, say, or the limit has passed."""
    limit = time.monotonic() + COMPLETE_SECONDS
    while True:
        story.check()
        totals = _asked(settings, story, run, again)
        if totals.agree or time.monotonic() > limit:
            return totals
        time.sleep(POLL_SECONDS)


def _asked(settings: Settings, story: Story, run: str, again: str | None) -> Totals:
    seen, later = story.run(run), None if again is None else story.run(again)
    return Totals(
        seen,
        {
            "run (benefits)": _of_runs([seen] if later is None else [seen, later]),
            "bank": _of_bank(story),
            "views": _with_what_came_back(_of_views(story, run), later),
            "ClickHouse": _of_clickhouse(settings, run),
        },
        later,
    )


def _of_runs(seen: list[Any]) -> Figures:
    settled = [run["settlement"] for run in seen]
    return {name: (sum(each["counts"][name] for each in settled), sum(each["cents"][name] for each in settled)) for name in STANDINGS}


def _with_what_came_back(of_rights: Figures, later: Any) -> Figures:  # noqa: ANN401 - JSON
    """Views show where each right stands; what was paid again came back once before."""
    if later is None:
        return of_rights
    count, cents = of_rights["returned"]
    return {**of_rights, "returned": (count + later["released"]["granted"], cents + later["released"]["total_cents"])}


def _of_bank(story: Story) -> Figures:
    outcomes = asdict(read_outcomes(story.bank / "out"))
    return {name: (outcomes[name], outcomes[f"{name}_cents"]) for name in STANDINGS}


def _of_views(story: Story, run: str) -> Figures:
    try:
        payouts = story.staff.views.get(f"/v1/runs/{run}")["payouts"]
    except Turned:
        return dict.fromkeys(STANDINGS, (0, 0))  # the views have not come to the run yet
    return {name: (payouts[name]["count"], payouts[name]["cents"]) for name in STANDINGS}


def _of_clickhouse(settings: Settings, run: str) -> Figures:
    query = "SELECT state, count() AS n, sum(amount_cents) AS cents FROM payments WHERE run_ref = {run:String} GROUP BY state"
    url = f"http://{settings.host}:{settings.clickhouse_port}/"
    answer = httpx.get(
        url, params={"query": f"{query} FORMAT JSONEachRow", "param_run": run}, timeout=30, trust_env=False
    ).raise_for_status()
    rows = {row["state"]: (int(row["n"]), int(row["cents"])) for row in map(orjson.loads, answer.text.splitlines())}
    return {name: rows.get(name, (0, 0)) for name in STANDINGS}


def show(settings: Settings, story: Story, totals: Totals, timing: Timing, console: Console) -> bool:
    """Print everything; true if all sources agree and every invariant holds."""
    console.print(_delivered(story), _decided(totals), _paid(totals), _statements(totals), took(timing), _addresses(settings))
    holds = verified(settings, _planted(story), console)
    verdict = "all sources agree" if totals.agree else "[bold red]THE SOURCES DISAGREE[/]"
    console.print(f"{verdict}; {'every invariant holds' if holds else '[bold red]AN INVARIANT DOES NOT HOLD[/]'}")
    return holds and totals.agree


def _delivered(story: Story) -> Table:
    table = Table("delivered", "lines", "of which", title="What the municipalities delivered")
    for name, outcomes in story.tally.items():
        parts = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items()))
        table.add_row(name, f"{sum(outcomes.values()):,}", parts)
    return table


def _decided(totals: Totals) -> Table:
    prepared, released = totals.run["prepared"], totals.run["released"]
    table = Table("households", "candidates", "excluded", "held", "granted", "refused", "withheld", "granted EUR", title="The run decided")
    table.add_row(
        *(f"{prepared[name]:,}" for name in ("households", "candidates", "excluded", "held")),
        *(f"{released[name]:,}" for name in ("granted", "refused", "withheld")),
        euros(released["total_cents"]),
    )
    return table


def _paid(totals: Totals) -> Table:
    table = Table("source", *(f"{name} {unit}" for name in STANDINGS for unit in ("n", "EUR")), title="What became of the money")
    for source, figures in totals.by_source.items():
        cells = (text for name in STANDINGS for text in (f"{figures[name][0]:,}", euros(figures[name][1])))
        table.add_row(source, *cells)
    return table


def _statements(totals: Totals) -> Table:
    """Each run adds up by its own payments, to the cent."""
    table = Table("run", "kind", "released EUR", *(f"{name} EUR" for name in STANDINGS), "open EUR", title="Statements of the runs")
    for run in (totals.run, *([] if totals.again is None else [totals.again])):
        cents = run["settlement"]["cents"]
        sums = (run["released"]["total_cents"], *(cents[name] for name in STANDINGS), run["settlement"]["open_cents"])
        table.add_row(run["run_ref"], run["prepared"]["kind"], *map(euros, sums))
    return table


def took(timing: Timing) -> Table:
    """Seconds by step."""
    table = Table("step", "seconds", title="What it took")
    for name, seconds in timing.seconds.items():
        table.add_row(name, f"{seconds:.1f}")
    return table


def _addresses(settings: Settings) -> Table:
    table = Table("what", "where", title="Addresses")
    at = f"http://{settings.host}"
    for name, address in (
        ("intake", f"{at}:{settings.intake_port}/v1/openapi.json"),
        ("benefits", f"{at}:{settings.benefits_port}/v1/openapi.json"),
        ("handover", f"{at}:{settings.handover_port}/v1/openapi.json"),
        ("views", f"{at}:{settings.views_port}/v1/openapi.json"),
        ("ClickHouse, read only", f"{at}:{settings.clickhouse_port}/?query=SELECT+*+FROM+run_statement+FORMAT+PrettyCompact"),
        ("metrics", f"{at}:{settings.benefits_port}/metrics (each process has its own)"),
        ("Kafka", settings.kafka),
    ):
        table.add_row(name, address)
    return table


def verified(settings: Settings, planted: Path, console: Console) -> bool:
    """The auditor, who looks for the `planted` values as well, and beside it the fold of every view from zero, row by row."""
    commands = [("verify", "--planted", str(planted)), *(("rebuild", view, "--check") for view in VIEWS)]
    held = [_holds(settings, command, console) for command in commands]
    return all(held)


def _holds(settings: Settings, command: tuple[str, ...], console: Console) -> bool:
    environment = dict(os.environ) | {"BACKBONE_DATA": str(settings.data), "BACKBONE_KAFKA": settings.kafka}
    argv = [sys.executable, "-m", "services.cli", *command]
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=VERIFY_SECONDS, check=False)
    console.print((ended.stdout + ended.stderr).rstrip(), markup=False, highlight=False, soft_wrap=True)
    return ended.returncode == 0


def _planted(story: Story) -> Path:
    """Every BSN, name and account of the region, in a file beside the region's own, outside the data that is searched."""
    place = story.files.with_suffix(".planted")
    households = map(orjson.loads, lines_of(story.files / "households.ndjson"))
    people = {member[name] for household in households for member in household["members"] for name in ("bsn", "name")}
    accounts = {orjson.loads(line)["iban"] for line in lines_of(story.files / "accounts.ndjson")}
    place.write_text("\n".join(sorted(people | accounts)) + "\n", encoding="utf-8")
    return place


def euros(cents: int) -> str:
    """1234567 as 12,345.67, by whole numbers only."""
    return f"{cents // 100:,}.{cents % 100:02d}"
