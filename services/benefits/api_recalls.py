"""Routes for asking the bank for money back: what was asked and waits, and files that leave once."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath

from services.benefits.api_run import HAND_OVER, RunRef
from services.benefits.office import OFFICERS, VIEWERS, XML, Office, Officer, Viewer
from services.benefits.recalls import RECALL_FILES, HandOverRecalls, RecallFiles
from services.eventlog.handle import Work
from services.web.commands import IdempotencyKey, answered, origin
from services.web.problem import Problem, unavailable
from services.web.reads import Reads

Number = Annotated[int, InPath(ge=1, le=9_999)]


def add_recalls(app: FastAPI, office: Office, reads: Reads) -> None:
    """Recall files of a run; taking one is recorded as reading, under its name."""

    @app.get("/v1/runs/{run_ref}/recall-files")
    async def show_recall_files(caller: Viewer, run_ref: RunRef) -> dict[str, Any]:
        """Files that left, with who took them, how many recalls wait for a file, in cents, and what the bank answered to each."""
        office.asked_for(run_ref, caller, VIEWERS)
        files = _files(office, run_ref)
        waiting = await asyncio.to_thread(files.waiting)
        left = [each.model_dump(mode="json", exclude={"run_ref", "debtor_fingerprint"}) for each in files.handed_over()]
        cents = sum(each.recall.payment.amount_cents for each in waiting)
        recalls = await asyncio.to_thread(files.answers)
        return {"handed_over": left, "waiting": {"count": len(waiting), "cents": cents}, "recalls": recalls}

    @app.post("/v1/runs/{run_ref}/recall-files/{number}/handovers", response_class=Response, responses={200: {"content": XML}})
    async def hand_over_recalls(caller: Officer, request: Request, run_ref: RunRef, number: Number, key: IdempotencyKey) -> Response:
        """Hands over the next recall file (camt.055.001.08) with every recall of one account that waits, or an earlier one again.

        Once each; a second time takes another person. 503 until Kafka has the fact as well, as for a payment file.
        """
        office.asked_for(run_ref, caller, OFFICERS)
        async with reads.of(request, caller, HAND_OVER, f"{run_ref}-rc{number}"):
            made = await asyncio.to_thread(_files(office, run_ref).file, number, caller.actor)
            if made is None:
                raise Problem(409, "nothing-to-recall", "every recall that was asked stands in a file that left")
            file, body = made
            work = Work(RECALL_FILES, lambda _tx: HandOverRecalls(file), origin(caller, key, office.now), b"")
            answer = await answered(office.log, work)
            if answer.outcome == "refused":
                raise Problem(409, answer.reason, answer.detail)
            if not await asyncio.to_thread(office.copied, answer.position):
                raise unavailable("the hand-over is recorded and Kafka does not have it yet; ask again with the same Idempotency-Key")
        return Response(body, media_type="application/xml")


def _files(office: Office, run_ref: str) -> RecallFiles:
    rights = tuple(each.right_ref for each in office.payments.of_run(run_ref) if each.attempt)
    return RecallFiles(office.log, office.bank.debtor, office.fingerprints, run_ref, rights)
