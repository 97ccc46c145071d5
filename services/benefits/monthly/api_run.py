"""The month as a run over HTTP: ordered for a month, then approved, released, handed over and closed like every run."""

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse

from services.access.caller import Caller
from services.benefits.bank_calendar import BankCalendar, YearMissing
from services.benefits.bodies import Day
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.periods import last_day, month_of
from services.benefits.monthly.promises import MonthlyPromises
from services.benefits.monthly.punctuality import Promise, Timetable, per_municipality, standing
from services.benefits.office import Office, OwnOfficer, OwnViewer
from services.benefits.request import RunRequest, ordering
from services.web.body import Body
from services.web.commands import IdempotencyKey, answered, body_hash, origin
from services.web.problem import Problem
from services.web.reads import Reads

ACCEPTED = 202
READ_LATE = "urn:backbone:processing-activity:read-late-payments"
MonthName = Annotated[str, Path(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class MonthRunBody(Body):
    """When the months are decided and when the money is promised; a promise is kept on a day on which banks settle euros."""

    decided_on: Day
    promised_on: Day | None = None


def add_month_orders(app: FastAPI, office: Office, calendar: BankCalendar) -> None:
    """The order; the rest of the run's life has the routes of every run."""

    @app.post("/v1/months/{month}/runs", status_code=ACCEPTED)
    async def prepare_month(caller: OwnOfficer, month: MonthName, key: IdempotencyKey, body: MonthRunBody) -> Response:
        """Orders the preparation of a month, with every month before it that is due, for the caller's municipalities."""
        request = _request(office, calendar, caller, (month_of(month), body))
        answer = await answered(office.log, ordering(request, origin(caller, key, office.now), body_hash(body)))
        office.jobs.wake()
        return JSONResponse({"run_ref": answer.stream.rpartition("/")[2], "stream": answer.stream}, ACCEPTED)


def add_month_reading(app: FastAPI, office: Office, promises: MonthlyPromises, reads: Reads) -> None:
    """Whether a month is on time, per municipality, and for whom it is not."""

    @app.get("/v1/months/{month}")
    async def show_month(caller: OwnViewer, month: MonthName) -> dict[str, Any]:
        """Promises of a month by municipality: kept, late, foreseen to be late, and the steps that they wait for."""
        told = await asyncio.to_thread(_promises, promises, caller, month)
        rows = per_municipality(told, office.now(), Timetable(office.norms, promises.calendar))
        return {"month": month, "as_of": office.now().date(), "municipalities": rows}

    @app.get("/v1/months/{month}/late")
    async def show_late(caller: OwnViewer, request: Request, month: MonthName) -> dict[str, Any]:
        """Who is late, or will be, and the step that blocks it. It is about clients: each has a line in the processing log."""
        async with reads.of_each(request, caller, READ_LATE, what=month) as reading:
            told = await asyncio.to_thread(_promises, promises, caller, month)
            now, timetable = office.now(), Timetable(office.norms, promises.calendar)
            held = [(each, standing(each, now, timetable)) for each in told]
            late = [_late(each, stands) for each, stands in held if stands in ("late", "will-be-late")]
            reading.about(row["client"] for row in late)
            return {"month": month, "late": late}


def _promises(promises: MonthlyPromises, caller: Caller, month: str) -> list[Promise]:
    """Those of the caller's municipalities; raises `Problem` 409 without rules or calendar."""
    try:
        return [each for each in promises.of(month_of(month)) if each.municipality in caller.municipalities]
    except RuleMissing as missing:
        raise Problem(409, "rule-missing", f"there is no rule for {missing.what} in that month") from None
    except YearMissing as missing:
        raise Problem(409, "calendar-missing", f"there is no bank calendar for {missing.year}") from None


def _late(promise: Promise, stands: str) -> dict[str, Any]:
    return {
        "client": promise.client,
        "municipality": promise.municipality,
        "promised_on": promise.promised_on,
        "standing": stands,
        "step": promise.step,
        "reason": promise.reason,
    }


def _request(office: Office, calendar: BankCalendar, caller: Caller, asked: tuple[date, MonthRunBody]) -> RunRequest:
    month, body = asked
    promised_on = _promised(office, calendar, month, body.promised_on)
    if promised_on <= body.decided_on:
        raise Problem(409, "promised-before-the-decision", f"the promised day is {promised_on}: decide before it")
    return RunRequest(
        run_ref="",
        scheme="monthly-benefit",
        scheme_year=month.year,
        tranche=month.month,
        decided_on=body.decided_on,
        promised_on=promised_on,
        intake_position=0,
        municipalities=tuple(sorted(caller.municipalities)),
        prepared_by=caller.actor,
        kind="month",
    )


def _promised(office: Office, calendar: BankCalendar, month: date, wished: date | None) -> date:
    """The promised day: that of the rules or the one asked for, on a settling day; raises `Problem` 409 without a rule."""
    try:
        day = wished or month.replace(day=office.norms.payment_day(last_day(month)))
        return calendar.at_latest(day)
    except RuleMissing as missing:
        raise Problem(409, "rule-missing", f"there is no rule for {missing.what} in that month") from None
    except YearMissing as missing:
        raise Problem(409, "calendar-missing", f"there is no bank calendar for {missing.year}") from None
