"""The table of the fault matrix: row and crash point, whether it held, how long it took, and what was seen where it did not."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Cell:
    """`wrong` is empty where it held."""

    row: str
    point: str
    seconds: float
    wrong: str = ""


@dataclass
class Board:
    """Cells in the order in which they ended; `tell` hears of each."""

    tell: Callable[[str], None] = lambda _line: None
    cells: list[Cell] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def cell(self, row: str, point: str) -> Iterator[None]:
        """One cell; whatever goes wrong inside is noted and does not stop the others."""
        began = time.monotonic()
        try:
            yield
        except Exception as wrong:  # noqa: BLE001 - every failure of a cell belongs on the board
            self.note(Cell(row, point, time.monotonic() - began, f"{type(wrong).__name__}: {wrong}"))
        else:
            self.note(Cell(row, point, time.monotonic() - began))

    def note(self, cell: Cell) -> None:
        """Add a cell."""
        with self._lock:
            self.cells.append(cell)
        self.tell(
            f"{'FAILS' if cell.wrong else 'holds'}  {cell.row:12} {cell.point:40} {cell.seconds:6.1f} s  {cell.wrong[:2000]}".rstrip()
        )

    @property
    def holds(self) -> bool:
        """Whether every cell did, and there was one."""
        return bool(self.cells) and not any(cell.wrong for cell in self.cells)

    def table(self) -> Table:
        """As it is printed at the end."""
        table = Table("row", "crash point", "result", "seconds", title="Fault matrix")
        for cell in self.cells:
            table.add_row(cell.row, cell.point, "[red]FAILS[/]" if cell.wrong else "holds", f"{cell.seconds:.1f}")
        return table
