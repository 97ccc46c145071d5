"""What each month came to, asked of four sources: the runs, the bank, the views and ClickHouse."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from deploy.bank.outcomes import read_memory
from deploy.rehearsal.desks import Turned
from deploy.rehearsal.runs import POLL_SECONDS, RunDesks
from deploy.rehearsal.summary import COMPLETE_SECONDS, STANDINGS, Figures
from deploy.rehearsal.year.officers import MonthRuns
from services.settings import Settings

NOTHING: Figures = dict.fromkeys(STANDINGS, (0, 0))
SOURCES = ("runs (benefits)", "bank", "views", "ClickHouse")


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """A month as its runs and promises show it, and its money by source; rows of `promises` are per municipality."""

    runs: MonthRuns
    due: int
    reasons: Counter[str]
    ordered: tuple[int, int]
    promises: list[dict[str, Any]]
    by_source: Mapping[str, Figures]

    @property
    def agree(self) -> bool:
        """Whether every source says the same."""
        return len({orjson.dumps(figures) for figures in self.by_source.values()}) == 1

    def promised(self, what: str) -> int:
        """So many promises of all municipalities: `promised`, `on_time`, `late`, `will_be_late` or `on_its_way`."""
        return sum(row[what] for row in self.promises)


@dataclass(frozen=True, slots=True)
class Asking:
    """Where the sources are."""

    desks: RunDesks
    settings: Settings

    def months(self, all_runs: Iterable[MonthRuns], check: Callable[[], None]) -> list[MonthTotals]:
        """Ask until all sources say the same of every month, or the limit has passed."""
        limit, wanted = time.monotonic() + COMPLETE_SECONDS, list(all_runs)
        while True:
            check()
            totals = [self._month(runs) for runs in wanted]
            if all(each.agree for each in totals) or time.monotonic() > limit:
                return totals
            time.sleep(POLL_SECONDS)

    def _month(self, runs: MonthRuns) -> MonthTotals:
        shown = {run: self.desks.shown(run) for run in runs}
        first = shown[runs.deciding[0]]
        waiting = [row for row in first["preview"] if row["standing"] == "waiting" and not _not_due(row["reasons"])]
        reasons: Counter[str] = Counter()
        for row in waiting:
            reasons[", ".join(dict.fromkeys(_told(reason) for reason in row["reasons"]))] += row["households"]
        deciding = [shown[run]["released"] for run in runs.deciding]
        return MonthTotals(
            runs=runs,
            due=first["prepared"]["candidates"] + sum(row["households"] for row in waiting),
            reasons=reasons,
            ordered=(sum(each["granted"] for each in deciding), sum(each["total_cents"] for each in deciding)),
            promises=self.desks.staff.officer.get(f"/v1/months/{runs.name}")["municipalities"],
            by_source=dict(
                zip(SOURCES, (_of_runs(shown), self._of_bank(shown), self._of_views(runs), self._of_clickhouse(runs)), strict=True)
            ),
        )

    def _figures(self, runs: MonthRuns, shown: Mapping[str, Any]) -> Iterator[Figures]:
        """In the order of `SOURCES`."""
        yield _of_runs(shown)
        yield self._of_bank(shown)
        yield self._of_views(runs)
        yield self._of_clickhouse(runs)

    def _of_bank(self, shown: Mapping[str, Any]) -> Figures:
        memory = read_memory(self.desks.bank / "out")
        outcomes = [memory[file["message_id"]]["outcomes"] for run in shown.values() for file in run["files"]]
        return {name: (sum(each[name] for each in outcomes), sum(each[f"{name}_cents"] for each in outcomes)) for name in STANDINGS}

    def _of_views(self, runs: MonthRuns) -> Figures:
        """Views show where each right stands; what was paid again had failed once before, for the reason on its line."""
        try:
            payouts = [self.desks.staff.views.get(f"/v1/runs/{run}")["payouts"] for run in runs.deciding]
        except Turned:
            return NOTHING  # the views have not come to the run yet
        figures = {name: (sum(each[name]["count"] for each in payouts), sum(each[name]["cents"] for each in payouts)) for name in STANDINGS}
        for line in self._paid_again(runs):
            name = "rejected" if line["reason_code"] == "AC01" else "returned"
            count, cents = figures[name]
            figures[name] = (count + 1, cents + line["amount_cents"])
        return figures

    def _paid_again(self, runs: MonthRuns) -> list[Any]:
        pages = [self.desks.staff.officer.get(f"/v1/runs/{run}/lines", limit=1_000)["lines"] for run in runs.again]
        return [line for lines in pages for line in lines if line["standing"] == "again"]

    def _of_clickhouse(self, runs: MonthRuns) -> Figures:
        query = "SELECT state, count() AS n, sum(amount_cents) AS cents FROM payments WHERE run_ref IN {runs:Array(String)} GROUP BY state"
        url, asked = f"http://{self.settings.host}:{self.settings.clickhouse_port}/", str(runs.deciding)
        answer = httpx.get(url, params={"query": f"{query} FORMAT JSONEachRow", "param_runs": asked}, timeout=30, trust_env=False)
        rows = {row["state"]: (int(row["n"]), int(row["cents"])) for row in map(orjson.loads, answer.raise_for_status().text.splitlines())}
        return {name: rows.get(name, (0, 0)) for name in STANDINGS}


def _of_runs(shown: Mapping[str, Any]) -> Figures:
    settled = [run["settlement"] for run in shown.values()]
    return {name: (sum(each["counts"][name] for each in settled), sum(each["cents"][name] for each in settled)) for name in STANDINGS}


def _not_due(reasons: list[str]) -> bool:
    return reasons in (["no-right"], ["advance-not-yet"])


def _told(reason: str) -> str:
    """A reason without the month that it is about."""
    month, _, rest = reason.partition(":")
    return rest if month[:2] == "20" else reason


def planted(place: Path, values: Iterable[str]) -> Path:
    """Values that `verify` must find nowhere in the data, in a file outside it."""
    place.write_text("\n".join(sorted(set(values))) + "\n", encoding="utf-8")
    return place
