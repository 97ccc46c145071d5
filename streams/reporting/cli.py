"""What operators start for the data teams: the sink with its gateway."""

import typer

from services import logs
from services.serving import collect_rarely
from services.settings import Settings
from streams.reporting.process import run_sink


def sink() -> None:
    """Fill ClickHouse from Kafka and serve the read-only gateway until SIGTERM; one sink at a time."""
    logs.start()
    collect_rarely()
    raise typer.Exit(run_sink(Settings.read()))


def register(app: typer.Typer) -> None:
    """Add these commands to `backbone`, through the entry-point group `backbone.commands`."""
    app.command()(sink)
