"""Intake over HTTP."""

from fastapi import FastAPI, Request, Response

from services.access.gate import Gate
from services.contracts.codec import published
from services.intake.api_clients import add_applications, add_identities, add_search
from services.intake.api_erasure import add_erasures
from services.intake.api_households import add_changes, add_count, add_registrations
from services.intake.api_lives import add_lives
from services.intake.api_matters import add_matters
from services.intake.api_needs import add_needs
from services.intake.api_persons import add_persons
from services.intake.count import HouseholdCount
from services.intake.desk import Absent
from services.intake.erasing import Eraser
from services.intake.office import Office
from services.intake.route.api import add_route
from services.intake.route.api_reading import add_route_reading
from services.intake.route.rules import RuleMissing
from services.intake.working_calendar import YearMissing
from services.vault import retention
from services.vault.keyed_hash import bind
from services.web.app import answer, new_app
from services.web.exporting import Archive, add_export
from services.web.problem import Problem
from services.web.reads import Reads

DESCRIPTION = "Households and who lives in them on a date, applications, and who is in care."


def make_app(office: Office, gate: Gate, reads: Reads, body_limit_bytes: int) -> FastAPI:
    """All routes of intake. Raises `SecretChanged` where the log was written under other secrets."""
    bind(office.log, "bsn", office.desk.hashes.bsn)
    bind(office.log, "address", office.desk.hashes.address)
    app = new_app("intake", DESCRIPTION, gate, body_limit_bytes)
    count = HouseholdCount(office.log, published())
    add_registrations(app, office)
    add_changes(app, office)
    add_count(app, count)  # before the routes of one household, whose references it would be taken for
    add_lives(app, office, reads)
    add_applications(app, office)
    add_identities(app, office)
    add_search(app, office, reads)
    add_matters(app, office, reads)
    add_route(app, office)
    add_needs(app, office, reads)
    add_persons(app, office, reads)
    add_export(app, Archive(office.log, office.desk.vault, reads, office.now))
    add_erasures(app, office, Eraser(office.desk, retention.installed(), office.now), reads)
    add_route_reading(app, office, reads, count)
    app.add_exception_handler(Absent, _on_absent)
    app.add_exception_handler(YearMissing, _on_rule_missing)
    app.add_exception_handler(RuleMissing, _on_rule_missing)
    return app


async def _on_absent(request: Request, absent: Exception) -> Response:
    assert isinstance(absent, Absent)
    return answer(request, Problem(404, f"unknown-{absent.what}", f"no such {absent.what} is known here"))


async def _on_rule_missing(request: Request, missing: Exception) -> Response:
    return answer(request, Problem(409, "rule-missing", str(missing)))
