"""A network between two parties that can be slow, cut, deaf in one direction, or lose an answer."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PIECE = 65_536
LAST_TURNS_SECONDS = 0.1


@dataclass
class Weather:
    """How the network is now; changed from any thread. `lost_answers` counts down: so many connections break as their answer comes."""

    delay_seconds: float = 0.0
    is_deaf_upstream: bool = False
    is_deaf_downstream: bool = False
    is_cut: bool = False
    lost_answers: int = 0


@dataclass
class Proxy:
    """Listens on loopback at `port` and carries bytes to `target`; in a thread of its own."""

    port: int
    target: int
    weather: Weather = field(default_factory=Weather)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    def start(self) -> "Proxy":
        """Carry until `stop`."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready.set,), name=f"proxy-{self.port}", daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def stop(self) -> None:
        """Close everything."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(10)

    def cut(self) -> None:
        """Break every connection; new ones are refused while `weather.is_cut`."""
        self._loop.call_soon_threadsafe(self._break_all)

    def _break_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _run(self, ready: Callable[[], None]) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", self.port))
        ready()
        self._loop.run_forever()
        server.close()
        under_way = asyncio.all_tasks(self._loop)
        for task in under_way:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*under_way, return_exceptions=True))
        self._break_all()
        # Broken connections are closed by the loop itself, in its next turns.
        self._loop.run_until_complete(asyncio.sleep(LAST_TURNS_SECONDS))
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather.is_cut:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, up_writer}
        ways = {
            asyncio.ensure_future(self._carry(reader, up_writer, upstream=True)),
            asyncio.ensure_future(self._carry(up_reader, writer, upstream=False)),
        }
        with suppress(asyncio.CancelledError):  # the proxy stops
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        writer.transport.abort()
        up_writer.transport.abort()
        self._open -= {writer, up_writer}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, upstream: bool) -> None:
        while piece := await reader.read(PIECE):
            if not upstream and self.weather.lost_answers > 0:
                self.weather.lost_answers -= 1
                return
            if self.weather.delay_seconds:
                await asyncio.sleep(self.weather.delay_seconds)
            if self._is_deaf(upstream=upstream):
                while self._is_deaf(upstream=upstream):  # noqa: ASYNC110 - the weather is changed from other threads
                    await asyncio.sleep(0.1)
                return
            writer.write(piece)
            await writer.drain()

    def _is_deaf(self, *, upstream: bool) -> bool:
        """What was sent meanwhile is gone, so the connection breaks when the network is back."""
        return self.weather.is_deaf_upstream if upstream else self.weather.is_deaf_downstream
