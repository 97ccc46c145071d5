"""Where the facts of data teams are kept: the embedded ClickHouse under the data folder, or a ClickHouse server."""

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError, ProgrammingError
from urllib3.exceptions import HTTPError

from services.settings import Settings

DATABASE: Final = "reporting"
EMBEDDED: Final = "chdb://"
CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 60

# What passes by itself: timeouts, memory, disk full, read-only replica, too many queries or parts, network, keeper.
_PASSING: Final = frozenset({159, 202, 203, 209, 210, 241, 242, 243, 252, 279, 319, 394, 425, 439, 999})


class StoreLocked(RuntimeError):
    """Another process has the embedded ClickHouse open; the text names the folder and that process."""


class StoreAway(RuntimeError):
    """ClickHouse cannot take or give anything now; the same call may succeed later."""


def location(settings: Settings) -> str:
    """`chdb:///folder` for the embedded engine, else the http(s) URL of a server."""
    return settings.clickhouse or f"{EMBEDDED}{settings.data.resolve() / 'clickhouse'}"


def is_embedded(where: str) -> bool:
    """Whether the engine lives in this process."""
    return where.startswith(EMBEDDED)


def folder_of(where: str) -> Path:
    """Folder of an embedded store."""
    return Path("/" + where.removeprefix(EMBEDDED).lstrip("/"))


def open_store(where: str) -> Client:
    """A writing handle on database `reporting`, which is created when missing.

    Raises `StoreLocked`, or `StoreAway` when a server does not answer. One handle serves one thread;
    an embedded engine serves many handles of one process at the same time.
    """
    if is_embedded(where):
        folder_of(where).mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        client = _connect(where)
        client.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    except ClickHouseError as wrong:
        if is_embedded(where):
            require_unlocked(folder_of(where))
        raise passing(wrong) from wrong
    except (HTTPError, OSError) as wrong:
        raise StoreAway(f"ClickHouse does not answer: {type(wrong).__name__}") from wrong
    client.database = DATABASE
    return client


def _connect(where: str) -> Client:
    if is_embedded(where):
        return clickhouse_connect.get_client(dsn=where)
    return clickhouse_connect.get_client(
        dsn=where, connect_timeout=CONNECT_SECONDS, send_receive_timeout=ANSWER_SECONDS, autogenerate_session_id=False
    )


def require_unlocked(folder: Path) -> None:
    """Raise `StoreLocked` when another process holds ClickHouse's own lock on the folder."""
    status = folder / "status"
    with suppress(FileNotFoundError), status.open("r+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as locked:
            owner = held.read().partition("\n")[0] or "PID unknown"
            raise StoreLocked(
                f"the embedded ClickHouse in {folder} is open in another process ({owner}); one sink at a time writes it"
            ) from locked


def passing(wrong: ClickHouseError) -> Exception:
    """`StoreAway` for what may pass by itself, else the error as it is: waiting would not help."""
    code = getattr(wrong, "code", None)
    unreachable = isinstance(wrong, OperationalError) or (isinstance(wrong, DatabaseError) and code is None)
    if (code in _PASSING or unreachable) and not isinstance(wrong, ProgrammingError):
        return StoreAway(f"ClickHouse error {code or type(wrong).__name__}")
    return wrong
