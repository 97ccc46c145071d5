"""The doors of all five processes, each with one of everything in Alkmaar behind it, and a token for whoever knocks."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx
from fastapi import FastAPI

from services.access.caller import Role
from services.access.development import AUDIENCE, ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from services.access.processing_log import ProcessingLog
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.eventlog.log import EventLog
from services.web.quarantine import add_quarantine
from services.web.restoring import keep_out
from services.web.rights import Right
from streams import allowance_run, contact_view, payout_status, team_directory
from streams.app import Views
from streams.arrivals import arrivals
from streams.cluster import partition_of
from streams.folding import Folding
from streams.journal import MemoryJournal
from streams.keeper import Keeper
from streams.payout_totals import PayoutTotals
from streams.read_api import read_api
from streams.reader import Reader
from streams.reporting.memory import MemoryTable
from streams.reporting.quarantine import Quarantine, upkeep_api
from streams.reporting.reading import Aside
from streams.reporting.rows import Place
from streams.shelf import MemoryShelf
from streams.view import Row, View, canonical
from tests.access.examples import Examples, text_like
from tests.benefits import a_house
from tests.benefits.a_region import ALKMAAR, BERGEN, OFFICER, Home, household, iban
from tests.benefits.monthly.test_monthly_api import APPLICATION, GRANT
from tests.eventlog.test_held_records import House as Held
from tests.handover import house as handover
from tests.intake.stories import NOW, address, household_body, member_body
from tests.intake.test_intake_api import House as Intake
from tests.reporting.known import OnKafka
from tests.streams.history import RUN, Recorder, Sent, client_ref, region, sent
from tests.web.test_web_restoring import Restored

Who = tuple[Role, tuple[str, ...]]
"""One role, and the municipalities that somebody works for."""
PARAMETER = re.compile(r"([\w-]+)/{(\w+)}")
UNKNOWN = {"clients": "p-00000000000000ff", "benefits": "p-00000000000000ff", "households": "h-00000000000000ff", "teams": "team-99"}
UNKNOWN |= {
    "runs": "run-00000000000000ff",
    "matters": "m-00000000000000ff",
    "recoveries": "cl-00000000000000ff",
    "staff": "s-99",
    "budgets": "GM9999",
}
"""What nobody has heard of, by the collection in which it would be."""


@dataclass
class Door:
    """`paths` are things in Alkmaar by the collection that they are in; `named` and `bodies` what a request says; `lines` of files.

    `log` is intake's.
    """

    app: FastAPI
    issuer: DevelopmentIssuer
    processing: ProcessingLog
    paths: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, Any] = field(default_factory=dict)
    bodies: Mapping[str, Any] = field(default_factory=dict)
    queries: Mapping[str, bytes] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    log: EventLog | None = None
    keys: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._tokens: dict[Who, bytes] = {}

    def path(self, right: Right, others: Mapping[str, str] | None = None) -> str:
        """The route to something that is there, or to `others`."""
        known = {**self.paths, **(others or {})}
        return PARAMETER.sub(lambda found: f"{found[1]}/{known.get(found[1]) or self._least(right, found[2])}", right.path)

    def _least(self, right: Right, name: str) -> str:
        described = self.app.openapi()["paths"][right.path][right.method.lower()]["parameters"]
        schema = next(each["schema"] for each in described if each["name"] == name)
        return text_like(schema["pattern"]) if "pattern" in schema else str(schema.get("minimum", 1))

    def body(self, right: Right) -> bytes:
        """Something that the route takes; a line of a file is another one each time."""
        if right.path in self.lines:
            return json.dumps({"id": f"line-{next(self.keys)}", **self.lines[right.path]}).encode()
        asked = right.method, right.path
        if asked not in self._bodies:
            self._bodies[asked] = self._made(right)
        return self._bodies[asked]

    def _made(self, right: Right) -> bytes:
        document = self.app.openapi()
        made = self.bodies.get(right.path, Examples(document, self.named).body(document["paths"][right.path][right.method.lower()]))
        return b"" if made is None else json.dumps(made).encode()

    def knock(self, who: Who, right: Right, path: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        return asyncio.run(self.answer(who, right, path))

    async def answer(self, who: Who, right: Right, path: str) -> tuple[int, bytes]:
        """As `knock`, within a running loop."""
        sent: list[Any] = []
        coming = iter(({"type": "http.request", "body": self.body(right), "more_body": False}, {"type": "http.disconnect"}))

        async def receive() -> Any:  # noqa: ANN401 - a message of ASGI
            return next(coming)

        async def send(message: Any) -> None:  # noqa: ANN401 - a message of ASGI
            sent.append(message)

        await self.app(self._scope(who, right, path), receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    def _scope(self, who: Who, right: Right, path: str) -> dict[str, Any]:
        headers = [
            (b"authorization", self._token(who)),
            (b"idempotency-key", b"cell-%d" % next(self.keys)),
            (b"content-type", b"application/json"),
        ]
        about = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": right.method, "scheme": "http"}
        query = self.queries.get(right.path, b"")
        where = {
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "headers": headers,
        }
        return {**about, **where, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}

    def _token(self, who: Who) -> bytes:
        if who not in self._tokens:
            role, municipalities = who
            self._tokens[who] = f"Bearer {self.issuer.token('s-cell', [role], municipalities)}".encode()
        return self._tokens[who]


def done(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    """What was answered to a command or reading that must succeed here."""
    assert answer.is_success, answer.text
    return answer.json()


def intake(folder: Path) -> Door:
    """Intake with a household of one in Alkmaar, and somebody who is like them."""
    house = Intake(folder)
    bsn, refs = house.registered(municipality=ALKMAAR)
    client = done(house.worker.post("/v1/persons/_search", json={"bsn": bsn}))["client"]
    applied = {"subject": "social-assistance", "channel": "web-form", "applied_on": "2024-02-05"}
    matter = done(house.worker.post(f"/v1/clients/{client}/applications", "apply", json=applied))["refs"]["matter_ref"]
    new = household_body(member_body(house.people.bsn()), municipality=ALKMAAR)
    alike = household_body({**member_body(""), "bsn": None}, municipality=ALKMAAR)
    done(house.worker.post("/v1/households", "alike", json=alike))
    (pair,) = done(house.worker.get("/v1/duplicates"))["duplicates"]
    move = {"kind": "move", "on": "2024-01-20", "bsn": [bsn], "municipality": ALKMAAR, "address": address(3)}
    application = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01", "bsn": bsn}
    return Door(
        house.app,
        house._issuer,
        house.processing,
        paths={"households": refs["household_ref"], "clients": client, "matters": matter, "duplicates": pair["pair"]},
        named={"client": client, "municipality": ALKMAAR, "bsn": bsn, "number": "4", "leavers": [client], "into_matter_ref": matter}
        | {"to_household": refs["household_ref"]},
        bodies={"/v1/households": new},
        queries={"/v1/matters": b"standing=late"},
        lines={"/v1/households/_bulk": new, "/v1/applications/_bulk": application, "/v1/changes/_bulk": move},
        log=house.log,
    )


def benefits(folder: Path) -> Door:
    """Benefits with a run of Alkmaar whose file lies ready, and a client on the monthly benefit who must pay something back."""
    house = a_house.House(folder)
    house.region.knows(Home(1), Home(2))
    run, (client, claim) = _released(house), _claimed(house)
    account = {"client": client, "municipality": ALKMAAR, "iban": iban(7), "holder_name": "Rekening"}
    taken_over = {"client": client, "household_ref": household(1), "municipality": ALKMAAR, "upto": "2023-12", "reserve_cents": 0}
    paid = {"client": client, "household_ref": household(1), "municipality": ALKMAAR, "scheme_year": 2023, "amount_cents": 100}
    return Door(
        house._app,
        house._issuer,
        house.processing,
        paths={"benefits": client, "clients": client, "runs": run, "recoveries": claim, "exceptions": house.right(f"/v1/runs/{run}", 1)}
        | {
            "files": f"{run}-001",
            "months": "2024-03",
            "journals": "2024-02",
            "schemes": "monthly-benefit",
            "years": "2024",
            "budgets": ALKMAAR,
        },
        named={**account, "household_ref": household(1), "scheme_year": 2023, "name": "rent"},
        bodies={"/v1/blast-radius": {"rule_version": "energy-allowance-2023/"}},
        lines={"/v1/accounts/_bulk": account, "/v1/opening-balances/_bulk": paid, "/v1/benefits-taken-over/_bulk": taken_over},
    )


def _released(house: a_house.House) -> str:
    officer = house.as_("payments-officer", OFFICER, [ALKMAAR])
    asked = {**a_house.RUN, "intake_position": house.region.told}
    run: str = done(officer.post("/v1/runs", "prepare", json=asked))["run_ref"]
    house.region.works()
    house.released(f"/v1/runs/{run}")
    return run


def _claimed(house: a_house.House) -> tuple[str, str]:
    """A client on the monthly benefit, and a claim on them."""
    worker, client = house.as_("caseworker", "s-worker", [ALKMAAR]), Home(1).client
    done(worker.post(f"/v1/benefits/{client}/applications", "apply", json=APPLICATION))
    granted = done(worker.post(f"/v1/benefits/{client}/grants", "grant", json=GRANT))["refs"]
    claim = {"client": client, "ground": "paid-too-much", "amount_cents": 5_000, **granted}
    return client, done(worker.post("/v1/recoveries", "claim", json=claim))["refs"]["claim_ref"]


def of_handover(folder: Path) -> Door:
    """Handover with two teams in Alkmaar, and a client who is offered from the one to the other and asked to be called back."""
    house = handover.House(folder)
    boss, worker = house.as_("coordinator"), house.as_("caseworker", actor="s-2")
    for team, staff in (("team-1", ("s-2", "s-4")), ("team-2", ("s-3",))):
        done(boss.post("/v1/teams", team, json=handover.TEAM))
        for each in staff:
            done(boss.post(f"/v1/teams/{team}/staff", each, json={"staff_ref": each, "on": "2024-02-01"}))
        house.accept("p-1")
    offer = {"to_team_ref": "team-2", "purpose": "guide-to-work", "legal_basis": "same-task", "shares": ["reference"]}
    done(worker.post("/v1/clients/p-1/offers", "offer", json=offer))
    back = done(worker.post("/v1/clients/p-1/call-backs", "back", json={"channel": "telephone", "subject": "benefit"}))["refs"]
    emergency = {"reason": "danger-to-life", "note": "ligt op straat"}
    done(house.as_("caseworker", BERGEN, "s-9").post("/v1/clients/p-1/break-glass", "glass", json=emergency))
    moved = done(boss.post("/v1/teams/team-1/reassignments", "move", json={"from_staff": "s-2", "reason": "leave"}))["refs"]
    return Door(
        house._app,
        house._issuer,
        house.processing,
        paths={"clients": "p-1", "teams": "team-1", "offers": "1", "staff": "s-2", "call-backs": back["call_back_ref"]}
        | {"break-glass": "1", "reassignments": moved["reassignment_ref"]},
        named={"municipality": ALKMAAR, "contact_person": "s-2", "staff_ref": "s-2", "from_staff": "s-2", **offer},
    )


def views(folder: Path, *also: Event) -> Door:
    """The views of one client in Alkmaar, and what else handover tells of them."""
    issuer, number = DevelopmentIssuer(folder / "issuer", lambda: NOW), 6
    log, made = ProcessingLog(folder / "processing"), _views(number, also)
    reader = Reader(cast("Views", made), log, lambda: NOW)
    app = read_api(Gate(issuer.keys, ISSUER, AUDIENCE, lambda: NOW), 10_000, reader, {})
    paths = {"clients": client_ref(number), "households": f"h-{number:016x}", "runs": RUN, "views": contact_view.VIEW.name}
    return Door(app, issuer, log, paths=paths, named={"view": contact_view.VIEW.name, "key": client_ref(number)})


def sink(folder: Path) -> Door:
    """The sink, which set one record aside."""
    issuer, place = DevelopmentIssuer(folder / "issuer", lambda: NOW), Place("intake.events", 0, 0)
    table = MemoryTable(asides=[Aside(*place, "not-an-event", "")])
    quarantine = Quarantine(lambda: table, lambda _places: [OnKafka(*place, None, [], None)], published())
    app = upkeep_api(Gate(issuer.keys, ISSUER, AUDIENCE, lambda: NOW), 10_000, quarantine, {})
    return Door(app, issuer, ProcessingLog(folder / "processing"), named={"key": "-"})


@dataclass
class Read:
    """What the read API looks into."""

    keepers: dict[str, Keeper]
    totals: PayoutTotals
    readable: bool = True


def _views(number: int, also: Sequence[Event]) -> Read:
    recorder, totals, keepers = Recorder(), PayoutTotals(), {}
    records = [*region(clients=1, events_per_client=10, first=number), *(sent(*recorder.record("handover", event)) for event in also)]
    for view in (contact_view.VIEW, payout_status.VIEW, allowance_run.VIEW, team_directory.VIEW):
        shelf = MemoryShelf()
        for key, row in _rows(view, records).items():
            group = row.get("client", key) if view is payout_status.VIEW else key
            shelf.write(partition_of(group), [(key.encode(), canonical(row))], 0)
            if view is payout_status.VIEW:
                totals.move(None, row)
        keepers[view.name] = Keeper(view, published(), shelf, MemoryJournal(), lambda *_: None, lambda: 0.0)
    return Read(keepers, totals)


def _rows(view: View, records: list[Sent]) -> Mapping[str, Row]:
    return Folding(view, lambda _key: None, (), {}).take(arrivals(published(), records, view.streams)).rows


MAKERS: dict[str, Callable[[Path], Door]] = {"intake": intake, "benefits": benefits, "handover": of_handover, "views": views, "sink": sink}


def door(name: str, folder: Path) -> Door:
    """A process with what wiring adds: what it holds of others, and the way back after a restore, which is over here."""
    made = MAKERS[name](folder)
    if name not in ("views", "sink"):
        add_quarantine(made.app, Held().held)
        restored = Restored()
        restored.blocked = False
        keep_out(made.app, restored)
    return made
