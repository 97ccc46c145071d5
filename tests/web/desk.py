"""A small service behind the door that all services share: it counts what it is given."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import field_validator

from services.access.caller import Caller, Role, allow
from services.access.development import AUDIENCE, ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.teams import TeamFormed
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Work
from services.eventlog.log import LogUnavailable
from services.eventlog.memory import MemoryLog, MemoryTransaction
from services.web.app import new_app
from services.web.body import Body, Line
from services.web.bulk import bulk
from services.web.callers import requires
from services.web.commands import IdempotencyKey, IfVersion, body_hash, origin, respond
from services.web.health import health
from services.web.in_process import InProcess

T = TypeVar("T")
NOW = datetime(2024, 2, 15, 9, tzinfo=UTC)
LIMIT = 1_000
SECRET = "secret-999990019"  # pragma: allowlist secret - an example


class Address(Body):
    street: str
    number: int


class Form(Body):
    name: str
    on: date
    amount_cents: int = 0
    sure: bool = True
    address: Address | None = None
    parts: tuple[int, ...] = ()

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if name.startswith("bad"):
            raise ValueError(f"{name} is not a good name")
        return name


class FormLine(Line):
    name: str
    municipality: str = "GM0361"


def _decide(before: int, name: str) -> Sequence[Event] | Refused:
    if name == "no":
        return Refused("not-wanted", "this name is not wanted")
    if name == "boom":
        raise RuntimeError(SECRET)
    return [] if before else [TeamFormed(team_ref=name, municipality="GM0361", organisation="o", on=NOW.date())]


COUNT: Decider[str, int] = Decider(0, lambda name: (f"handover/team/{name}",), _decide, lambda before, _: before + 1)


class FaultyLog(MemoryLog):
    """A log on a disk that fails, stalls or is slow when told."""

    def __init__(self) -> None:
        super().__init__("desk", published())
        self.full = self.stalled = False
        self.waiting: list[Future[Any]] = []
        self.submitted = 0

    def submit(self, work: Callable[[MemoryTransaction], T]) -> "Future[T]":
        self.submitted += 1
        future: Future[T] = Future()
        if self.full:
            future.set_exception(LogUnavailable("disk full"))
        elif self.stalled:
            self.waiting.append(future)
        else:
            return super().submit(work)
        return future


class Desk:
    """The service, its log, and who comes to it."""

    def __init__(self, folder: Path, body_limit_bytes: int = LIMIT) -> None:
        self.log = FaultyLog()
        self.issuer = DevelopmentIssuer(folder, lambda: NOW)
        self.app = desk_app(self.log, Gate(self.issuer.keys, ISSUER, AUDIENCE, lambda: NOW), body_limit_bytes)

    def headers(self, role: Role = "caseworker", actor: str = "s-1") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token(actor, [role], ['GM0361'])}"}

    def visitor(self, role: Role = "caseworker", actor: str = "s-1") -> InProcess:
        return InProcess(self.app, self.headers(role, actor))


def desk_app(log: FaultyLog, gate: Gate, body_limit_bytes: int) -> FastAPI:
    app = new_app("desk", "A desk.", gate, body_limit_bytes)
    Caseworker = Annotated[Caller, requires("caseworker", scope="own")]  # noqa: N806 - a type

    @app.post("/v1/forms", status_code=201)
    async def form(body: Form, key: IdempotencyKey, caller: Caseworker, expected: IfVersion = None) -> JSONResponse:
        work = Work(COUNT, lambda _: body.name, origin(caller, key, lambda: NOW), body_hash(body), expected)
        return await respond(log, work)

    @app.post("/v1/forms/_bulk")
    async def forms(request: Request, caller: Caseworker) -> StreamingResponse:
        def work_of(line: FormLine, number: int) -> Work[str, int]:
            allow(caller, ["caseworker"], line.municipality)
            if line.name == "crash":
                raise RuntimeError(f"{SECRET} on line {number}")
            return Work(COUNT, lambda _: line.name, origin(caller, f"forms:{line.id}", lambda: NOW), body_hash(line))

        return await bulk(request, log, FormLine, work_of)

    @app.get("/v1/forms/{name}/broken")
    async def broken(name: str, caller: Caseworker) -> JSONResponse:
        raise RuntimeError(f"{SECRET} {name} {caller}")

    @app.get("/v1/forms/slow")
    async def slow(caller: Caseworker) -> JSONResponse:
        await asyncio.sleep(60)
        return JSONResponse(caller.actor)

    health(app, "benefits", {"log": lambda: "the disk is full" if log.full else None})
    return app
