"""In which order claims are taken from a benefit: what was paid too much first, then fines [bestuurlijke boetes], each the oldest first."""

from collections.abc import Sequence
from datetime import date

from services.benefits.monthly.ask import Ask, Client
from services.benefits.monthly.distribution import Wanted
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.periods import first_day, months
from services.benefits.monthly.recovery import Claim
from services.contracts.monthly_money import RecoveryOpened

FINE = "fine"
ADVANCES = ("advance-refused", "advance-not-settled")


def letter_on(own: Dossier, claim: RecoveryOpened) -> date | None:
    """The day on which the letter of a claim left; that of a grant or refusal tells of advances. None while there is none."""
    names = {claim.claim_ref, claim.decision_ref} if claim.ground in ADVANCES else {claim.claim_ref}
    return min((each.notified_on for each in own.notified if each.decision_ref in names), default=None)


def ranked(ask: Ask, client: Client, month: date) -> tuple[list[Wanted], list[Wanted]]:
    """Claims within the protected part, and fines that know none in the month that begins on `month`; raises `RuleMissing`.

    A decision has no effect before it was made known (Awb art. 3:40): nothing is taken for a claim on a day that its letter did not
    leave before. That a fine comes behind the benefit itself is assumed. For a repeated breach it is taken whole, for as many months
    from that of the fine as the rules say (art. 60b Participatiewet: the municipality's ordinance, 3 at most).
    """
    letters = ((claim, letter_on(client.own, claim.opened)) for claim in client.claims)
    claims = [claim for claim, left_on in letters if left_on is not None and left_on < ask.promised_on]
    back = [claim for claim in claims if claim.opened.ground != FINE]
    fines = [claim for claim in claims if claim.opened.ground == FINE]
    whole = [claim for claim in fines if claim.opened.repeated and _unprotected(ask.norms, month, claim.opened.opened_on)]
    within = [claim for claim in fines if claim not in whole]
    return _wanted([*back, *within]), _wanted(whole)


def _unprotected(norms: Norms, month: date, opened_on: date) -> bool:
    since = sum(1 for _ in months(first_day(opened_on), month)) - 1
    return 0 <= since < norms.unprotected_months(month)


def _wanted(claims: Sequence[Claim]) -> list[Wanted]:
    return [Wanted(claim.opened.claim_ref, claim.open_cents) for claim in claims]
