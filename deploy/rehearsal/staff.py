"""Who works at the rehearsal: one token a person, with the roles and municipalities of their job."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Self

import httpx

from deploy.region.municipalities import MUNICIPALITIES
from deploy.rehearsal.desks import Desk, connections
from services.access.caller import Role
from services.access.development import DevelopmentIssuer
from services.settings import Settings

CODES = tuple(municipality.code for municipality in MUNICIPALITIES)

TOKEN_MINUTES = 24 * 60

IssueToken = Callable[[str, Collection[Role], Collection[str]], str]
Urls = dict[str, str]


@dataclass(frozen=True, slots=True)
class Staff:
    """Desks by what is done there."""

    intake: Desk
    accounts: Desk
    teams: Desk
    receiver: Desk
    officer: Desk
    judge: Desk
    approver: Desk
    second_approver: Desk
    second_officer: Desk
    budget_holder: Desk
    views: Desk

    @classmethod
    def at(cls, urls: Urls, issue: IssueToken, http: httpx.Client | None = None) -> Self:
        """Everybody at their desk; `urls` is the address of each service and of the views, `http` other connections than the usual."""
        http = http or connections()
        officer = issue("s-officer-1", ["payments-officer"], CODES)
        return cls(
            intake=Desk(http, urls["intake"], issue("s-import", ["caseworker"], CODES)),
            accounts=Desk(http, urls["benefits"], issue("s-import", ["caseworker", "payments-officer"], CODES)),
            teams=Desk(http, urls["handover"], issue("s-coordinator", ["coordinator", "manager"], CODES)),
            receiver=Desk(http, urls["handover"], issue("s-coordinator-2", ["coordinator"], CODES)),
            officer=Desk(http, urls["benefits"], officer),
            approver=Desk(http, urls["benefits"], issue("s-approver-1", ["payments-approver"], CODES)),
            judge=Desk(http, urls["benefits"], issue("s-quality-1", ["caseworker", "auditor"], CODES)),
            second_approver=Desk(http, urls["benefits"], issue("s-approver-2", ["payments-approver"], CODES)),
            second_officer=Desk(http, urls["benefits"], issue("s-officer-2", ["payments-officer"], CODES)),
            budget_holder=Desk(http, urls["benefits"], issue("s-manager-1", ["manager"], CODES)),
            views=Desk(http, urls["views"], officer),
        )


def staff_of(settings: Settings) -> Staff:
    """Everybody at the services of these settings, with tokens of the development issuer."""
    issuer = DevelopmentIssuer(settings.data / "issuer", audience=settings.oidc_audience)
    where = {"intake": settings.intake_port, "benefits": settings.benefits_port}
    where |= {"handover": settings.handover_port, "views": settings.views_port}
    urls = {name: f"http://{settings.host}:{port}" for name, port in where.items()}
    return Staff.at(urls, lambda actor, roles, scope: issuer.token(actor, roles, scope, TOKEN_MINUTES))
