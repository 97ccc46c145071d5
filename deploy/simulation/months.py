"""Clients who live on a monthly benefit in a history: they apply, are granted and change, and what came back meets its claim."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.simulation.commands import Violated
from deploy.simulation.paying_again import another_account
from deploy.simulation.people import IBANS, REJECTED, RETURNED, TODAY, Script, Town
from deploy.simulation.rooms import FINGERPRINTS, NORMS
from services.benefits.manifest import EntitledLine, WaitingLine
from services.benefits.monthly.benefit import STREAMS
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.commands import (
    ApplyForBenefit,
    ArrangeFixedCharge,
    BenefitCommand,
    BlockPayment,
    ChangeBenefit,
    EndBenefit,
    GrantBenefit,
    NotifyDecision,
    Payee,
    ReportIncome,
    ResumeBenefit,
    SuspendBenefit,
    Terms,
    UnblockPayment,
    Whose,
    WithdrawBenefit,
)
from services.benefits.monthly.desk import Words
from services.benefits.monthly.recovery import Claim, claim_name
from services.benefits.monthly.setting_off import SETTING_OFF, SetOff
from services.benefits.payments import Position
from services.benefits.preparing_again import FAILED
from services.contracts.circumstances import Circumstances, IncomeLine
from services.contracts.monthly import BenefitEnded, BenefitGranted, BenefitWithdrawn
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Work

WORKER = "s-caseworker"
ALONE = Circumstances(household_type="single", age_bands=("27-pension",))
DAYS = (date(2024, 1, 1), date(2024, 1, 20), date(2024, 2, 1), date(2024, 2, 10))
TERM_WEEKS, OBJECTION_WEEKS, SUSPENSION_WEEKS = 8, 6, 8


@dataclass
class Life:
    """One client's benefit as a caseworker meets it."""

    town: Town
    whose: Whose

    def tells(self, command: BenefitCommand, words: Words | None = None) -> Script:
        """A command with what goes into the vault."""
        room, kept = self.town.benefits, words or {}
        yield self.town.command(room, lambda origin, said: room.monthly.work(command, origin, said, kept), WORKER)

    def terms(self, on: date) -> Terms:
        """Of a decision under a name of its own."""
        named, reason = self.town.nature.new_ref("dec-"), "reported-by-client"
        return Terms(
            **self.whose.said,
            decision_ref=named,
            effective_on=on,
            decided_on=TODAY,
            decided_by=WORKER,
            rule_version=NORMS.rule_version,
            reason_code=reason,
        )

    def is_told(self, ref: str, on: date = TODAY) -> Script:
        """The letter of a decision or a claim leaves."""
        yield from self.tells(NotifyDecision(self.whose, ref, self.town.nature.new_ref("t-"), on, OBJECTION_WEEKS))

    def is_granted(self, on: date) -> Script:
        """A benefit, and its letter."""
        terms = self.terms(on)
        yield from self.tells(GrantBenefit(terms, ALONE, claim_name(self.whose.client, terms.decision_ref), None))
        yield from self.is_told(terms.decision_ref)

    def pays_rent(self, on: date) -> Script:
        """The landlord is paid out of the benefit, on an account that lies in the vault."""
        chance, ref = self.town.nature.chance, self.town.nature.new_ref("acc-")
        iban = chance.choice((IBANS, RETURNED, REJECTED))[self.town.number() % 50]
        payee = Payee(ref, FINGERPRINTS.of(iban))
        rent = ArrangeFixedCharge(self.terms(on), "rent", chance.choice((30_000, 60_000)), payee)
        yield from self.tells(rent, {ref: {"iban": iban, "holder_name": "Woonstichting Test"}})

    def happens(self, on: date) -> Mapping[str, Callable[[], Script]]:
        """What may happen to somebody with a benefit; whether it can is for the decider to say."""
        chance, new_ref = self.town.nature.chance, self.town.nature.new_ref
        earned = IncomeLine(kind="wages", period="month", net_cents=chance.choice((20_000, 60_000, 200_000)))
        return {
            "earns": lambda: self.tells(ReportIncome(self.whose, f"{on:%Y-%m}", (earned,), TODAY, new_ref("form-"))),
            "shares": lambda: self.tells(ChangeBenefit(self.terms(on), ALONE.model_copy(update={"cost_sharers": chance.randint(1, 2)}))),
            "blocked": lambda: self.tells(BlockPayment(self.terms(on))),
            "unblocked": lambda: self.tells(UnblockPayment(self.terms(on))),
            "suspended": lambda: self.tells(SuspendBenefit(self.terms(on), date(2024, 3, 1), SUSPENSION_WEEKS)),
            "resumed": lambda: self.tells(ResumeBenefit(self.terms(on))),
            "rent": lambda: self.pays_rent(on),
            "account": lambda: another_account(self.town, self.whose.client, self.whose.municipality),
            "ended": lambda: self.tells(EndBenefit(self.terms(on))),
            "withdrawn": lambda: self.tells(WithdrawBenefit(self.terms(on))),
        }

    def goes_on(self) -> Script:
        """One of all that may happen, perhaps about days that were paid already."""
        chance = self.town.nature.chance
        happened = self.happens(chance.choice(DAYS))
        yield from happened[chance.choice(tuple(happened))]()


def life(town: Town, number: int) -> Script:
    """The benefit of the client of one household, as soon as that is known."""
    yield lambda: len(town.known) > number
    chance, one = town.nature.chance, Life(town, Whose(*town.known[number]))
    start = chance.choice(DAYS)
    yield from one.tells(ApplyForBenefit(one.whose, ALONE, start, start, TERM_WEEKS))
    if chance.random() < 0.8:
        yield from one.is_granted(start)
    town.on_benefit += 1
    for _ in range(chance.randint(0, 4)):
        yield from one.goes_on()


def something_new(town: Town) -> Script:
    """One thing more happens to one of the clients."""
    if town.known:
        yield from Life(town, Whose(*town.nature.chance.choice(town.known))).goes_on()


def entitled(town: Town) -> set[tuple[str, str]]:
    """Clients with a benefit that nobody ended, by municipality."""
    facts = [envelope.event for envelope in town.benefits.disk.scan(STREAMS)]
    ended = {(each.client, each.municipality) for each in facts if isinstance(each, BenefitEnded | BenefitWithdrawn)}
    return {(each.client, each.municipality) for each in facts if isinstance(each, BenefitGranted)} - ended


def require_lines(town: Town, prepared: RunPrepared, known: set[tuple[str, str]]) -> None:
    """Everybody who had a benefit when the month was ordered, and still has it, has a line, due or with a reason; raises `Violated`."""
    lines = town.benefits.office.manifests.read(prepared.manifest_hash)
    told = {(line.client, line.municipality) for line in lines if isinstance(line, EntitledLine | WaitingLine)}
    if forgotten := sorted((known & entitled(town)) - told):
        raise Violated("I3", f"{prepared.run_ref} has no line for {forgotten[0]}, who had a benefit when it was ordered")


def claims_are_met(town: Town) -> Script:
    """What came back meets the claims on it; the letters of the others leave."""
    disk, payments = town.benefits.disk, town.benefits.office.payments
    for claim in [each for of_client in claims(disk).values() for each in of_client]:
        failed = [each for each in payments.of_client(claim.opened.client) if each.standing in FAILED]
        for position in failed:
            yield _setting_off(town, claim, position)
        if not failed and town.nature.chance.random() < 0.5:
            whose = next(Whose(*known) for known in town.known if known[0] == claim.opened.client)
            yield from Life(town, whose).is_told(claim.opened.claim_ref, claim.opened.opened_on)


def _setting_off(town: Town, claim: Claim, position: Position) -> Any:  # noqa: ANN401 - a command of whatever room
    command = SetOff(claim.opened.claim_ref, position.right_ref, TODAY, WORKER)
    return town.command(town.benefits, lambda origin, said: Work(SETTING_OFF, lambda _tx: command, origin, said), WORKER)
