"""What one client is due in a run, or why not: every month up to now, holiday allowance, and advances while an application waits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from services.benefits.monthly.advances import of_application
from services.benefits.monthly.ask import Ask, Client, Plan, after
from services.benefits.monthly.balances import attached_cents, decided_months, reserve_cents, seizable_reserve_cents
from services.benefits.monthly.calculation import NotWorkedOut, Stretch, amounts
from services.benefits.monthly.claiming import claims
from services.benefits.monthly.condition import Applied, Ended, Suspended
from services.benefits.monthly.covering import left_over
from services.benefits.monthly.dated import RuleMissing
from services.benefits.monthly.distribution import Wanted
from services.benefits.monthly.fines import ranked
from services.benefits.monthly.grounds import APPLICATION, MONTH, RULE, facts_hash
from services.benefits.monthly.made_known import in_effect, noting_untold
from services.benefits.monthly.month_plan import again, amounts_of, first_time, work_out
from services.benefits.monthly.orders import Orders
from services.benefits.monthly.periods import days_in, first_day, last_day, month_of, months, named
from services.benefits.monthly.refunds import refunds
from services.benefits.monthly.rounding import share_up
from services.benefits.monthly.shares import attachments
from services.contracts.monthly import AdvancesStopped, BenefitGranted
from services.contracts.monthly_money import AdvanceDecided, HolidayAllowanceDecided, MonthDecided

ADVANCE_RUNS_EVERY = timedelta(days=7)
"""A run takes the advances that fall due before the next run, a week later (assumed)."""


def plan(ask: Ask, client: Client) -> Plan:
    """What the client is due; without anything due the reasons say why, and there is always one."""
    known, client = client, replace(client, own=in_effect(client.own, ask.promised_on))
    due = left_over(ask, client, _months(ask, client))
    due = _holiday(ask, client, due)
    due = _advance(ask, client, due)
    due = noting_untold(known, ask.promised_on, due.and_then(refunds(ask, client)))
    due = _withheld(ask, due)
    return due if due.money or due.reasons else due.because("no-right")


def _withheld(ask: Ask, due: Plan) -> Plan:
    """Nothing of it is paid without an account, or where a right, or all of them together, are larger than they can be."""
    if any(not right.account_ref for right in due.rights):
        return Plan(reasons=(*due.reasons, "no-bound-account"))
    most = ask.norms.ceiling(ask.decided_on) if due.rights else None
    if most is not None and any(right.amount_cents > most.right_cents for right in due.rights):
        return Plan(reasons=(*due.reasons, "above-payment-ceiling"))
    if most is not None and due.amount_cents > most.household_cents:
        return Plan(reasons=(*due.reasons, "above-household-ceiling"))
    return due


def _months(ask: Ask, client: Client) -> Plan:
    due, known, decided = Plan(), client, decided_months(client.own)
    for month in _to_look_at(ask, client, decided):
        before = decided.get(named(month))
        if before is not None and as_before(ask, known, before):
            continue
        reason = _not_now(ask, client, month)
        part = _waiting(client, month, reason) if reason else _month(ask, client, month)
        # The next month sees what this one takes from claims, attachments, advances and the reserve.
        due, client = due.and_then(part), after(client, part)
    return replace(due, opened=claims(ask, known, due.money))


def as_before(ask: Ask, client: Client, before: MonthDecided) -> bool:
    """Whether a decided month of which nothing new is known comes to the same by the rules of today.

    Under other rules than it was decided by it is worked out once for everybody whose month rests on the same, so that
    a long past costs next to nothing in each run.
    """
    if before.month not in client.own.settled:
        return False
    if before.rule_version == ask.norms.rule_version:
        return True
    key = month_of(before.month), before.facts_hash
    if key not in ask.worked:
        try:
            worked = amounts_of(ask.norms, client.own, key[0])
        except (NotWorkedOut, RuleMissing):
            return False
        ask.worked[key] = worked.total_cents, worked.reserved_cents
    return ask.worked[key] == (before.amounts.total_cents, before.amounts.reserved_cents)


def _waiting(client: Client, month: date, reason: str) -> Plan:
    """A month that was decided does not wait; what it comes to otherwise by now is settled once the hindrance is gone."""
    return Plan() if named(month) in decided_months(client.own) else Plan(reasons=(f"{named(month)}:{reason}",))


def _to_look_at(ask: Ask, client: Client, decided: Iterable[str]) -> list[date]:
    """Every month with a right or a decision, up to that of the run; a month that was carried forward comes to the same.

    What the system before this one paid is never decided here.
    """
    own = client.own
    entitled = {m for span in own.spans for m in months(span.first, min(span.until - timedelta(days=1), last_day(ask.month)))}
    carried = {month_of(name) for name in own.carried.months}
    months_here = (entitled | {month_of(name) for name in decided}) - carried
    return sorted(month for month in months_here if named(month) > own.paid_upto)


def _not_now(ask: Ask, client: Client, month: date) -> str:
    """Why a month is not decided now, whatever it comes to; empty for nothing."""
    own = client.own
    if own.blocked:
        return "blocked"
    if isinstance(own.condition, Suspended) and own.condition.suspension.effective_on <= last_day(month):
        return "suspended" if ask.decided_on <= own.condition.suspension.recover_by else "suspension-to-be-decided"
    grants = {each.decision_ref for each in own.decisions if isinstance(each, BenefitGranted)}
    told = {each.decision_ref for each in own.notified if each.notified_on < ask.promised_on}
    return "" if grants <= told else "decision-not-notified"


def _month(ask: Ask, client: Client, month: date) -> Plan:
    """One month, or the reason why it cannot be worked out; nothing where it is decided and comes to the same."""
    ask = replace(ask, norms=ask.norms.noting())
    try:
        worked = work_out(ask, client, month)
        before = decided_months(client.own).get(named(month))
        if before is None:
            return first_time(ask, client, worked)
    except NotWorkedOut as wrong:
        return Plan(reasons=(f"{named(month)}:{wrong.reason}",))
    except RuleMissing as missing:
        return Plan(reasons=(f"{named(month)}:rule-missing:{missing.what.replace(' ', '-')}",))
    then, now = before.amounts, worked.amounts
    same = (then.total_cents, then.reserved_cents) == (now.total_cents, now.reserved_cents)
    return Plan() if same else again(ask, client, worked, before)


def _holiday(ask: Ask, client: Client, due: Plan) -> Plan:
    """The reserve, in its month of the year or at the end of the benefit: creditors within what is free, the rest to the client."""
    then = after(client, due)
    cents, month = reserve_cents(then.own), named(ask.month)
    if cents <= 0 or not _holiday_time(ask, client):
        return due
    if any("charge-not-covered" not in reason for reason in due.reasons):
        return due.because(f"{month}:holiday-allowance-waits")
    sequence = 1 + sum(isinstance(each, HolidayAllowanceDecided) and each.month == month for each in client.own.money)
    rested = {name: each.facts_hash for name, each in decided_months(then.own).items()}
    rested |= {"taken-over": then.own.taken_over.source_ref} if then.own.taken_over is not None else {}
    names = tuple(f"{MONTH}{name}/{each.sequence}" for name, each in decided_months(then.own).items() if each.amounts.reserved_cents)
    orders = Orders(ask, client, month, sequence, facts_hash(rested), names)
    free = seizable_reserve_cents(then.own)
    within, fines = ranked(ask, then, ask.month)
    claims = _in_order({each.ref: each.cents for each in (*within, *fines)}, free)
    wanted = {each.attachment_ref: attached_cents(then.own, each) for each in attachments(then.own, last_day(ask.month))}
    creditors = _in_order(wanted, free - sum(each.cents for each in claims))
    orders.to_claims(claims)
    orders.to_attachments(creditors)
    orders.to_client("holiday-allowance", cents - sum(each.cents for each in (*claims, *creditors)))
    fact = HolidayAllowanceDecided(**orders.said, cents=cents)
    return due.and_then(Plan((fact,), tuple(orders.rights), tuple(orders.offsets)))


def _holiday_time(ask: Ask, client: Client) -> bool:
    """Once in the month of the year, and whenever something is left after the end."""
    gone = isinstance(client.own.condition, Ended) and client.own.condition.gone_from <= last_day(ask.month) + timedelta(days=1)
    paid = any(isinstance(each, HolidayAllowanceDecided) and each.month == named(ask.month) for each in client.own.money)
    return gone or (ask.month.month == ask.norms.holiday_month(ask.month) and not paid)


def _in_order(wanted: dict[str, int], free_cents: int) -> list[Wanted]:
    taken: list[Wanted] = []
    for ref, cents in wanted.items():
        given = min(cents, free_cents - sum(each.cents for each in taken))
        if given > 0:
            taken.append(Wanted(ref, given))
    return taken


def _advance(ask: Ask, client: Client, due: Plan) -> Plan:
    """An advance falls due every four weeks after the application, at least 90 % of the benefit as declared."""
    condition = client.own.condition
    if not isinstance(condition, Applied):
        return due
    application, rule = condition.application, ask.norms.advance(ask.month)
    stopped = [each for each in client.own.decisions if isinstance(each, AdvancesStopped) and each.decided_on >= application.applied_on]
    if stopped:
        return due.because(f"advance-stopped:{stopped[-1].reason_code}")
    number = 1 + len(of_application(client.own))
    if application.applied_on + timedelta(weeks=rule.within_weeks * number) >= ask.promised_on + ADVANCE_RUNS_EVERY:
        return due.because("advance-not-yet")
    try:
        return _advanced(ask, client, due, condition)
    except (NotWorkedOut, RuleMissing):
        return due.because("advance-not-worked-out")


def _advanced(ask: Ask, client: Client, due: Plan, condition: Applied) -> Plan:
    month = first_day(ask.promised_on)
    ask = replace(ask, norms=ask.norms.noting())
    declared = condition.application.declared.model_copy(update={"income_expected": False})
    report = client.own.income.get(named(month))
    whole = amounts(ask.norms, month, [Stretch(declared, days_in(month))], report.lines if report else (), 0)
    cents = share_up(whole.total_cents, ask.norms.advance(month).least_percent)
    if not cents:
        return due.because("advance-nothing-due")
    sequence = 1 + sum(isinstance(each, AdvanceDecided) and each.month == named(month) for each in client.own.money)
    rested = {"declared": declared.model_dump(), "received": whole.received_cents, "rules": ask.norms.rule_version}
    names = (f"{APPLICATION}{condition.application.applied_on}", *(RULE + row for row in ask.norms.noted))
    orders = Orders(ask, client, named(month), sequence, facts_hash(rested), names)
    orders.to_client("advance", cents)
    fact = AdvanceDecided(**orders.said, cents=cents, applied_on=condition.application.applied_on)
    return due.and_then(Plan((fact,), tuple(orders.rights)))
