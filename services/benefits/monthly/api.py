"""The monthly benefit over HTTP: applications, and the decisions of caseworkers on the right."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Response

from services.access.caller import Caller, Role, allow
from services.benefits.monthly.bodies import (
    ApplicationBody,
    AssetsBody,
    AttachmentBody,
    CircumstancesBody,
    CircumstancesDecisionBody,
    DecisionBody,
    FixedChargeBody,
    GrantBody,
    MeasureBody,
    NamedBody,
    SuspensionBody,
)
from services.benefits.monthly.commands import (
    ApplyForBenefit,
    ArrangeFixedCharge,
    BenefitCommand,
    BlockPayment,
    ChangeBenefit,
    EndBenefit,
    GrantBenefit,
    ImposeMeasure,
    LiftAttachment,
    Payee,
    RefuseBenefit,
    ResumeBenefit,
    ServeAttachment,
    StopAdvances,
    StopFixedCharge,
    SuspendBenefit,
    Terms,
    UnblockPayment,
    Whose,
    WithdrawBenefit,
)
from services.benefits.monthly.covering import covered_cents
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.desk import MonthlyDesk
from services.benefits.monthly.recovery import claim_name
from services.benefits.monthly.rules import TermName
from services.benefits.residents import require, require_in
from services.contracts.circumstances import AssetsTested, Circumstances
from services.contracts.monthly import BenefitGranted
from services.web.callers import requires
from services.web.commands import IdempotencyKey, IfVersion, body_hash, origin, respond
from services.web.problem import Problem

UNDER_27 = ("18-20", "21-26")
WORKERS: tuple[Role, ...] = ("caseworker",)
Worker = Annotated[Caller, requires(*WORKERS)]
Client = Annotated[str, Path(pattern=r"^p-[0-9a-f]{16}$")]

Deciding = Callable[[MonthlyDesk, Terms, Any, Payee | None], BenefitCommand]


def circumstances(body: CircumstancesBody) -> Circumstances:
    """What was said of the client's circumstances."""
    return Circumstances(**body.model_dump())


def weeks(desk: MonthlyDesk, name: TermName, day: date) -> int:
    """The weeks of a term on a day; raises `Problem` 409 where there is no rule for it."""
    try:
        return desk.norms.weeks(name, day)
    except RuleMissing as missing:
        raise Problem(409, "rule-missing", f"there is no rule for {missing.what} on that day") from None


def _searching(desk: MonthlyDesk, body: ApplicationBody) -> int:
    """The weeks that must have passed since the report: where everybody who applies is under 27 (art. 41(4)), if not waived."""
    young = all(band in UNDER_27 for band in body.declared.age_bands)
    return weeks(desk, "search", body.reported_on) if young and not body.search_waived else 0


def _require_lives_there(desk: MonthlyDesk, caller: Caller, client: str, body: ApplicationBody) -> None:
    """Who applies lives in that household, in that municipality; see `require`."""
    require(caller, desk.residents.homes(client, desk.today), body.municipality)
    require_in(desk.residents.lived_together(body.household_ref, body.municipality), client)


def _require_partner_there(desk: MonthlyDesk, caller: Caller, whose: Whose, body: DecisionBody) -> None:
    """A decision also says something of the partner, who then gets no benefit of their own; see `require`."""
    partner = body.circumstances.partner if isinstance(body, CircumstancesDecisionBody) else None
    if partner is not None:
        require(caller, desk.residents.lived_in(partner), whose.municipality)


def _given(payee: Payee | None) -> Payee:
    assert payee is not None, "a body with an account has a payee"
    return payee


def _grant(desk: MonthlyDesk, terms: Terms, body: GrantBody) -> GrantBenefit:
    """What its months cover of the advances is told by what is known now; the decision counts the advances themselves."""
    found = circumstances(body.circumstances)
    covered = covered_cents(desk.norms, desk.dossier(terms.client, terms.municipality), BenefitGranted(**terms.said, circumstances=found))
    assets = None if body.assets is None else _tested(desk, body, body.assets)
    return GrantBenefit(terms, found, claim_name(terms.client, terms.decision_ref), covered, assets)


def _tested(desk: MonthlyDesk, body: GrantBody, owned: AssetsBody) -> AssetsTested:
    """Assets with the limits of the first day; raises `Problem` 409 where those are not known."""
    household: Literal["single", "family"] = "single" if body.circumstances.household_type == "single" else "family"
    try:
        limit = desk.norms.asset_limit(household, body.effective_on)
    except RuleMissing as missing:
        raise Problem(409, "rule-missing", f"there is no rule for {missing.what} on that day") from None
    return AssetsTested(**owned.model_dump(), limit_cents=limit.most_cents, home_limit_cents=limit.home_cents)


DECISIONS: tuple[tuple[str, type[DecisionBody], Deciding], ...] = (
    ("grants", GrantBody, lambda d, t, b, _p: _grant(d, t, b)),
    ("refusals", DecisionBody, lambda _d, t, _b, _p: RefuseBenefit(t, claim_name(t.client, t.decision_ref))),
    ("advance-stops", DecisionBody, lambda _d, t, _b, _p: StopAdvances(t)),
    ("changes", CircumstancesDecisionBody, lambda _d, t, b, _p: ChangeBenefit(t, circumstances(b.circumstances))),
    ("suspensions", SuspensionBody, lambda d, t, b, _p: SuspendBenefit(t, b.recover_by, weeks(d, "suspension", t.effective_on))),
    ("resumptions", DecisionBody, lambda _d, t, _b, _p: ResumeBenefit(t)),
    ("blocks", DecisionBody, lambda _d, t, _b, _p: BlockPayment(t)),
    ("unblocks", DecisionBody, lambda _d, t, _b, _p: UnblockPayment(t)),
    ("ends", DecisionBody, lambda _d, t, _b, _p: EndBenefit(t)),
    ("withdrawals", DecisionBody, lambda _d, t, _b, _p: WithdrawBenefit(t)),
    ("measures", MeasureBody, lambda _d, t, b, _p: ImposeMeasure(t, b.percent, b.months)),
    ("fixed-charges", FixedChargeBody, lambda _d, t, b, p: ArrangeFixedCharge(t, b.name, b.cents_per_month, _given(p))),
    ("fixed-charge-stops", NamedBody, lambda _d, t, b, _p: StopFixedCharge(t, b.name)),
    ("attachments", AttachmentBody, lambda _d, t, b, p: ServeAttachment(t, b.name, b.claimed_cents, _given(p))),
    ("attachment-liftings", NamedBody, lambda _d, t, b, _p: LiftAttachment(t, b.name)),
)
"""Each decision: the collection that it is posted to, its body, and the command that it is."""


def add_decisions(app: FastAPI, desk: MonthlyDesk) -> None:
    """The application, and a route per decision; all are a caseworker's, in the client's municipality."""

    @app.post("/v1/benefits/{client}/applications", status_code=201)
    async def apply(caller: Worker, client: Client, key: IdempotencyKey, body: ApplicationBody) -> Response:
        """Takes in an application; the term of decision begins."""
        allow(caller, WORKERS, body.municipality)
        await asyncio.to_thread(_require_lives_there, desk, caller, client, body)
        whose = Whose(client, body.household_ref, body.municipality)
        term = weeks(desk, "decision", body.applied_on)
        days = (body.reported_on, body.applied_on)
        command = ApplyForBenefit(whose, circumstances(body.declared), *days, term, _searching(desk, body), body.search_waived)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), body_hash(body), {}))

    for collection, body_type, deciding in DECISIONS:
        _add_decision(app, desk, collection, body_type, deciding)


def _add_decision(app: FastAPI, desk: MonthlyDesk, collection: str, body_type: type[DecisionBody], deciding: Deciding) -> None:
    async def decide(
        caller: Worker,
        client: Client,
        key: IdempotencyKey,
        body: body_type,  # type: ignore[valid-type]  # the type of this route's body
        expected: IfVersion = None,
    ) -> Response:
        whose = _right_of(desk, caller, client, body)
        await asyncio.to_thread(_require_partner_there, desk, caller, whose, body)
        terms, words = desk.terms(caller, key, whose, body)
        payee, account = desk.payee(body)
        command = deciding(desk, terms, body, payee)
        # The body may hold an account number or a motive, so its hash is keyed.
        said = body_hash(body, desk.fingerprints.secret)
        return await respond(desk.log, desk.work(command, origin(caller, key, desk.now), said, {**words, **account}, expected))

    decide.__doc__ = f"Takes a decision, kept among the {collection.replace('-', ' ')} of the client."
    decide.__name__ = f"decide_{collection.replace('-', '_')}"
    app.post(f"/v1/benefits/{{client}}/{collection}", status_code=201)(decide)


def _right_of(desk: MonthlyDesk, caller: Caller, client: str, body: DecisionBody) -> Whose:
    return known(desk, caller, client, body.municipality)


def known(desk: MonthlyDesk, caller: Caller, client: str, municipality: str | None = None) -> Whose:
    """Whose benefit it is; see `whose_benefit`."""
    return whose_benefit(desk, caller, WORKERS, (client, municipality))


def whose_benefit(desk: MonthlyDesk, caller: Caller, roles: Sequence[Role], asked: tuple[str, str | None]) -> Whose:
    """The client asked for, in the municipality asked for; raises `Problem` 404, and `Forbidden` for another municipality.

    Without a municipality it is that of the caller's where the client applied last.
    """
    client, municipality = asked
    if municipality is not None:
        allow(caller, roles, municipality)
        whose = desk.whose(client, (municipality,))
    else:
        whose = desk.whose(client, caller.municipalities) or desk.whose(client)
    if whose is None:
        raise Problem(404, "unknown-client", "this client never applied for the monthly benefit there")
    allow(caller, roles, whose.municipality)
    return whose
