"""Lines that only grow in number, each naming the hash of the line before it; months are closed and the chain goes on in the next."""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

BEGIN: Final = "0" * 64
"""What the very first line follows on."""

TAIL_BYTES: Final = 1_048_576
"""More than a line may have: within it lies the end of the last whole one."""

MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class Taken(Exception):
    """Another process writes this file."""


class Head(NamedTuple):
    """The last line of a chain: its number, from 1, and the SHA-256 of its bytes without the line's end."""

    number: int
    digest: str


def files_of(folder: Path, name: str) -> list[Path]:
    """The files of a chain in order: closed months, then the open one."""
    closed = sorted(path for path in folder.glob(f"{name}-*.ndjson") if MONTH.fullmatch(path.stem.removeprefix(f"{name}-")))
    return [*closed, *(path for path in (folder / f"{name}.ndjson",) if path.exists())]


def lines_of(folder: Path, name: str, having: str = "") -> Iterator[dict[str, Any]]:
    """Every whole line of a chain with this text in it, in order. Raises `OSError`, and `ValueError` for a line that is no JSON."""
    sought = having.encode()
    for path in files_of(folder, name):
        with path.open("rb") as file:
            yield from (orjson.loads(line) for line in file if sought in line and line.endswith(b"\n"))


class Chain:
    """`name` in `folder` (mode 0600), written by one process at a time; raises `Taken`.

    A line that a crash cut off was never acknowledged and is taken away at the start. A crash between the closing of a month and the
    first line of the next leaves no open file: the chain goes on behind the last closed one.
    """

    def __init__(self, folder: Path, name: str, month_of: str) -> None:
        self._folder, self.name, self._month_of = folder, name, month_of
        self._path = folder / f"{name}.ndjson"
        self._descriptor = self._opened()
        self._size, last = self._cut()
        behind = last or self._last_closed()
        self.head = Head(int(orjson.loads(behind)["number"]), sha256(behind).hexdigest()) if behind else Head(0, BEGIN)
        self._month = str(orjson.loads(last)[month_of])[:7] if last else ""
        self._closed = self._newest_closed()

    def append(self, lines: Sequence[Mapping[str, object]]) -> None:
        """All of these lines on disk, or none of them and an `OSError`; lines of a later month begin a file.

        Not after a clock went back: a month is closed once, and files stay in the order of their lines.
        """
        if not lines:
            return
        month = str(lines[0][self._month_of])[:7]
        if month > self._month > self._closed:
            self._close_month()
        text, head = self._text(lines)
        try:
            self._write(text)
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(text)
        self.head, self._month = head, max(self._month, month)

    def outlived(self, years: int) -> Iterator[tuple[Path, Head]]:
        """Closed months from so many years before the open one, and their last lines."""
        last = f"{int(self._month[:4]) - years:04d}{self._month[4:]}" if self._month else ""
        for path in files_of(self._folder, self.name):
            if path != self._path and path.stem.removeprefix(f"{self.name}-") < last:
                line = path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
                yield path, Head(int(orjson.loads(line)["number"]), sha256(line).hexdigest())

    def close(self) -> None:
        """Give the file up, and with it its lock."""
        os.close(self._descriptor)

    def _text(self, lines: Sequence[Mapping[str, object]]) -> tuple[bytes, Head]:
        number, digest = self.head
        written = []
        for line in lines:
            number += 1
            text = orjson.dumps({**line, "number": number, "previous": digest}, option=orjson.OPT_SORT_KEYS)
            digest = sha256(text).hexdigest()
            written.append(text)
        return b"".join(text + b"\n" for text in written), Head(number, digest)

    def _write(self, text: bytes) -> None:
        written = 0
        while written < len(text):
            written += os.pwrite(self._descriptor, text[written:], self._size + written)
        os.fsync(self._descriptor)

    def _close_month(self) -> None:
        self._path.rename(self._folder / f"{self.name}-{self._month}.ndjson")
        closed, self._descriptor = self._descriptor, self._opened()
        os.close(closed)
        self._size, self._month, self._closed = 0, "", self._month

    def _newest_closed(self) -> str:
        closed = [path for path in files_of(self._folder, self.name) if path != self._path]
        return closed[-1].stem.removeprefix(f"{self.name}-") if closed else ""

    def _opened(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            os.close(descriptor)
            raise Taken(f"another process writes {self._path.name}") from taken
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return descriptor

    def _cut(self) -> tuple[int, bytes]:
        """Take away what is behind the last line's end; the size then, and the last line."""
        size = os.fstat(self._descriptor).st_size
        tail = os.pread(self._descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES))
        whole = tail.rfind(b"\n") + 1
        os.ftruncate(self._descriptor, size - len(tail) + whole)
        return size - len(tail) + whole, tail[:whole].rstrip(b"\n").rpartition(b"\n")[2]

    def _last_closed(self) -> bytes:
        closed = [path for path in files_of(self._folder, self.name) if path != self._path]
        return closed[-1].read_bytes().rstrip(b"\n").rpartition(b"\n")[2] if closed else b""
