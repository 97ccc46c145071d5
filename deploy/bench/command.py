"""The command `backbone bench`: the chosen figures, each beside its peer, as a table or as JSON."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from deploy.bench.figure import Figure, as_json, show
from deploy.bench.peers import Peers
from deploy.bench.place import OwnBroker, Place
from services.serving import collect_rarely
from services.settings import Settings

PRINTED_COLUMNS: Final = 170


class Name(StrEnum):
    """The modules that have figures, in the order in which they are measured."""

    HANDLE = "handle"
    HTTP = "http"
    RELAY = "relay"
    VIEW = "view"
    SINK = "sink"
    REBUILD = "rebuild"
    LATENCY = "latency"
    CARE = "care"
    MONTH = "month"
    ALLOWANCE = "allowance"
    MONTH_45000 = "month_45000"


USUAL: Final = tuple(name for name in Name if name is not Name.MONTH_45000)
"""What is measured where nothing is named: what takes long must be asked for."""


def register(app: typer.Typer) -> None:
    """Add this command to `backbone`, through the entry-point group `backbone.commands`."""
    app.command()(bench)


def bench(
    figures: Annotated[list[Name] | None, typer.Argument(help="which figures; without this all but month_45000")] = None,
    *,
    as_list: Annotated[bool, typer.Option("--json", help="a list of {what, value, unit, peer, peer_value, ratio, target, met}")] = False,
) -> None:
    """Measure speed and size beside the peers; exit 1 if a figure could not be measured. About eight minutes on two cores."""
    told, kept = Console(stderr=True), (Settings.read().data / "bench").resolve()
    kept.mkdir(parents=True, exist_ok=True)
    collect_rarely()  # as every process of the product
    with tempfile.TemporaryDirectory(dir=kept) as folder, OwnBroker(Path(folder) / "broker") as broker:  # on the disk that is used
        peers = Peers(kept)
        place = Place(Path(folder), peers, broker.bootstrap, broker.rest, lambda line: told.print(line, markup=False, highlight=False))
        measured = [figure for name in figures or USUAL for figure in attempt(place, name)]
    if as_list:
        typer.echo(as_json(measured))
    else:
        show(measured, Console(width=None if sys.stdout.isatty() else PRINTED_COLUMNS))
    raise typer.Exit(1 if any(figure.value is None for figure in measured) else 0)


def attempt(place: Place, name: Name) -> Sequence[Figure]:
    """The figures of a module; one without a value where it failed, so that the others are still measured."""
    place.say(f"measuring {name}")
    try:
        measure: Callable[[Place], list[Figure]] = import_module(f"deploy.bench.{name}").figures
        return measure(place)
    except Exception as failure:  # noqa: BLE001 - whatever went wrong is told, and makes the exit code 1
        place.say(f"{name} could not be measured: {type(failure).__name__}: {failure}")
        return [Figure(name, None, "")]
