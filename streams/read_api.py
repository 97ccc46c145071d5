"""The views over HTTP: a client, what was paid, how far a run is; and for operators what is held and what rows come to."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request

from services.access.break_glass import open_to
from services.access.caller import Caller
from services.access.gate import Gate
from services.access.lookups import lookups
from services.contracts.topics import PARTITIONS
from services.web.app import new_app
from services.web.body import Body
from services.web.callers import requires
from services.web.emergencies import consider
from services.web.health import Check, health
from services.web.own_lookups import EXPORT, ExportBody, Exporter, shown_lookups
from services.web.problem import Problem
from services.web.purposes import StatedPurpose, left_closed
from services.web.trail import done_to
from streams import allowance_run, contact_view, glass_parts, payout_status, special_parts
from streams.app import Views
from streams.quarantine import Held
from streams.reader import ACTIVITY, Processed, Reader, Wanted, without_bookkeeping
from streams.view import Row

ClientReader = Annotated[Caller, requires("caseworker", "coordinator", "auditor", glass=True)]
PayoutReader = Annotated[Caller, requires("caseworker", "coordinator", "payments-officer", "payments-approver", "auditor")]
RunReader = Annotated[Caller, requires("payments-officer", "payments-approver", "manager", "auditor", scope="region")]
Operator = Annotated[Caller, requires("operator", scope="none")]

ViewName = Annotated[str, Path(pattern=r"^[a-z]+(-[a-z]+)*$")]
Ref = Annotated[str, Path(pattern=r"^[a-z]+-?[0-9a-z-]{1,63}$")]
Stream = Annotated[str | None, Query(pattern=r"^[a-z]+/[a-z-]+/[A-Za-z0-9/-]{1,100}$")]
AtLeastVersion = Annotated[int | None, Query(alias="atLeastVersion", ge=1)]


class HeldKey(Body):
    """Whose held records an operator decides on: a client, household or run of one view."""

    view: str
    key: str


def read_api(gate: Gate, body_limit_bytes: int, reader: Reader, checks: Mapping[str, Check]) -> FastAPI:
    """The application; every route is `async def`, as a synchronous one kept Faust from stopping."""
    app = new_app("views", "What whoever meets a client, pays a run or keeps the views going may see.", gate, body_limit_bytes)
    _clients(app, reader)
    _exports(app, reader)
    _households(app, reader)
    _runs(app, reader)
    _upkeep(app, reader.views, reader)
    health(app, "worker", checks)
    return app


def _clients(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/clients/{client}", tags=["clients"])
    async def client_view(
        caller: ClientReader,
        request: Request,
        client: Ref,
        stream: Stream = None,
        at_least_version: AtLeastVersion = None,
        purpose: StatedPurpose = None,
    ) -> dict[str, Any]:
        """Who answers for a client today and how to reach the team; holder, what is open and by when, payouts, timeline and load."""
        started, wanted = reader.now(), Wanted(stream, at_least_version)
        rows = await reader.when_there(contact_view.VIEW.name, wanted, lambda: _one(reader.client(client)))
        consider(request, open_to((each for row in rows for each in glass_parts.openings(row)), caller, started))
        view = {} if not rows or contact_view.is_erased(rows[0]) else {**contact_view.shown(rows[0]), **reader.answering(rows[0])}
        left_out = left_closed(request, caller, purpose, special_parts.domains(view), reader.today())
        await _noted(reader, caller, request, started, (client, rows))
        _require_there(rows[0])
        told = special_parts.without(view, left_out) if left_out else view
        if not caller.works_for(view["municipality"]):
            told = glass_parts.without_money(told)
        return {**told, "held": reader.held(contact_view.VIEW.name, client)}

    @app.get("/v1/clients/{client}/payouts", tags=["clients"])
    async def client_payouts(
        caller: PayoutReader, request: Request, client: Ref, stream: Stream = None, at_least_version: AtLeastVersion = None
    ) -> dict[str, Any]:
        """Every right of a client with what became of its money, and totals in cents."""
        started, wanted = reader.now(), Wanted(stream, at_least_version)
        rows = await reader.when_there(payout_status.VIEW.name, wanted, lambda: reader.payouts("client", client))
        await _noted(reader, caller, request, started, (client, rows))
        _require_there(reader.client(client) or {})
        return _payouts(reader, "client", client, rows)


def _exports(app: FastAPI, reader: Reader) -> None:
    @app.post("/v1/clients/{client}/exports", tags=["clients"])
    async def export_readings(caller: Exporter, request: Request, client: Ref, body: ExportBody) -> dict[str, Any]:
        """Who looked at a client in the views and why; what the views show is told by the services, from which they have it."""
        started, row = reader.now(), reader.client(client)
        await _noted(reader, caller, request, started, (client, _one(row)), EXPORT + body.ground)
        _require_there(row or {})
        readings = await asyncio.to_thread(lookups, reader.log.folder, client)
        return {"service": "views", "client": client, "readings": list(shown_lookups(readings))}


def _households(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/households/{household_ref}/payouts", tags=["households"])
    async def household_payouts(
        caller: PayoutReader, request: Request, household_ref: Ref, stream: Stream = None, at_least_version: AtLeastVersion = None
    ) -> dict[str, Any]:
        """Every right of a household with what became of its money, and totals in cents."""
        started, wanted = reader.now(), Wanted(stream, at_least_version)
        rows = await reader.when_there(payout_status.VIEW.name, wanted, lambda: reader.payouts("household_ref", household_ref))
        if not rows:
            raise _nothing_known()
        for client in sorted({row["client"] for row in rows}):
            await _noted(reader, caller, request, started, (client, [row for row in rows if row["client"] == client]))
        return _payouts(reader, "household_ref", household_ref, rows)


def _runs(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/runs/{run_ref}", tags=["runs"])
    async def run_progress(
        _caller: RunReader, run_ref: Ref, stream: Stream = None, at_least_version: AtLeastVersion = None
    ) -> dict[str, Any]:
        """How far a run is, and what became of its payouts so far."""
        rows = await reader.when_there(allowance_run.VIEW.name, Wanted(stream, at_least_version), lambda: _one(reader.run(run_ref)))
        if not rows:
            raise Problem(404, "not found", "no such run is known here")
        return {**without_bookkeeping(rows[0]), "held": reader.held(allowance_run.VIEW.name, run_ref)}


def _upkeep(app: FastAPI, views: Views, reader: Reader) -> None:
    @app.get("/v1/views/{view}/digest", tags=["upkeep"])
    async def digest(_caller: Operator, view: ViewName) -> dict[str, Any]:
        """Per partition, at named offsets: how many rows, and the SHA-256 over their keys and canonical bytes."""
        keeper = reader.keeper(view)
        found = [await keeper.digest(partition) for partition in range(PARTITIONS)]
        partitions = [{"partition": d.partition, "offsets": d.offsets, "keys": d.keys, "sha256": d.sha256, "held": d.held} for d in found]
        return {"view": view, "keys": sum(d.keys for d in found), "partitions": partitions}

    @app.get("/v1/views/{view}/digest/{partition}", tags=["upkeep"])
    async def row_digests(_caller: Operator, view: ViewName, partition: Annotated[int, Path(ge=0, lt=PARTITIONS)]) -> dict[str, Any]:
        """The SHA-256 of each row of a partition, to find the one that differs."""
        return {"view": view, "partition": partition, "rows": await reader.keeper(view).row_digests(partition)}

    @app.get("/v1/quarantine", tags=["upkeep"])
    async def quarantined(_caller: Operator) -> list[dict[str, Any]]:
        """Every held record: where it lies, whose it is, and why it is held."""
        return [_held(name, held) for name in views.keepers for by_place in reader.keeper(name).held.values() for held in by_place.values()]

    @app.post("/v1/quarantine/_retry", tags=["upkeep"])
    async def retry(_caller: Operator, request: Request, asked: HeldKey) -> dict[str, Any]:
        """Read the held records of a key again; `held` is how many still are."""
        done_to(request, f"{asked.view} {asked.key}")
        return {"view": asked.view, "key": asked.key, "held": await reader.keeper(asked.view).retry(asked.key)}

    @app.post("/v1/quarantine/_discard", tags=["upkeep"])
    async def discard(_caller: Operator, request: Request, asked: HeldKey) -> dict[str, Any]:
        """Give up what the first held record of a key stands for, and go on with the others; `held` is how many still are."""
        done_to(request, f"{asked.view} {asked.key}")
        return {"view": asked.view, "key": asked.key, "held": await reader.keeper(asked.view).discard(asked.key)}


def _require_there(row: Row) -> None:
    """Raises `Problem` 410 for an erased client: what is left of their payouts is pseudonymous, and for totals only."""
    if contact_view.is_erased(row):
        raise Problem(410, "client-erased", f"this client was erased on {row['erased_on']}; nothing of them is shown any more")


def _one(row: Row | None) -> list[Row]:
    return [] if row is None else [row]


def _held(view: str, held: Held) -> dict[str, Any]:
    place = {"view": view, "key": held.name, "origin": str(held.origin)}
    return {**place, "reason": held.reason, "stream": held.stream, "version": held.version}


def _payouts(reader: Reader, group: str, ref: str, rows: list[Row]) -> dict[str, Any]:
    totals = reader.views.totals.of(group, ref)
    held = any(reader.held(payout_status.VIEW.name, row["client"]) for row in rows)
    return {group: ref, "payouts": [without_bookkeeping(row) for row in rows], "totals": totals, "held": held}


def _nothing_known() -> Problem:
    return Problem(404, "not found", "nothing is known of that reference")


async def _noted(
    reader: Reader, caller: Caller, request: Request, started: datetime, read: tuple[str, list[Row]], activity: str = ACTIVITY
) -> None:
    """One line for the client that was read, and 404 where there is none: a caller learns nothing by asking."""
    client, rows = read
    if not rows:
        raise _nothing_known()
    for municipality in sorted({row["municipality"] for row in rows}):
        await reader.noted(caller, Processed(activity, client, request, started), municipality)
