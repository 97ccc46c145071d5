"""Names of staff over HTTP: in the vault, and shown only to those who work for the same municipality."""

from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from services.access.caller import Forbidden, allow
from services.handover import directory
from services.handover.commands import NameStaff
from services.handover.office import DIRECTORS, WORKERS, Director, Office, StaffRef, TeamRef, Worker
from services.handover.work import naming
from services.vault.vault import Unopened
from services.web.body import Body
from services.web.commands import IdempotencyKey, respond
from services.web.problem import Problem

StaffPath = Annotated[str, Path(pattern=r"^s-[a-z0-9-]{1,62}$")]


class NameBody(Body):
    """What a staff member is called."""

    staff_ref: StaffRef
    name: Annotated[str, Field(min_length=1, max_length=200)]


def add_staff(app: FastAPI, office: Office) -> None:
    """The routes of names."""

    @app.post("/v1/teams/{ref}/names", status_code=201)
    async def name_staff(ref: TeamRef, body: NameBody, key: IdempotencyKey, caller: Director) -> JSONResponse:
        """Keep what a staff member of the team is called, in the vault."""
        office.team(ref, caller, DIRECTORS)
        command = NameStaff(ref, body.staff_ref, directory.name_ref(body.staff_ref))
        return await respond(office.log, naming(command, body.name, office.vault, office.asked(caller, key, body)))

    @app.get("/v1/staff/{staff_ref}")
    async def read_name(staff_ref: StaffPath, caller: Worker) -> JSONResponse:
        """What a staff member is called; for those who work for one of the same municipalities."""
        works_for = directory.municipalities(office.log, staff_ref)
        if not works_for:
            raise Problem(404, "not found", "no such staff member is known")
        if caller.municipalities.isdisjoint(works_for):
            raise Forbidden("municipality")
        allow(caller, WORKERS, None)
        return JSONResponse({"staff_ref": staff_ref, "name": _name(office, staff_ref)})


def _name(office: Office, staff_ref: str) -> str | None:
    try:
        return str(office.vault.open(office.log, directory.name_ref(staff_ref))["name"])
    except Unopened as closed:
        if closed.reason == "damaged":
            raise
        return None
