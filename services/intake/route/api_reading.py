"""What is read about the route over HTTP: one client's with its explanation, flags that stand, figures, rules, and a dry run of others."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Request

from services.access.caller import Caller, Role, allow
from services.intake.count import HouseholdCount
from services.intake.desk import household_of, local_day
from services.intake.household import Unknown, household, stream_of
from services.intake.office import WORKERS, ClientRef, Office
from services.intake.route.bodies import TrialBody
from services.intake.route.course import route_stream
from services.intake.route.explaining import explained
from services.intake.route.figures import CHANGES, monthly, named, shares, told
from services.intake.route.histories import Reading, read
from services.intake.route.special_parts import domains, without
from services.intake.route.standing import standing_flags
from services.intake.route.trial import trial
from services.web.callers import requires
from services.web.problem import Problem
from services.web.purposes import StatedPurpose, left_closed
from services.web.reads import Reads

READ_ROUTE = "urn:backbone:processing-activity:read-route"
LIST_FLAGS = "urn:backbone:processing-activity:list-flags"
TRY_RULES = "urn:backbone:processing-activity:try-route-rules"

EXPLAINED_TO: tuple[Role, ...] = (*WORKERS, "auditor")
Explained = Annotated[Caller, requires(*EXPLAINED_TO)]
Lister = Annotated[Caller, requires(*WORKERS, scope="own")]
Director = Annotated[Caller, requires("coordinator", "manager", scope="own")]
Anybody = Annotated[Caller, requires("caseworker", "coordinator", "manager", "auditor", scope="none")]


def add_route_reading(app: FastAPI, office: Office, reads: Reads, count: HouseholdCount) -> None:
    """The readings about the route."""
    _add_clients(app, office, reads)
    _add_rules(app, office, reads)
    _add_figures(app, office, count)


def _add_clients(app: FastAPI, office: Office, reads: Reads) -> None:
    @app.get("/v1/clients/{client}/route")
    async def read_route(caller: Explained, request: Request, client: ClientRef, purpose: StatedPurpose = None) -> dict[str, Any]:
        """Signals of a client, what the rules of today make of them and why, and the course of every flag.

        Signals of care and youth, and all notes where there are such signals, are left out unless a purpose opens them.
        """
        municipality = _home(office, client)
        async with reads.of(request, caller, READ_ROUTE, client):
            allow(caller, EXPLAINED_TO, municipality)
            facts, today = office.log.read(route_stream(client)), local_day(office.now())
            shown = explained(office.log, office.desk.vault, office.route, facts, today)
            left_out = left_closed(request, caller, purpose, domains(shown["signals"]), today)
            told = {**(without(shown, left_out) if left_out else shown), "left_out": sorted(left_out)}
            return {"client": client, "municipality": municipality, **told, "stream": route_stream(client), "version": len(facts)}

    @app.get("/v1/route-flags")
    async def list_flags(caller: Lister, request: Request) -> dict[str, Any]:
        """Flags that stand in the caller's municipalities, those that somebody must look at first, by the day of expiry."""
        mine = [flag for flag in standing_flags(office.log) if flag.municipality in caller.municipalities]
        mine.sort(key=lambda flag: (not flag.is_review_due, flag.expires_on, flag.client))
        async with reads.of_each(request, caller, LIST_FLAGS, (flag.client for flag in mine)):
            return {"flags": [flag.model_dump(mode="json") for flag in mine]}


def _home(office: Office, client: str) -> str:
    household_ref = household_of(office.log, client)
    if household_ref is None:
        raise Problem(404, "unknown-client", "no such client is known here")
    state = household.fold(envelope.event for envelope in office.log.read(stream_of(household_ref)))
    assert not isinstance(state, Unknown)
    return state.facts.municipality


def _add_rules(app: FastAPI, office: Office, reads: Reads) -> None:
    @app.get("/v1/route-rules")
    async def read_rules(_caller: Anybody) -> dict[str, Any]:
        """The rules of today, each with its weight and source, and what flags are later judged by."""
        today, rules = local_day(office.now()), office.route
        outcome = rules.outcome(today)
        return {
            "version": rules.version,
            "threshold": rules.threshold(today).model_dump(mode="json"),
            "rules": [rule.model_dump(mode="json") for rule in rules.in_force(today)],
            "terms": rules.term(today).model_dump(mode="json"),
            "outcome": None if outcome is None else outcome.model_dump(mode="json"),
        }

    @app.post("/v1/route-rules/trials")
    async def try_rules(caller: Director, request: Request, body: TrialBody) -> dict[str, Any]:
        """Whom other rules would have flagged; nothing is written. Clients of other municipalities are counted and not named."""
        reading = await asyncio.to_thread(read, office.log)
        if reading is None:
            raise Problem(409, "nothing-known", "no fact is known yet, so nothing can be tried")
        other = office.route.changed(*body.changed())
        tried = await asyncio.to_thread(trial, reading.clients, office.route, other, reading.as_of)
        clients = [client for change in CHANGES for client in named(tried, change, caller.municipalities)]
        async with reads.of_each(request, caller, TRY_RULES, clients):
            return {**_rests_on(reading), **told(tried, caller.municipalities)}


def _add_figures(app: FastAPI, office: Office, count: HouseholdCount) -> None:
    @app.get("/v1/route-figures")
    async def read_figures(caller: Director) -> dict[str, Any]:
        """How well flags foretold, per municipality and month, and households under a flag beside the share that is expected."""
        reading = await asyncio.to_thread(read, office.log)
        if reading is None:
            raise Problem(409, "nothing-known", "no fact is known yet, so there are no figures")
        months = await asyncio.to_thread(monthly, reading, office.route, caller.municipalities)
        _, households = await asyncio.to_thread(count.now)
        mine = {place: number for place, number in households.items() if place in caller.municipalities}
        return {**_rests_on(reading), "months": months, "households": shares(standing_flags(office.log), mine, office.route, reading)}


def _rests_on(reading: Reading) -> dict[str, Any]:
    return {"position": reading.position, "as_of": reading.as_of.isoformat()}
