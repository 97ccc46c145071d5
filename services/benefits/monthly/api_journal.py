"""The general ledger over HTTP, for the books of each municipality."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI

from services.access.caller import Caller, Role
from services.benefits.monthly.api_run import MonthName
from services.benefits.monthly.journal import Journal, balances
from services.contracts.codec import Codec, published
from services.contracts.envelope import Envelope, Event
from services.eventlog.log import EventLog
from services.web.callers import requires

KEEPERS: tuple[Role, ...] = ("payments-officer", "manager", "auditor")
Keeper = Annotated[Caller, requires(*KEEPERS, scope="own")]
RECORDS_A_READ = 5_000


def add_journal(app: FastAPI, log: EventLog) -> None:
    """The export; it is recomputed from the facts each time, so that it can never drift from them."""
    codec = published()

    @app.get("/v1/journals/{month}")
    async def show_journal(caller: Keeper, month: MonthName) -> dict[str, Any]:
        """What was recorded in a month, by municipality and account, in cents; debit equals credit in each municipality."""
        rows = await asyncio.to_thread(lambda: balances(Journal().entries(_facts(log, codec)), month))
        return {"month": month, "balances": [asdict(row) for row in rows if row.municipality in caller.municipalities]}


def _facts(log: EventLog, codec: Codec) -> Iterator[Envelope[Event]]:
    position = 0
    while records := log.after(position, RECORDS_A_READ):
        yield from (codec.from_record(log.service, record) for record in records)
        position = records[-1].position
