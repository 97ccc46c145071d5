"""What one service knows of a client, for the client: the facts, what the vault holds, and who looked at it and why (AVG art. 15)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Path, Request

from services.access.caller import allow
from services.contracts.codec import Record
from services.eventlog.about import records_about
from services.eventlog.log import EventLog
from services.vault.erasure import is_erased
from services.vault.vault import Unopened, Vault
from services.web.own_data import OwnData
from services.web.own_lookups import EXPORT, EXPORTERS, ExportBody, Exporter, shown_lookups
from services.web.problem import Problem
from services.web.purposes import require_export
from services.web.reads import Reads

ACCOUNTS = ("account-bound", "account-change-proposed")

Client = Annotated[str, Path(pattern=r"^p-[a-z0-9-]{1,62}$")]


@dataclass(frozen=True, slots=True)
class Archive:
    """Where one service keeps what it knows of clients; `now` gives the time in UTC."""

    log: EventLog
    vault: Vault
    reads: Reads
    now: Callable[[], datetime]


def add_export(app: FastAPI, archive: Archive) -> None:
    """The route by which a client's own data are gathered; a reading like any other, so it has a line in the processing log."""

    @app.post("/v1/clients/{client}/exports")
    async def export_client(caller: Exporter, client: Client, request: Request, body: ExportBody) -> dict[str, Any]:
        """Everything that this service knows of a client, without what is of others or of the house's own checks.

        The ground is the stated purpose: care and youth are in it, so it must open both (services/access/policies/special-categories.toml).
        """
        async with archive.reads.of(request, caller, EXPORT + body.ground, client):
            records = await asyncio.to_thread(_records, archive.log, client)
            if not records:
                raise Problem(404, "unknown-client", "nothing is known here of this client")
            allow(caller, EXPORTERS, _municipality(records))
            require_export(request, caller, body.ground, archive.now().date())
            if is_erased(archive.log, client):
                raise Problem(410, "client-erased", "this client was erased; nothing of a person is left to give")
            return await asyncio.to_thread(gathered, archive, client, records)


def _records(log: EventLog, client: str) -> list[Record]:
    return list(records_about(log, client))


def _municipality(records: Sequence[Record]) -> str | None:
    return next((record.municipality for record in reversed(records) if record.municipality is not None), None)


def gathered(archive: Archive, client: str, records: Sequence[Record]) -> dict[str, Any]:
    """The export as JSON; `left_out` says which kinds of things were not given."""
    own = OwnData(client)
    facts = [_fact(record, own) for record in records]
    values, third_parties = _values(archive, client, _own_accounts(records))
    left_out = {*own.left_out, *(["third-party-accounts"] if third_parties else [])}
    return {
        "service": archive.log.service,
        "client": client,
        "facts": facts,
        "values": values,
        "readings": list(shown_lookups(archive.reads.of_client(client))),
        "left_out": sorted(left_out),
    }


def _fact(record: Record, own: OwnData) -> dict[str, Any]:
    return {
        "what": record.type.split(".")[3],
        "recorded_at": record.recorded_at,
        "holds_from": record.effective_at,
        "data": own.of(orjson.loads(record.data)),
    }


def _own_accounts(records: Iterable[Record]) -> set[str]:
    """Accounts on which the client is paid; others under the client's key are of a landlord or a creditor."""
    bound = (record for record in records if record.type.split(".")[3] in ACCOUNTS)
    return {str(orjson.loads(record.data)["account_ref"]) for record in bound}


def _values(archive: Archive, client: str, own_accounts: set[str]) -> tuple[dict[str, Mapping[str, Any]], int]:
    """What the vault holds of the client by reference, and how many accounts of others were left out."""
    found: dict[str, Mapping[str, Any]] = {}
    others = 0
    for ref in archive.vault.owned(archive.log, client):
        try:
            value = archive.vault.open(archive.log, ref)
        except Unopened as closed:
            found[ref] = {"unreadable": closed.reason}
            continue
        if "iban" in value and ref not in own_accounts:
            others += 1
        else:
            found[ref] = value
    return found, others
