"""`./deploy/run`: the chain starts, a synthetic region goes through an energy allowance run, and the totals are compared."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.broker import Broker, BrokerFailed
from deploy.region import generate
from deploy.region.norms import NormCategory
from deploy.rehearsal import chain, summary
from deploy.rehearsal.desks import Advance, Turned
from deploy.rehearsal.runs import Stuck
from deploy.rehearsal.staff import staff_of
from deploy.rehearsal.story import Story
from services.benefits.allowance_rules import installed
from services.child import PartFailed
from services.ports import PortTaken
from services.settings import Settings
from services.supervise import Supervisor

REFERENCE = date(2024, 1, 1)
REHEARSED = date(2024, 3, 5)
"""The 2023 allowance could be paid until 31 August 2024 (Stb. 2023, 329), so the clock of a rehearsal is shifted."""


app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def rehearse(
    *,
    once: Annotated[bool, typer.Option("--once", help="stop after the summary; exit 0 only if every invariant holds")] = False,
    households: Annotated[int, typer.Option(min=1, max=300_000, help="households in the synthetic region")] = 15_000,
    seed: Annotated[int, typer.Option(min=0, help="another seed is another region")] = 1,
    data: Annotated[Path, typer.Option(help="data folder; a second start on it goes on where it was")] = Path("data"),
) -> None:
    """Rehearse an energy allowance run on the real chain."""
    console = Console(width=None if sys.stdout.isatty() else summary.PRINTED_COLUMNS)
    data = data.resolve()
    settings, environment = chain.settings_of(data, REHEARSED, datetime.now(UTC).date())
    broker = Broker(data, settings.kafka_port, setting="BACKBONE_KAFKA_PORT")
    with Supervisor(needed=chain.needed(settings), report=console.print) as up:
        chain.start(up, settings, environment, broker)
        holds = _story(up, settings, households, seed, console)
        if once:
            raise typer.Exit(0 if holds else 1)
        up.watch("up: Ctrl-C to stop")


def _story(up: Supervisor, settings: Settings, households: int, seed: int, console: Console) -> bool:
    outside = settings.data.with_name(f"{settings.data.name}-outside")
    files = outside / "region" / f"seed-{seed}-{households}"
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        def bars(name: str, total: int) -> Advance:
            task = progress.add_task(name, total=total or None)
            return lambda number: progress.advance(task, number)

        story = Story(staff_of(settings), files, outside / "bank", seed, REHEARSED, up.check, bars)
        timing = summary.Timing(console.print if not console.is_terminal else lambda _line: None)
        timing.of("region files", lambda: generate(households, seed, REFERENCE, _norms()).write(files))
        run, again = _steps(story, timing)
        totals = timing.of("views and ClickHouse complete", lambda: summary.complete(settings, story, run, again))
    return summary.show(settings, story, totals, timing, console)


def _steps(story: Story, timing: summary.Timing) -> tuple[str, str | None]:
    for name, step in (
        ("teams", story.form_teams),
        ("households", story.register_households),
        ("accounts", story.bind_accounts),
        ("opening balances", story.record_opening_balances),
        ("applications and changes", story.receive_applications),
    ):
        timing.of(name, step)
    run = timing.of("prepare", story.prepare_run)
    timing.of("sample judged", lambda: story.judge_sample(run))
    timing.of("approve, release, files", lambda: story.approve_and_release(run))
    timing.of("bank", lambda: story.pay(run))
    timing.of("close", lambda: story.close(run))
    again = timing.of("pay again what came back", lambda: story.pay_again(run))
    timing.of("handovers", story.hand_over)
    return run, again


def _norms() -> dict[NormCategory, int]:
    """Incomes of the region follow the norms of the rules, so that the cases at the limit lie at the limit."""
    rules = next(each for each in installed() if each.scheme_year == REFERENCE.year - 1)
    return {category: rules.norm_cents(category) for category in get_args(NormCategory)}


if __name__ == "__main__":
    try:
        app()
    except (BrokerFailed, PartFailed, PortTaken, Stuck, Turned) as failure:
        sys.exit(f"deploy/run: {failure}")
