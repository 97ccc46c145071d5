"""The teams of the region, and the contact person that every client gets from them."""

import time
from collections.abc import Mapping
from typing import Any

from deploy.region.municipalities import MUNICIPALITIES
from deploy.rehearsal.desks import Desk, Turned
from deploy.rehearsal.runs import Bars

STAFF_A_TEAM = 4
HELD_SECONDS = 60.0
LOOK_SECONDS = 0.2


def form_teams(coordinator: Desk, bars: Bars) -> None:
    """A team with four people per municipality."""
    advance = bars("teams", len(MUNICIPALITIES))
    for municipality in MUNICIPALITIES:
        body = {"municipality": municipality.code, "organisation": "region", "on": "2023-01-01"}
        formed = coordinator.post("/v1/teams", f"form-{municipality.code}", body)
        for number in range(1, STAFF_A_TEAM + 1):
            staff = {"staff_ref": f"s-{municipality.code.lower()}-{number}", "on": "2023-01-01"}
            coordinator.post(f"/v1/teams/{formed['refs']['team_ref']}/staff", f"join-{staff['staff_ref']}", staff)
        advance(1)


def held(coordinator: Desk, client: str) -> Mapping[str, Any]:
    """The baton of a client in care, which may be a moment away; raises `Turned` where it does not come."""
    limit = time.monotonic() + HELD_SECONDS
    while True:
        try:
            found: Mapping[str, Any] = coordinator.get(f"/v1/clients/{client}/baton")
        except Turned:
            if time.monotonic() > limit:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return found
