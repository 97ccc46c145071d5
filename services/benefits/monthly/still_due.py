"""Whether what came back of a month is still due to whom it was for, or was blocked, claimed back or comes to less by now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.benefits.account_now import Facts, facts_in
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.correction import corrections
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.one_benefit import dossier_in
from services.benefits.monthly.recovery import Claim
from services.benefits.monthly.setting_off import PARTS_OF_A_MONTH, concerns
from services.benefits.payment import PAYMENT
from services.benefits.references import right_stream
from services.benefits.right import Grant, Granted
from services.contracts.monthly_money import MonthlyRightGranted
from services.eventlog.log import EventLog, Transaction


@dataclass(frozen=True, slots=True)
class StillDue:
    """What is known of clients and claims now; claims are read once, for all that is asked."""

    facts: Facts
    norms: Norms
    book: Mapping[str, list[Claim]]

    def hindrance(self, grant: Grant) -> str:
        """Why a right is not to be paid again now; empty where it is, and always for an allowance."""
        if not isinstance(grant, MonthlyRightGranted):
            return ""
        own = dossier_in(BENEFIT.fold(self.facts(benefit_stream(grant.client))), grant.client, grant.municipality)
        if own.blocked:
            return "blocked"
        if any(claim.open_cents and concerns(claim, grant) for claim in self.book.get(grant.client, ())):
            return "claimed-back"
        of_month = grant.kind in PARTS_OF_A_MONTH
        less = of_month and any(each.month == grant.month and each.cents < 0 for each in corrections(self.norms, own))
        return "comes-to-less" if less else ""

    def of_right(self, right_ref: str) -> str:
        """The same for a right that was granted, by its name."""
        right = PAYMENT.fold(self.facts(right_stream(right_ref)))
        assert isinstance(right, Granted)
        return self.hindrance(right.grant)

    def seen_by(self, tx: Transaction) -> "StillDue":
        """The same with clients as a transaction sees them."""
        return replace(self, facts=tx.read)


def still_due(log: EventLog, norms: Norms) -> StillDue:
    """As things stand now."""
    return StillDue(facts_in(log), norms, claims(log))
