"""Routes about persons who may be registered twice: who was found alike, and what somebody made of it."""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response

from services.intake import pair_work
from services.intake.office import ClientRef, Lister, Office, Worker
from services.intake.open_pairs import open_pairs
from services.intake.pair_bodies import LookBody, VerdictBody
from services.intake.pairs import pair_of
from services.web.commands import IdempotencyKey, IfVersion, respond
from services.web.reads import Reads

LIST_PAIRS = "urn:backbone:processing-activity:list-possible-duplicates"
PairPath = Annotated[str, Path(pattern=r"^p-[0-9a-f]{16}\.p-[0-9a-f]{16}$")]


def add_persons(app: FastAPI, office: Office, reads: Reads) -> None:
    """Who may be one person."""

    @app.get("/v1/duplicates")
    async def list_duplicates(caller: Lister, request: Request) -> dict[str, Any]:
        """Persons who are alike and at whom nobody looked yet, both of the caller's municipalities; the most alike first."""
        found = open_pairs(office.log)
        mine = [each for each in found if {each.municipality, each.other_municipality} <= caller.municipalities]
        mine.sort(key=lambda each: (-each.score_percent, pair_of(each)))
        async with reads.of_each(request, caller, LIST_PAIRS, (ref for each in mine for ref in (each.person_ref, each.other_ref))):
            return {"duplicates": [{"pair": pair_of(each), **each.model_dump(mode="json")} for each in mine]}

    @app.post("/v1/clients/{client}/duplicates", status_code=201)
    async def look_for_duplicates(caller: Worker, client: ClientRef, key: IdempotencyKey, body: LookBody) -> Response:
        """Looks again whom a client is like, such as after a correction; whom somebody told apart is not found again."""
        asked = office.asked(caller, key, body)
        return await respond(office.log, pair_work.looking(office.desk, asked, client))

    @app.post("/v1/duplicates/{pair}/verdicts", status_code=201)
    async def judge_duplicate(
        caller: Worker, pair: PairPath, key: IdempotencyKey, body: VerdictBody, if_version: IfVersion = None
    ) -> Response:
        """Records that two persons are one, or are not."""
        return await respond(office.log, pair_work.verdict(office.asked(caller, key, body, if_version), pair, body))
