"""The route of a client over HTTP: signals are recorded, and a flag is answered by a person."""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Response

from services.access.caller import Caller
from services.intake.office import ClientRef, Office, Worker
from services.intake.route.bodies import AnswerBody, AssessmentBody, SignalBody, SignalEndBody
from services.intake.route.commands import AnswerCommand, AssessRoute, ConfirmFlag, EndSignal, RecordSignal, RemoveFlag, ReviewFlag
from services.intake.route.work import Note, of_client
from services.web.callers import requires
from services.web.commands import IdempotencyKey, IfVersion, respond

Coordinator = Annotated[Caller, requires("coordinator")]
SignalName = Annotated[str, Path(pattern=r"^sg-[0-9a-f]{16}$")]
FlagName = Annotated[int, Path(ge=1, le=1_000_000)]
Kind = type[ConfirmFlag] | type[ReviewFlag] | type[RemoveFlag]


def add_route(app: FastAPI, office: Office) -> None:
    """The commands about the route."""
    _add_signals(app, office)
    _add_answers(app, office)


def _add_signals(app: FastAPI, office: Office) -> None:
    @app.post("/v1/clients/{client}/route-signals", status_code=201)
    async def record_signal(
        caller: Worker, client: ClientRef, key: IdempotencyKey, body: SignalBody, if_version: IfVersion = None
    ) -> Response:
        """Records something that the rules may see; where they come to the threshold by it, a flag is proposed."""
        ref, told = office.desk.new_ref("sg-"), body.model_dump()

        def make(who: dict[str, Any]) -> RecordSignal:
            return RecordSignal(**who, **told, signal_ref=ref, recorded_by=caller.actor)

        return await respond(office.log, of_client(client, office.route, make, office.asked(caller, key, body, if_version)))

    @app.post("/v1/clients/{client}/route-signals/{signal}/endings", status_code=201)
    async def end_signal(
        caller: Worker, client: ClientRef, signal: SignalName, key: IdempotencyKey, body: SignalEndBody, if_version: IfVersion = None
    ) -> Response:
        """Records that it is over, or was a mistake; a flag that rests on it stays until a person removes it."""

        def make(who: dict[str, Any]) -> EndSignal:
            return EndSignal(**who, **body.model_dump(), signal_ref=signal)

        return await respond(office.log, of_client(client, office.route, make, office.asked(caller, key, body, if_version)))

    @app.post("/v1/clients/{client}/route-assessments", status_code=201)
    async def assess_route(
        caller: Worker, client: ClientRef, key: IdempotencyKey, body: AssessmentBody, if_version: IfVersion = None
    ) -> Response:
        """Weighs what is known by the rules of today, as after a change of the rules."""
        asked = office.asked(caller, key, body, if_version)
        return await respond(office.log, of_client(client, office.route, lambda who: AssessRoute(**who), asked))


def _add_answers(app: FastAPI, office: Office) -> None:
    async def answered(caller: Caller, kind: Kind, about: tuple[str, int, str], body: AnswerBody, version: int | None) -> Response:
        client, flag, key = about
        note = None if body.note is None else Note(office.desk.vault, office.desk.new_ref("t-"), body.note)
        told: dict[str, Any] = {
            "flag": flag,
            "reason": body.reason,
            "by": caller.actor,
            "text_ref": None if note is None else note.text_ref,
        }

        def make(who: dict[str, Any]) -> AnswerCommand:
            return kind(**who, **told)

        return await respond(office.log, of_client(client, office.route, make, office.asked(caller, key, body, version), note))

    @app.post("/v1/clients/{client}/route-flags/{flag}/confirmations", status_code=201)
    async def confirm_flag(
        caller: Coordinator, client: ClientRef, flag: FlagName, key: IdempotencyKey, body: AnswerBody, if_version: IfVersion = None
    ) -> Response:
        """Takes the client on the integral route, for a reason of the policy."""
        return await answered(caller, ConfirmFlag, (client, flag, key), body, if_version)

    @app.post("/v1/clients/{client}/route-flags/{flag}/reviews", status_code=201)
    async def review_flag(
        caller: Coordinator, client: ClientRef, flag: FlagName, key: IdempotencyKey, body: AnswerBody, if_version: IfVersion = None
    ) -> Response:
        """Keeps a confirmed flag after looking again; its days of review and expiry are new."""
        return await answered(caller, ReviewFlag, (client, flag, key), body, if_version)

    @app.post("/v1/clients/{client}/route-flags/{flag}/removals", status_code=201)
    async def remove_flag(
        caller: Coordinator, client: ClientRef, flag: FlagName, key: IdempotencyKey, body: AnswerBody, if_version: IfVersion = None
    ) -> Response:
        """Lets the client go on by the standard route; a flag is proposed again only when something new is known."""
        return await answered(caller, RemoveFlag, (client, flag, key), body, if_version)
