"""Answers that wait for their reader in a file, so that a client that sends everything before it reads stops nobody."""

import asyncio
from collections.abc import AsyncIterator
from tempfile import TemporaryFile

PIECE_BYTES = 262_144


class Spool:
    """One writer, one reader, on one event loop. The file is nameless and gone with the process."""

    def __init__(self) -> None:
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as the answer; `close` ends it
        self._written = 0
        self._ended = False
        self._news = asyncio.Event()

    def add(self, text: bytes) -> None:
        """More to read."""
        self._file.seek(self._written)
        self._written += self._file.write(text)
        self._news.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._news.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """What was added, until the end."""
        read = 0
        while read < self._written or not self._ended:
            self._news.clear()
            if read == self._written:
                await self._news.wait()
                continue
            self._file.seek(read)
            piece = self._file.read(min(PIECE_BYTES, self._written - read))
            read += len(piece)
            yield piece

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
