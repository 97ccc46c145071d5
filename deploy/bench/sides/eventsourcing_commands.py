"""Peer of `handle`: load, decide and append on `eventsourcing`; arguments: SQLite file, clients, commands per client."""

import json
import os
import sys
import time
from uuid import UUID

from eventsourcing.application import Application  # type: ignore[import-not-found]  # lives in the peers' own environment
from eventsourcing.domain import Aggregate, event  # type: ignore[import-not-found]  # the same

STAFF = ("s-1", "s-2", "s-3")


class Client(Aggregate):  # type: ignore[misc]  # the same
    """A client with a contact person."""

    @event("Opened")  # type: ignore[untyped-decorator]  # the same
    def __init__(self, municipality: str, team_ref: str, contact_person: str, on: str) -> None:
        self.municipality, self.team_ref, self.contact_person, self.on = municipality, team_ref, contact_person, on

    @event("Assigned")  # type: ignore[untyped-decorator]  # the same
    def assign(self, contact_person: str, on: str, reason: str) -> None:
        """Another contact person."""
        self.contact_person, self.on, self.reason = contact_person, on, reason


def opened(app: Application) -> UUID:
    """A new client."""
    client = Client("GM0361", "team-1", STAFF[-1], "2024-02-15")
    app.save(client)
    found: UUID = client.id
    return found


def main(path: str, clients: str, turns: str) -> None:
    """Its own defaults: WAL, and synchronous as SQLite has it, which is FULL."""
    app = Application(env={**os.environ, "PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})
    refs = [opened(app) for _ in range(int(clients))]
    began = time.perf_counter()
    for turn in range(int(turns)):
        for ref in refs:
            client = app.repository.get(ref)
            client.assign(STAFF[turn % len(STAFF)], "2024-02-15", "leave")
            app.save(client)
    print(json.dumps({"count": len(refs) * int(turns), "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
