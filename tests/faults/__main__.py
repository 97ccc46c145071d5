"""`./deploy/faults [ROW ...]`: the fault matrix on real processes; a table row x crash point, exit 1 if a cell fails."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.faults.board import Board
from tests.faults.rows import ROWS
from tests.faults.site import perform, site

app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def faults(
    rows: Annotated[list[str] | None, typer.Argument(help=f"of {', '.join(ROWS)}; all without one")] = None,
    *,
    keep: Annotated[Path | None, typer.Option(help="folder for data and logs of the processes, kept afterwards")] = None,
) -> None:
    """Inject every fault at every point that it can meet, and verify at the end of each run."""
    unknown = sorted(set(rows or ()) - ROWS.keys())
    if unknown:
        sys.exit(f"deploy/faults: no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    console, began = Console(width=160), time.monotonic()
    board = Board(lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True))
    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        for row in rows or ROWS:
            folder = (keep or Path(temporary)).resolve() / row
            folder.mkdir(parents=True)
            made = site(folder, ROWS[row].terms)
            with board.cell(row, "whole run"):
                perform(made, lambda made, row=row: ROWS[row].scenario(made, board))  # type: ignore[misc]  # default binds the loop
            for line in made.stage.unasked:
                console.print(f"       {row:12} by itself: {line}", markup=False)
    console.print(board.table())
    wrong = sum(bool(cell.wrong) for cell in board.cells)
    console.print(f"{len(board.cells)} cells, {wrong} fail, {time.monotonic() - began:.0f} s")
    sys.exit(0 if board.holds else 1)


if __name__ == "__main__":
    app()
