"""I12 for those who were erased: no key, no vault row and no BSN link is left of a client in any service that told so."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson

from services.audit.finding import Tally
from services.audit.log_file import LogFile
from services.audit.unreachable import Unreachable

TOLD: Final = "nl.sociaaldomein.{}.client-erased.v1"


def erased(log: LogFile, keys: Path, tally: Tally) -> None:
    """Look for what is left of every client whom a service says it erased. Raises `Unreachable`."""
    told = list(log.of_kind(TOLD.format(log.service), 0))
    known = frozenset(_key_ids(keys)) if told else frozenset()
    for fact in told:
        client = str(orjson.loads(fact.data)["client"])
        tally.looked_at()
        owned = log.beside("vault-owner", client)
        key_id, *refs = ("" if owned is None else owned.decode()).split("\n")
        tally.require(not refs, f"{fact.name}: {len(refs)} vault rows are left")
        tally.require(key_id not in known, f"{fact.name}: the key is left")
        tally.require(not log.links_to("bsn", client), f"{fact.name}: the link from the citizen service number is left")


def _key_ids(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            yield from (key_id for (key_id,) in connection.execute("SELECT key_id FROM keys"))
    except sqlite3.Error as wrong:
        raise Unreachable(f"{path.name} cannot be read: {wrong}") from wrong
