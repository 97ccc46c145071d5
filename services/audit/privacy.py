"""I12: no personal data outside vaults and bank files, wherever a process may have left some."""

import errno
import os
from collections.abc import Iterator
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from services.audit.finding import Tally
from services.audit.log_file import LogFile
from services.audit.topic import Delivered
from services.audit.unreachable import Unreachable

CHUNK: Final = 2**20
OVERLAP: Final = 256
ROWS_TOGETHER: Final = 500
OPEN_TO_OTHERS: Final = 0o077
TEXTS: Final = frozenset({".log", ".ndjson", ".json", ".out", ".txt", ".csv", ".xml"})


class Finder(Protocol):
    """Recognises personal data."""

    def found(self, text: bytes) -> Iterator[str]:
        """What was found, in words that do not repeat it."""


class Privacy:
    """Looks into one place after the other. `forms` looks where people write text, `planted` everywhere."""

    def __init__(self, tally: Tally, forms: Finder, planted: Finder | None) -> None:
        self._tally, self._forms, self._planted = tally, forms, planted

    def text(self, where: str, text: bytes) -> None:
        """Look at one text; `where` is named if there is something in it."""
        self._tally.looked_at()
        for what in self._found(text):
            self._tally.fault(f"{where} holds {what}")

    def _found(self, text: bytes) -> Iterator[str]:
        yield from self._forms.found(text)
        if self._planted:
            yield from self._planted.found(text)

    def log(self, log: LogFile) -> None:
        """Everything in the log of a service but what the vault sealed, as rows: a page of the file may cut a value in two."""
        rows = log.texts()
        while portion := list(islice(rows, ROWS_TOGETHER)):
            whole = b"\n".join(text for _, text in portion)
            if any(True for _ in self._found(whole)):
                for name, text in portion:
                    self.text(f"{name} of {log.service}", text)
            else:
                self._tally.looked_at(len(portion))

    def record(self, topic: str, record: Delivered) -> None:
        """Key, headers and value of a record on Kafka."""
        parts = [record.key or b"", *(b"%s: %s" % (name.encode(), value or b"") for name, value in record.headers), record.value or b""]
        self.text(f"the record at {topic}/{record.partition}/{record.offset}", b"\n".join(parts))

    def files(self, data: Path) -> None:
        """Every file under the data folder but vault keys, secrets and bank files, whose modes are looked at instead."""
        for path in sorted(path for path in data.rglob("*") if path.is_file()):
            place = path.relative_to(data)
            try:
                if _private(place):
                    self._tally.require(not path.stat().st_mode & OPEN_TO_OTHERS, f"{place} can be read by others")
                else:
                    self._file(path, place)
            except FileNotFoundError:
                continue  # a live system renames and removes files; what comes in their place is looked at next time
            except OSError as wrong:
                self._tally.fault(f"{place} cannot be read: {type(wrong).__name__}")

    def _file(self, path: Path, place: Path) -> None:
        finders = [self._planted] if self._planted else []
        if place.suffix in TEXTS and not _of_an_engine(place):
            finders.append(self._forms)
        if not finders:
            return
        self._tally.looked_at()
        with FileIO(path) as file:
            for text in _portions(file):
                for what in (what for finder in finders for what in finder.found(text)):
                    self._tally.fault(f"file {place} holds {what}")


def _portions(file: FileIO) -> Iterator[bytes]:
    """The file in pieces that end at a line's end, or overlap where lines are endless, as in binary files."""
    tail = b""
    for chunk in _written(file):
        text = tail + chunk
        end = text.rfind(b"\n", len(text) - OVERLAP)
        yield text if end < 0 else text[:end]
        tail = text[-OVERLAP:] if end < 0 else text[end:]
    yield tail


def _written(file: FileIO) -> Iterator[bytes]:
    """What was ever written: Kafka reserves gigabytes for indexes that are never filled."""
    place = 0
    while True:
        try:
            place = os.lseek(file.fileno(), place, os.SEEK_DATA)
        except OSError as end:
            if end.errno == errno.ENXIO:
                return
            raise
        chunk = file.read(CHUNK)
        if not chunk:
            return
        place += len(chunk)
        yield chunk


def _of_an_engine(place: Path) -> bool:
    """Whether Kafka, RocksDB or ClickHouse wrote it: their own numbers have every form, and may be cut by compression."""
    return place.parts[0] in ("kafka", "views", "clickhouse")


def _private(place: Path) -> bool:
    return place.parts[0] in ("bank", "issuer") or "secrets" in place.parts or place.name.startswith("keys.sqlite")


def planted_in(path: Path | None) -> list[str]:
    """The values of a file of planted values, one a line; raises `Unreachable`."""
    try:
        return [] if path is None else path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Unreachable(f"the planted values cannot be read: {type(wrong).__name__}") from wrong
