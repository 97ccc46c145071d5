"""Lines out of the pieces in which a network brings them, numbered from 1 as an editor numbers them."""

from typing import NamedTuple

LINE_BYTES = 65_536
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class NumberedLine(NamedTuple):
    """`text` without its end; `None` for a line longer than `LINE_BYTES`, which is not kept."""

    number: int
    text: bytes | None


class LineReader:
    """Takes pieces, gives whole lines; empty ones are counted and left out. Holds one unfinished line at most."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropping = False
        self._number = 0

    def feed(self, piece: bytes) -> list[NumberedLine]:
        """The lines that end in this piece."""
        *whole, rest = piece.split(b"\n")
        lines = [line for text in whole for line in self._finish(text)]
        self._keep(rest)
        return lines

    def end(self) -> list[NumberedLine]:
        """The last line, where no newline follows it."""
        return self._finish(b"") if self._rest or self._dropping else []

    def _keep(self, rest: bytes) -> None:
        self._rest += rest
        if len(self._rest) > LINE_BYTES:
            self._rest, self._dropping = b"", True

    def _finish(self, text: bytes) -> list[NumberedLine]:
        self._keep(text)
        whole, dropped = self._rest, self._dropping
        self._rest, self._dropping = b"", False
        self._number += 1
        if dropped:
            return [NumberedLine(self._number, None)]
        if self._number == 1:
            whole = whole.removeprefix(BYTE_ORDER_MARK)
        return [NumberedLine(self._number, whole)] if whole.strip() else []
