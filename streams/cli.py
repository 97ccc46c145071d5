"""What operators do with the views from the command line: run the worker, rebuild, look into quarantine."""

import typer

from services import logs
from services.settings import Settings
from streams.worker import work


def worker() -> None:
    """Run the views and their read API until SIGTERM; one worker at a time in this version."""
    logs.start()
    raise typer.Exit(work(Settings.read()))


def register(app: typer.Typer) -> None:
    """Add these commands to `backbone`, through the entry-point group `backbone.commands`."""
    app.command()(worker)
