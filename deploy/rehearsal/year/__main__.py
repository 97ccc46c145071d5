"""`./deploy/year`: the chain starts, a synthetic region lives on its benefits for some months, and the totals are compared."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.broker import Broker, BrokerFailed
from deploy.region.benefit_clients import BenefitClient, benefit_clients
from deploy.rehearsal import chain
from deploy.rehearsal.desks import Advance, Turned
from deploy.rehearsal.runs import RunDesks, Stuck
from deploy.rehearsal.staff import staff_of
from deploy.rehearsal.summary import PRINTED_COLUMNS, Timing, took, verified
from deploy.rehearsal.year import tables
from deploy.rehearsal.year.caseworkers import Caseworkers
from deploy.rehearsal.year.figures import Asking, planted
from deploy.rehearsal.year.officers import Officers
from deploy.rehearsal.year.story import Year, days_of, starting_day
from deploy.rehearsal.year.turning import Turning
from services.benefits.bank_calendar import installed
from services.child import PartFailed
from services.ports import PortTaken
from services.supervise import Supervisor

FIRST = date(2024, 6, 1)
"""A year from June 2024 has new norms on 1 July and 1 January, and holiday allowance in May."""

MOST_MONTHS = 18
"""Norms are known until December 2025."""

app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def live(
    *,
    clients: Annotated[int, typer.Option(min=1, max=50_000, help="clients on a monthly benefit")] = 1_500,
    months: Annotated[int, typer.Option(min=1, max=MOST_MONTHS, help="months, from June 2024")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="another seed is another region")] = 1,
    once: Annotated[bool, typer.Option("--once", help="stop after the tables; exit 0 only if all agrees")] = False,
    data: Annotated[Path, typer.Option(help="data folder; one that has no year yet")] = Path("data-year"),
) -> None:
    """Live through months of benefits on the real chain."""
    console, data = Console(width=None if sys.stdout.isatty() else PRINTED_COLUMNS), data.resolve()
    if (data / chain.KEPT).exists():
        sys.exit(f"deploy/year: {data} holds a rehearsal already: name another folder with --data, or remove it")
    firsts = days_of(FIRST, months)
    settings, environment = chain.settings_of(data, starting_day(FIRST), _today())
    with Supervisor(needed=chain.needed(settings), report=console.print) as up:
        chain.start(up, settings, environment, Broker(data, settings.kafka_port, setting="BACKBONE_KAFKA_PORT"))
        region = list(benefit_clients(clients, seed, FIRST, months))
        holds = _lived(Turning(up, settings, environment, starting_day(FIRST)), region, firsts, seed, console)
        if once:
            raise typer.Exit(0 if holds else 1)
        up.watch("up: Ctrl-C to stop")


def _lived(turning: Turning, region: list[BenefitClient], firsts: list[date], seed: int, console: Console) -> bool:
    outside = turning.settings.data.with_name(f"{turning.settings.data.name}-outside")
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    timing, staff = Timing(console.print if not console.is_terminal else lambda _line: None), staff_of(turning.settings)
    with Progress(*columns, console=console, transient=True) as progress:

        def bars(name: str, total: int) -> Advance:
            task = progress.add_task(name, total=total or None)
            return lambda number: progress.advance(task, number)

        desks = RunDesks(staff, outside / "bank", turning.up.check, bars)
        workers = Caseworkers(staff, region, firsts, seed, bars)
        year = Year(region, firsts, workers, Officers(desks, installed()), turning, _today, timing)
        year.live()
        totals = timing.of("all sources asked", lambda: Asking(desks, turning.settings).months(year.runs, turning.up.check))
    for table in (tables.months, tables.punctuality, tables.reasons, tables.sources):
        console.print(table(totals))
    console.print(took(timing))
    holds = verified(turning.settings, planted(outside / "planted", _personal(region)), console)
    agree = all(each.agree for each in totals)
    console.print(
        f"{'all sources agree' if agree else '[bold red]THE SOURCES DISAGREE[/]'}; "
        f"{'every invariant holds' if holds else '[bold red]AN INVARIANT DOES NOT HOLD[/]'}"
    )
    return holds and agree


def _personal(region: list[BenefitClient]) -> list[str]:
    people = [member[name] for client in region for member in client.household["members"] for name in ("bsn", "name")]
    return [*people, *(iban for client in region for iban in (client.account["iban"], client.third))]


def _today() -> date:
    return datetime.now(UTC).date()


if __name__ == "__main__":
    try:
        app()
    except (BrokerFailed, PartFailed, PortTaken, Stuck, Turned) as failure:
        sys.exit(f"deploy/year: {failure}")
