"""Peer of a service over HTTP: the same app, gate, key and body, and an answer that rests on nothing."""

import sys
from threading import Event as Stop

from fastapi.responses import JSONResponse

from services import logs
from services.access.configured import gate
from services.handover.api_teams import TeamBody
from services.handover.office import Director
from services.serving import Process
from services.settings import Settings
from services.web.app import new_app
from services.web.commands import IdempotencyKey
from services.web.health import health


async def form_team(body: TeamBody, key: IdempotencyKey, caller: Director) -> JSONResponse:  # noqa: ARG001 - FastAPI reads and checks them
    """Everything that HTTP asks for, and nothing else."""
    return JSONResponse({"outcome": "accepted", "stream": "handover/team/team-0", "version": 1, "position": 1, "refs": {}}, 201)


def main() -> int:
    """Serve until SIGTERM."""
    logs.start()
    settings = Settings.read()
    app = new_app("handover", "An app that does nothing.", gate(settings)[0], settings.body_limit_bytes)
    app.post("/v1/teams", status_code=201)(form_team)
    health(app, "idle", {})
    return Process(app, settings.host, settings.handover_port, Stop(), settings.hang_seconds).run()


if __name__ == "__main__":
    sys.exit(main())
