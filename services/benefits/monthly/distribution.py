"""Where the money of one month goes: advances back first, creditors within what is not protected, fixed charges, the client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.benefits.monthly.calculation import Amounts
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.rounding import share_up


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody who wants at most so many cents of the month."""

    ref: str
    cents: int


@dataclass(frozen=True, slots=True)
class Demands:
    """Who wants something of a month, each list in order of rank: claims, attachments, fixed charges; and advances paid for it.

    `unprotected` are fines for a repeated breach, which know no protected part.
    """

    advances_cents: int = 0
    unprotected: Sequence[Wanted] = ()
    claims: Sequence[Wanted] = ()
    attachments: Sequence[Wanted] = ()
    charges: Sequence[Wanted] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """One month in parts, in cents; `uncovered` are charges for which too little was left."""

    reserved_cents: int
    advances_cents: int
    claims: tuple[Wanted, ...]
    attachments: tuple[Wanted, ...]
    charges: tuple[Wanted, ...]
    client_cents: int
    uncovered: tuple[str, ...] = ()

    @property
    def sum_cents(self) -> int:
        """All parts together."""
        others = sum(wanted.cents for wanted in (*self.claims, *self.attachments, *self.charges))
        return self.reserved_cents + self.advances_cents + others + self.client_cents


def distribute(norms: Norms, month: date, amounts: Amounts, demands: Demands) -> Parts:
    """Every cent of the month in one part. Raises `RuleMissing`.

    Advances may be settled without regard to the protected part (ECLI:NL:CRVB:2023:2024). Creditors share what is not
    protected, own claims before attachments (assumed); a fixed charge is paid wholly or not at all.
    """
    advances_cents = min(demands.advances_cents, amounts.due_cents)
    fines = _taken(demands.unprotected, amounts.due_cents - advances_cents)
    free_cents = min(seizable_cents(norms, month, amounts), amounts.due_cents - advances_cents - _sum(fines))
    within = _taken(demands.claims, free_cents)
    claims = (*fines, *within)
    attachments = _taken(demands.attachments, free_cents - _sum(within))
    left_cents = amounts.due_cents - advances_cents - _sum(claims) - _sum(attachments)
    charges, uncovered = _covered(demands.charges, left_cents)
    return Parts(
        reserved_cents=amounts.reserved_cents,
        advances_cents=advances_cents,
        claims=claims,
        attachments=attachments,
        charges=charges,
        client_cents=left_cents - _sum(charges),
        uncovered=uncovered,
    )


def seizable_cents(norms: Norms, month: date, amounts: Amounts) -> int:
    """What creditors may have of the month: what is in hand above 95 % of the income with holiday allowance.

    A holiday allowance that is reserved is not in hand. So a reserve of 5 % leaves nothing to seize from the month, and
    the reserve itself is what can be seized, once a year (openkamer.org 2023Z06794). For an income above the norm the law
    protects less than this; that is assumed away, in favour of the client.
    """
    in_hand_cents = amounts.due_cents + amounts.received_cents
    protected_cents = share_up(amounts.income_cents, norms.protected_percent(month))
    return max(0, min(in_hand_cents - protected_cents, amounts.due_cents))


def _taken(wanted: Sequence[Wanted], free_cents: int) -> tuple[Wanted, ...]:
    taken: list[Wanted] = []
    for each in wanted:
        cents = min(each.cents, free_cents - _sum(taken))
        if cents > 0:
            taken.append(Wanted(each.ref, cents))
    return tuple(taken)


def _covered(charges: Sequence[Wanted], left_cents: int) -> tuple[tuple[Wanted, ...], tuple[str, ...]]:
    covered: list[Wanted] = []
    for each in charges:
        if each.cents <= left_cents - _sum(covered):
            covered.append(each)
    paid = tuple(covered)
    return paid, tuple(each.ref for each in charges if each not in paid)


def _sum(wanted: Sequence[Wanted]) -> int:
    return sum(each.cents for each in wanted)
