"""A client who moves is paid by each municipality for its own months: reserve, claims and corrections stay with the one that decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from services.benefits.account import ACCOUNT, BindAccount
from services.benefits.monthly.ask import Ask, Plan
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.client_book import CARRIED, ClientBook, Page, carried_on
from services.benefits.monthly.commands import (
    ApplyForBenefit,
    BenefitCommand,
    DecideObjection,
    EndBenefit,
    GrantBenefit,
    LodgeObjection,
    NotifyDecision,
    ReopenDecision,
    ReportIncome,
    TakeOverBenefit,
    Whose,
)
from services.benefits.monthly.entitling import CHANGED, ENTITLING, DecideEntitlement, Read
from services.benefits.monthly.journal import Entry, Journal
from services.benefits.monthly.one_benefit import elsewhere
from services.benefits.monthly.periods import next_month
from services.benefits.monthly.preparing import dues
from services.benefits.monthly.recovery import OpenRecovery, recovery_stream
from services.contracts.monthly_money import (
    EntitlementDecided,
    EntitlementHeld,
    HolidayAllowanceDecided,
    MonthDecided,
    RecoveryOffset,
    RecoveryOpened,
)
from services.eventlog.decider import Refused
from tests.benefits.monthly.a_month import Months, ask
from tests.benefits.monthly.people import (
    ALKMAAR,
    ALONE,
    CLIENT,
    COLLEAGUE,
    PARTNER,
    TAKE_OVER,
    TOGETHER,
    apply,
    circumstances,
    earns,
    end,
    grant,
    lived,
    notify,
    objects,
    terms,
    whose,
    withdraw,
)

BERGEN = "GM0373"
THERE = Whose(CLIENT, "h-" + "9" * 16, BERGEN)
JAN, FEB, MAR, APR, MAY = (date(2024, month, 1) for month in range(1, 6))


def there(command: BenefitCommand) -> BenefitCommand:
    """The same command, about the benefit in the other municipality."""
    if isinstance(
        command, ApplyForBenefit | ReportIncome | TakeOverBenefit | NotifyDecision | LodgeObjection | DecideObjection | ReopenDecision
    ):
        return replace(command, whose=replace(THERE, client=command.whose.client))
    return replace(command, terms=replace(command.terms, household_ref=THERE.household_ref, municipality=BERGEN))


MOVED = (end(APR), there(apply(APR)), there(grant(on=APR, ref="grant-there")), there(notify("grant-there", date(2024, 4, 20))))


@dataclass
class Region:
    """Both municipalities' runs over one log, each client read as a run reads them."""

    months: Months = field(default_factory=lambda: Months(sends_letters=False))

    def has(self, *commands: object) -> "Region":
        self.months.has(*commands)  # type: ignore[arg-type]  # of either decider
        return self

    def pages(self, run: Ask) -> dict[str, tuple[Page, Plan]]:
        """By municipality."""
        return {page.client.municipality: (page, due) for page, due in dues(run, ClientBook(self.months.log))}

    def run(self, month: date) -> dict[str, Plan]:
        """What each municipality decided in the run of a month."""
        run, told = ask(month), {}
        for where, (page, due) in self.pages(run).items():
            told[where] = due
            self.decide(run, page, due)
        return told

    def decide(self, run: Ask, page: Page, due: Plan) -> None:
        client = page.client
        ClientBook(self.months.log).keep(carried_on(run, page))
        if due.money:
            claims = {recovery_stream(each.opened.claim_ref): Read(each.version, each.open_cents) for each in client.claims}
            read = {benefit_stream(CLIENT): Read(client.read_upto), **claims}
            command = DecideEntitlement(
                Whose(CLIENT, client.household_ref, client.municipality), run.run_ref, client.own.version, due, read
            )
            assert self.months.tries_to(ENTITLING, command).outcome == "accepted"

    def runs(self, first: date, last: date) -> "Region":
        while first <= last:
            self.run(first)
            first = next_month(first)
        return self

    def money(self, where: str) -> list[EntitlementDecided]:
        return [fact for fact in self.months.facts() if isinstance(fact, EntitlementDecided) and fact.municipality == where]

    def entries(self) -> list[Entry]:
        return list(Journal().entries(self.months.log.scan("benefits/")))

    def ledger(self, where: str, account: str) -> int:
        """What an account of a municipality comes to, in cents."""
        return sum(entry.cents for entry in self.entries() if (entry.municipality, entry.account) == (where, account))


def moving() -> Region:
    """January to March in Alkmaar, from April in Bergen."""
    region = Region().has(apply(), grant(), notify("grant", date(2024, 1, 20)))
    region.months.tries_to(ACCOUNT, BindAccount(CLIENT, ALKMAAR, "acc-client", "client", JAN))
    return region.runs(JAN, MAR).has(*MOVED)


def moved_within(day: date) -> Region:
    """Until a day in March in Alkmaar, from then on in Bergen; March is decided by both."""
    region = Region().has(apply(), grant(), notify("grant", date(2024, 1, 20)))
    region.months.tries_to(ACCOUNT, BindAccount(CLIENT, ALKMAAR, "acc-client", "client", JAN))
    later = (end(day), there(apply(day)), there(grant(on=day, ref="grant-2")), there(notify("grant-2", day)))
    return region.runs(JAN, FEB).has(*later).runs(MAR, MAR)


def kinds(facts: Iterable[EntitlementDecided]) -> list[tuple[str, str]]:
    return [(type(fact).__name__, fact.month) for fact in facts]


def test_the_municipality_of_before_pays_the_holiday_reserve_at_the_end_and_the_new_one_pays_its_own_months() -> None:
    region = moving().runs(APR, APR)

    assert kinds(region.money(ALKMAAR))[-1] == ("HolidayAllowanceDecided", "2024-04")
    assert kinds(region.money(BERGEN)) == [("MonthDecided", "2024-04")]
    assert region.ledger(ALKMAAR, "holiday-reserve") == 0
    assert region.ledger(BERGEN, "holiday-reserve") < 0


def test_in_may_the_new_municipality_pays_only_what_it_reserved_itself() -> None:
    region = moving().runs(APR, MAY)
    (holiday,) = (fact for fact in region.money(BERGEN) if isinstance(fact, HolidayAllowanceDecided))
    reserved = [fact.amounts.reserved_cents for fact in region.money(BERGEN) if isinstance(fact, MonthDecided)]

    assert holiday.cents == sum(reserved)
    assert [region.ledger(where, "holiday-reserve") for where in (ALKMAAR, BERGEN)] == [0, 0]


def test_a_claim_is_set_against_the_reserve_of_the_municipality_that_claims_and_never_against_the_other() -> None:
    claim = OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 50_000, MAR, "s-1", "dec-1")
    region = moving().has(claim, NotifyDecision(whose(), "cl-1", "t-cl-1", date(2024, 4, 2), 6)).runs(APR, date(2024, 6, 1))
    offsets = [fact for fact in region.months.facts() if isinstance(fact, RecoveryOffset)]

    assert {(fact.municipality, fact.claim_ref) for fact in offsets} == {(ALKMAAR, "cl-1")}
    assert region.ledger(ALKMAAR, "recovery-claims") == 50_000 - sum(fact.amount_cents for fact in offsets) > 0
    assert region.ledger(BERGEN, "recovery-claims") == 0


def test_income_of_a_month_before_the_move_is_corrected_and_claimed_by_the_municipality_that_paid_it() -> None:
    region = moving().runs(APR, APR).has(earns("2024-02", 30_000)).runs(MAY, MAY)
    (claim,) = (fact for fact in region.months.facts() if isinstance(fact, RecoveryOpened))

    assert claim.municipality == ALKMAAR
    assert kinds(region.money(ALKMAAR))[-1] == ("MonthDecided", "2024-02")
    assert {fact.month for fact in region.money(BERGEN)} == {"2024-04", "2024-05"}


def test_the_month_of_a_move_is_paid_by_both_for_their_own_days() -> None:
    region = moved_within(date(2024, 3, 16))
    facts = [fact for where in (ALKMAAR, BERGEN) for fact in region.money(where) if isinstance(fact, MonthDecided)]
    january, *_, here, over_there = facts

    assert (here.month, over_there.month) == ("2024-03", "2024-03")
    assert here.amounts.norm_cents + over_there.amounts.norm_cents == pytest.approx(january.amounts.norm_cents, abs=2)
    assert len({right.right_ref for right in region.months.rights()}) == len(region.months.rights())


def test_one_run_decides_both_and_the_decision_of_one_municipality_does_not_hold_that_of_the_other() -> None:
    region = moving()
    told = region.run(APR)

    assert all(due.money for due in told.values())
    assert not [fact for fact in region.months.facts() if isinstance(fact, EntitlementHeld)]


def test_what_one_municipality_hears_after_the_approval_holds_only_its_own_line() -> None:
    region, run = moving(), ask(APR)
    approved = region.pages(run)
    region.has(there(earns("2024-04", 10_000)))
    for page, due in approved.values():
        region.decide(run, page, due)
    held = [fact for fact in region.months.facts() if isinstance(fact, EntitlementHeld)]

    assert [(fact.municipality, fact.reason_code) for fact in held] == [(BERGEN, CHANGED)]
    assert kinds(region.money(ALKMAAR))[-1] == ("HolidayAllowanceDecided", "2024-04")


def test_of_a_client_who_moved_nothing_is_carried_forward_so_that_every_fact_is_read() -> None:
    region = moving()
    before = dict(region.months.log.kept_all(CARRIED))
    region.runs(APR, date(2024, 7, 1))

    assert before
    assert dict(region.months.log.kept_all(CARRIED)) == before
    assert all(not due.money for where, (_, due) in region.pages(ask(date(2024, 7, 1))).items() if where == ALKMAAR)


SAID = {
    "benefit-elsewhere": "another municipality has a right on that day: it ends first",
    "objection-elsewhere": "another municipality has an objection of this name",
}


@pytest.mark.parametrize(
    ("before", "command", "reason"),
    [
        ((apply(), grant()), there(apply(APR)), "benefit-is-running"),
        ((apply(),), there(apply(APR)), "already-applied"),
        ((apply(), grant(), end(APR)), there(apply(date(2024, 3, 20))), "reported-before-the-end"),
        (
            (
                apply(),
                grant(),
                end(APR),
                there(apply(APR)),
                there(grant(on=APR, ref="g-2")),
                ReopenDecision(whose(), "dec-end", "ruling", "r", MAY, COLLEAGUE),
            ),
            grant(on=APR, ref="grant-3"),
            "benefit-elsewhere",
        ),
        (
            (apply(), grant(), apply(client=PARTNER)),
            there(GrantBenefit(terms("g", client=PARTNER), TOGETHER, "cl", None)),
            "no-application",
        ),
        (
            (apply(), grant(), there(apply(client=PARTNER))),
            there(GrantBenefit(terms("g", client=PARTNER), circumstances(**{**TOGETHER.model_dump(), "partner": CLIENT}), "cl", None)),
            "partner-has-a-benefit",
        ),
        (
            (
                apply(),
                grant(),
                notify("grant", date(2024, 1, 20)),
                objects("grant"),
                end(APR),
                there(apply(APR)),
                there(grant(on=APR, ref="g-2")),
                there(notify("g-2", APR)),
            ),
            there(objects("g-2")),
            "objection-elsewhere",
        ),
    ],
)
def test_nobody_has_two_benefits_on_one_day_whichever_municipality_is_asked(
    before: tuple[BenefitCommand, ...], command: BenefitCommand, reason: str
) -> None:
    decision = BENEFIT.decide(BENEFIT.fold(lived(*before)), command)

    assert decision == Refused(reason, SAID.get(reason, ""))


def test_what_somebody_else_has_elsewhere_keeps_nobody_from_a_benefit() -> None:
    others = BENEFIT.fold(lived(there(apply(client=PARTNER)), there(grant(client=PARTNER))))

    assert elsewhere(others, grant()) is None


def test_the_municipality_of_before_takes_its_own_grant_back_after_the_move() -> None:
    region = moving().runs(APR, APR).has(withdraw(MAR)).runs(MAY, MAY)
    (claim,) = (fact for fact in region.months.facts() if isinstance(fact, RecoveryOpened))

    assert (claim.municipality, claim.ground, [each.month for each in claim.months]) == (ALKMAAR, "withdrawn", ["2024-03"])
    assert {fact.month for fact in region.money(BERGEN)} == {"2024-04", "2024-05"}


def test_what_the_system_before_this_one_paid_is_told_by_each_municipality_for_itself() -> None:
    facts = lived(TAKE_OVER, apply(), grant(), end(APR), there(replace(TAKE_OVER, upto="2024-05", reserve_cents=5)))
    own = BENEFIT.fold(facts)

    assert {where: each.paid_upto for (_, where), each in own.items()} == {ALKMAAR: "2024-03", BERGEN: "2024-05"}


def test_debit_equals_credit_in_each_municipality_and_nobody_ends_with_a_reserve_or_claim_below_nothing() -> None:
    region = moving().runs(APR, APR).has(earns("2024-02", 30_000)).runs(MAY, date(2024, 6, 1))
    entries = region.entries()

    for where in (ALKMAAR, BERGEN):
        assert sum(entry.cents for entry in entries if entry.municipality == where) == 0
        assert region.ledger(where, "holiday-reserve") <= 0
        assert region.ledger(where, "recovery-claims") >= 0


def test_a_partner_who_moves_in_elsewhere_ends_the_share_where_it_began() -> None:
    facts = lived(apply(), grant(who=TOGETHER), EndBenefit(terms("end", APR)), there(apply(APR, PARTNER)))
    state = BENEFIT.fold(facts)

    assert not isinstance(BENEFIT.decide(state, there(grant(ALONE, APR, "g-2", PARTNER))), Refused)


PARTNERS = (apply(client=PARTNER), grant(client=PARTNER), EndBenefit(terms("end-partner", APR, PARTNER)))
"""The partner had a benefit until April."""


@pytest.mark.parametrize(("day", "refused"), [(MAR, "partner-has-a-benefit"), (APR, None)])
@pytest.mark.parametrize("moved", [False, True])
def test_who_had_a_benefit_until_a_day_is_a_partner_from_that_day_on(day: date, refused: str | None, *, moved: bool) -> None:
    asked = grant(who=TOGETHER, on=day)
    facts = lived(*PARTNERS, *map(there if moved else lambda command: command, (apply(),)))
    decision = BENEFIT.decide(BENEFIT.fold(facts), there(asked) if moved else asked)

    assert (decision.reason if isinstance(decision, Refused) else None) == refused


@pytest.mark.parametrize(("day", "refused"), [(MAR, "shares-in-another-benefit"), (APR, None)])
def test_who_shared_in_a_benefit_until_a_day_gets_one_from_that_day_on(day: date, refused: str | None) -> None:
    facts = lived(apply(), grant(who=TOGETHER), end(APR), there(apply(FEB, PARTNER)))
    decision = BENEFIT.decide(BENEFIT.fold(facts), there(grant(ALONE, day, "g-2", PARTNER)))

    assert (decision.reason if isinstance(decision, Refused) else None) == refused
