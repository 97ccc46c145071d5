"""What stands open between a client and the house: the holiday reserve, attachments, and what each month came to."""

from services.benefits.monthly.dossier import Dossier
from services.contracts.monthly import AttachmentServed
from services.contracts.monthly_money import HolidayAllowanceDecided, MonthDecided


def decided_months(own: Dossier) -> dict[str, MonthDecided]:
    """What each month was last decided to be, by name; without those that were carried forward."""
    return {each.month: each for each in own.money if isinstance(each, MonthDecided)}


def next_sequence(own: Dossier, month: str) -> int:
    """The number of the next decision on a month, from 1."""
    return 1 + sum(isinstance(each, MonthDecided) and each.month == month for each in own.money)


def reserve_cents(own: Dossier) -> int:
    """Holiday allowance that waits: reserved, not paid, and what was paid too much of it is claimed apart."""
    reserved = sum(each.amounts.reserved_cents for each in decided_months(own).values())
    claimed = sum(each.reserve_claimed_cents for each in own.money if isinstance(each, MonthDecided))
    paid = sum(each.cents for each in own.money if isinstance(each, HolidayAllowanceDecided))
    return _taken_over_cents(own) + own.carried.reserve_cents + reserved + claimed - paid


def _taken_over_cents(own: Dossier) -> int:
    """What the system before this one had reserved; of that creditors have nothing here."""
    return 0 if own.taken_over is None else own.taken_over.reserve_cents


def seizable_reserve_cents(own: Dossier) -> int:
    """What of the reserve creditors may have: what its months left unprotected. Reserves paid before count as used whole.

    It takes every month: a holiday allowance is never decided on months that were carried forward (`carrying.py`).
    """
    free = sum(each.seizable_cents for each in decided_months(own).values())
    used = sum(each.cents for each in own.money if isinstance(each, HolidayAllowanceDecided))
    return max(0, min(reserve_cents(own), free - max(0, used - _taken_over_cents(own))))


def attached_cents(own: Dossier, attachment: AttachmentServed) -> int:
    """What an attachment still wants, in cents."""
    parts = (part for each in own.money for part in each.parts if part.kind == "attachment")
    taken = sum(part.cents for part in parts if part.payee == attachment.attachment_ref)
    return attachment.claimed_cents - own.carried.attached.get(attachment.attachment_ref, 0) - taken
