"""What caseworkers do about a client in a month, as the bodies that they post; dates are those of the year."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from deploy.region.benefit_clients import BenefitClient
from deploy.region.courses import Course

RECOVERY_TERM = timedelta(weeks=4)
WAGES_CENTS, SLIP_CENTS = 52_000, 48_000
RENT_CENTS, CLAIM_CENTS = 45_000, 60_000
DECEMBER = 12
YOUNG = frozenset({"18-20", "21-26"})
REPORT_DAY, SUSPENSION_DAY, OBJECTION_DAY = 3, 10, 5
LATER: Mapping[Course, int] = {Course.GRANTED_LATE: 2}
"""So many months after the application it is granted; others at once, and these not at all: `Course.REFUSED`."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A body for a collection of the client's benefit; `told` whether the letter leaves the same day, and who decides it.

    `notifications`, `objections` are about the client's last decision, which who posts it knows; `move` is told to intake.
    """

    collection: str
    body: Mapping[str, Any]
    told: bool = False
    by: Literal["worker", "colleague"] = "worker"


def happenings(client: BenefitClient, month: int, firsts: Sequence[date]) -> Iterator[Happening]:
    """Everything about a client in the month of this number, in order; `firsts` are the first days of the months."""
    since = month - client.starts
    if since < 0:
        return
    if since == 0:
        yield _application(client, _reported(client, firsts))
    yield from _granting(client, since, firsts)
    yield from _income(client, month, firsts)
    step = STEPS.get(client.course)
    if step is not None:
        yield from step(client, month, firsts)


def account_comes(client: BenefitClient) -> int:
    """The month in which the client's account is known."""
    return client.starts + (client.course is Course.NO_ACCOUNT)


def _reported(client: BenefitClient, firsts: Sequence[date]) -> date:
    first = firsts[client.starts]
    return first if client.starts == 0 else first.replace(day=REPORT_DAY)


def _application(client: BenefitClient, on: date, municipality: str = "") -> Happening:
    days = {"reported_on": on.isoformat(), "applied_on": on.isoformat()}
    said = {"municipality": municipality or client.household["municipality"], "declared": client.circumstances}
    # Who is under 27 would wait four weeks; these are vulnerable, of whom nobody asks that.
    return Happening("applications", {**said, **days, "search_waived": not YOUNG.isdisjoint(client.circumstances["age_bands"])})


def _granting(client: BenefitClient, since: int, firsts: Sequence[date]) -> Iterator[Happening]:
    late = min(LATER.get(client.course, 0), max(0, len(firsts) - 1 - client.starts))
    if client.course is not Course.REFUSED and since == late:
        yield _grant(client, _reported(client, firsts), told=client.course is not Course.UNNOTIFIED)


def _grant(client: BenefitClient, on: date, *, told: bool = True) -> Happening:
    return Happening("grants", {**_terms(on, "entitled"), "circumstances": client.circumstances}, told)


def _terms(on: date, reason: str) -> dict[str, Any]:
    return {"effective_on": on.isoformat(), "reason_code": reason}


def _income(client: BenefitClient, month: int, firsts: Sequence[date]) -> Iterator[Happening]:
    """The forms of the month; of `INCOME_LATE` one comes a month later."""
    if not client.circumstances.get("income_expected"):
        return
    late = client.turns if client.course is Course.INCOME_LATE else None
    if month != late:
        yield _form(client, firsts[month])
    if late is not None and month - 1 == late:
        yield _form(client, firsts[late])


def _form(client: BenefitClient, first: date) -> Happening:
    """Of wages per four weeks two slips fall in December (domain.md 3.4)."""
    four_weekly = client.course is Course.FOUR_WEEKLY
    slip = {"kind": "wages", "period": "four-weeks" if four_weekly else "month", "net_cents": SLIP_CENTS if four_weekly else WAGES_CENTS}
    slips = [slip] * (2 if four_weekly and first.month == DECEMBER else 1)
    return Happening("incomes", {"month": f"{first:%Y-%m}", "source_ref": f"form-{first:%Y-%m}", "lines": slips})


Step = Callable[[BenefitClient, int, Sequence[date]], Iterator[Happening]]


def _at(after: int, collection: str, body: Callable[[BenefitClient, int, Sequence[date]], Mapping[str, Any]]) -> Step:
    """One decision, so many months after the course turns."""

    def step(client: BenefitClient, month: int, firsts: Sequence[date]) -> Iterator[Happening]:
        if month - client.turns == after:
            yield Happening(collection, body(client, month, firsts), told=True)

    return step


def _and(*steps: Step) -> Step:
    return lambda client, month, firsts: (each for step in steps for each in step(client, month, firsts))


def _next_first(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _with(client: BenefitClient, on: date, reason: str, **changed: object) -> dict[str, Any]:
    return {**_terms(on, reason), "circumstances": client.circumstances | changed}


def _payee(client: BenefitClient, name: str, holder: str) -> dict[str, Any]:
    return {"name": name, "iban": client.third, "holder_name": holder}


def _suspended(firsts: Sequence[date], month: int) -> date:
    return firsts[month].replace(day=SUSPENSION_DAY)


def _suspension(_client: BenefitClient, month: int, firsts: Sequence[date]) -> dict[str, Any]:
    on = _suspended(firsts, month)
    return {**_terms(on, "data-missing"), "recover_by": (on + RECOVERY_TERM).isoformat()}


def _objection(client: BenefitClient, month: int, firsts: Sequence[date]) -> Iterator[Happening]:
    """Somebody was counted as a cost sharer who is none; a colleague agrees, and the decision is taken again."""
    if month == client.turns:
        yield Happening("changes", _with(client, firsts[month], "cost-sharer", cost_sharers=1), told=True)
    if month == client.turns + 1:
        lodged = {"objection_ref": "ob-1", "lodged_on": firsts[month].replace(day=OBJECTION_DAY).isoformat()}
        yield Happening("objections", lodged)
        yield Happening("objection-decisions", {"objection_ref": "ob-1", "outcome": "upheld"}, by="colleague")
        yield Happening("changes", _with(client, firsts[client.turns], "objection-upheld"), told=True, by="colleague")


def _moving(client: BenefitClient, month: int, firsts: Sequence[date]) -> Iterator[Happening]:
    """The right ends where somebody leaves, and begins with an application where somebody comes to live."""
    if month == client.turns:
        yield Happening("ends", _terms(_next_first(firsts[month]), "moved"), told=True)
    if month == client.turns + 1:
        here = client.household["municipality"]
        there = "GM0361" if here != "GM0361" else "GM0373"
        yield Happening("moves", {"on": firsts[month].isoformat(), "municipality": there})
        yield _application(client, firsts[month], there)
        yield _grant(client, firsts[month])


STEPS: Mapping[Course, Step] = {
    Course.RENT: _at(0, "fixed-charges", lambda c, m, f: {
        **_terms(f[m], "rent"), **_payee(c, "rent", "Woonstichting Zwalmer"), "cents_per_month": RENT_CENTS}),
    Course.ATTACHED: _at(0, "attachments", lambda c, m, f: {
        **_terms(f[m], "attached"), **_payee(c, "bailiff", "Deurwaarder Brinkel"), "claimed_cents": CLAIM_CENTS}),
    Course.MEASURE: _at(0, "measures", lambda _c, m, f: {**_terms(f[m], "work-duty"), "percent": 30, "months": 1}),
    Course.ENDED: _at(0, "ends", lambda _c, m, f: _terms(_next_first(f[m]), "work")),
    Course.DECEASED: _at(1, "ends", lambda _c, m, f: _terms(f[m], "deceased")),
    Course.REFUSED: _at(1, "refusals", lambda _c, m, f: _terms(f[m - 1], "assets")),
    Course.WITHDRAWN: _at(0, "withdrawals", lambda _c, m, f: _terms(f[max(0, m - 1)], "undeclared-income")),
    Course.CHANGED_BACK: _at(0, "changes", lambda c, m, f: _with(c, f[max(0, m - 2)], "cost-sharer", cost_sharers=1)),
    Course.CHANGED: _at(0, "changes", lambda c, m, f: _with(c, f[m], "cost-sharer", cost_sharers=1)),
    Course.MISTAKEN: _at(0, "changes", lambda c, m, f: _with(c, f[m], "register-told", cost_sharers=2)),
    Course.BLOCKED: _and(
        _at(0, "blocks", lambda _c, m, f: _terms(f[m], "under-investigation")),
        _at(1, "unblocks", lambda _c, m, f: _terms(f[m], "investigated"))),
    Course.SUSPENDED_CURED: _and(
        _at(0, "suspensions", _suspension),
        _at(1, "resumptions", lambda _c, m, f: _terms(_suspended(f, m - 1), "data-received"))),
    Course.SUSPENDED_GONE: _and(
        _at(0, "suspensions", _suspension),
        _at(2, "withdrawals", lambda _c, m, f: _terms(_suspended(f, m - 2), "data-missing"))),
    Course.UNNOTIFIED: _at(1, "notifications", lambda _c, _m, _f: {}),
    Course.OBJECTION: _objection,
    Course.MOVED: _moving,
}  # fmt: skip
"""By course; `turns` of a new client is the month of the application."""


def mistaken(client: BenefitClient, firsts: Sequence[date]) -> Happening:
    """What the supplier of `Course.MISTAKEN` tells later: nobody shares the cost, from the same day."""
    return Happening("changes", _with(client, firsts[client.turns], "register-corrected"), told=True)
