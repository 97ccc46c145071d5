"""One month of one client in a run: decided for the first time, or again where it comes to something else now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from services.benefits.monthly.advances import outstanding_cents
from services.benefits.monthly.ask import Ask, Client, Plan
from services.benefits.monthly.balances import attached_cents, next_sequence, reserve_cents
from services.benefits.monthly.calculation import Amounts, Stretch, amounts
from services.benefits.monthly.distribution import Demands, Parts, Wanted, distribute
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.fines import ranked
from services.benefits.monthly.grounds import facts_hash, rests_on
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.orders import Orders
from services.benefits.monthly.periods import last_day, named
from services.benefits.monthly.rounding import share_up
from services.benefits.monthly.shares import attachments, charges, measure_percent
from services.benefits.monthly.standing import stretches
from services.contracts.monthly_money import MonthAmounts, MonthDecided


@dataclass(frozen=True, slots=True)
class Worked:
    """A month as worked out now, with a hash of everything that it rests on."""

    month: date
    amounts: Amounts
    facts_hash: str


def work_out(ask: Ask, client: Client, month: date) -> Worked:
    """The month that begins on `month`; raises `NotWorkedOut` and `RuleMissing`."""
    own = client.own
    days, report, percent = stretches(own, month), own.income.get(named(month)), measure_percent(own, month)
    lines = [line.model_dump() for line in report.lines] if report else []
    return Worked(month, amounts_of(ask.norms, own, month), _hash(ask, days, lines, percent))


def amounts_of(norms: Norms, own: Dossier, month: date) -> Amounts:
    """What a month comes to by everything that the dossier holds; raises `NotWorkedOut` and `RuleMissing`."""
    report = own.income.get(named(month))
    return amounts(norms, month, stretches(own, month), None if report is None else report.lines, measure_percent(own, month))


def _hash(ask: Ask, days: list[Stretch], lines: list[dict[str, Any]], percent: int) -> str:
    rested = {
        "stretches": [[stretch.circumstances.model_dump(), stretch.days] for stretch in days],
        "income": lines,
        "measure_percent": percent,
        "rules": ask.norms.rule_version,
    }
    return facts_hash(rested)


def first_time(ask: Ask, client: Client, worked: Worked) -> Plan:
    """Every cent of the month: advances back, creditors, charges, the client, the reserve."""
    own, day = client.own, last_day(worked.month)
    within, fines = ranked(ask, client, worked.month)
    demands = Demands(
        advances_cents=max(0, outstanding_cents(own)),
        unprotected=fines,
        claims=within,
        attachments=[Wanted(each.attachment_ref, attached_cents(own, each)) for each in attachments(own, day)],
        charges=[Wanted(each.charge_ref, each.cents_per_month) for each in charges(own, day)],
    )
    return _decided(ask, client, worked, distribute(ask.norms, worked.month, worked.amounts, demands))


def _decided(ask: Ask, client: Client, worked: Worked, parts: Parts) -> Plan:
    orders = Orders(ask, client, named(worked.month), 1, worked.facts_hash, _grounds(ask, client, worked))
    orders.to_client("month" if worked.month == ask.month else "back-payment", parts.client_cents)
    orders.to_charges(parts.charges)
    orders.to_attachments(parts.attachments)
    orders.to_claims(parts.claims)
    orders.kept("advance", parts.advances_cents)
    orders.kept("reserve", parts.reserved_cents)
    fact = _fact(worked, orders, {"seizable_cents": _seizable_reserve(ask, worked, parts)})
    reasons = tuple(f"{named(worked.month)}:charge-not-covered:{ref}" for ref in parts.uncovered)
    return Plan((fact,), tuple(orders.rights), tuple(orders.offsets), (), reasons)


def _grounds(ask: Ask, client: Client, worked: Worked) -> tuple[str, ...]:
    return rests_on(client.own, worked.month, ask.norms.noted)


def _seizable_reserve(ask: Ask, worked: Worked, parts: Parts) -> int:
    """What of the month's reserve creditors may have later: what is above the protected part and was not taken now."""
    income_cents = worked.amounts.income_cents
    free = income_cents - share_up(income_cents, ask.norms.protected_percent(worked.month))
    taken = sum(each.cents for each in (*parts.claims, *parts.attachments))
    return max(0, min(worked.amounts.reserved_cents, free - taken))


def again(ask: Ask, client: Client, worked: Worked, before: MonthDecided) -> Plan:
    """Only the difference: more is paid to the client, less was paid too much and is claimed back.

    Nobody else shares in a difference (assumed). Holiday allowance that was paid on too much is claimed as well.
    """
    now, then = worked.amounts, before.amounts
    more_due = now.due_cents - (then.total_cents - then.reserved_cents)
    more_reserved = now.reserved_cents - then.reserved_cents
    paid_reserve = max(0, min(-more_reserved, -(reserve_cents(client.own) + more_reserved)))
    orders = Orders(ask, client, before.month, next_sequence(client.own, before.month), worked.facts_hash, _grounds(ask, client, worked))
    orders.to_client("back-payment", max(0, more_due))
    orders.kept("reserve", max(0, more_reserved))
    too_much = max(0, -more_due) + paid_reserve
    sums = {
        "seizable_cents": min(before.seizable_cents, now.reserved_cents),
        "too_much_cents": too_much,
        "reserve_claimed_cents": paid_reserve,
    }
    return Plan((_fact(worked, orders, sums),), tuple(orders.rights))


def _fact(worked: Worked, orders: Orders, sums: Mapping[str, Any]) -> MonthDecided:
    told: dict[str, int] = asdict(worked.amounts)
    return MonthDecided(**orders.said, amounts=MonthAmounts(**told), **dict(sums))
