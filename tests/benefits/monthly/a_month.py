"""Months of a few clients on a log in memory: commands through the real log, plans worked out and recorded as a run does."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from services.benefits.assessment import Account
from services.benefits.monthly import norms
from services.benefits.monthly.ask import Ask, Client, Plan
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.commands import BenefitCommand, ImposeMeasure, NotifyDecision, Whose
from services.benefits.monthly.entitlement import plan
from services.benefits.monthly.entitling import ENTITLING, DecideEntitlement, Read
from services.benefits.monthly.recovery import RECOVERY, STREAMS, Claim, OpenRecovery, RecoveryCommand, recovery_stream
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.monthly_money import MonthlyRightGranted
from services.eventlog.handle import Work
from services.eventlog.log import Answer, Origin
from services.eventlog.memory import MemoryLog
from tests.benefits.monthly.people import ALKMAAR, CLIENT, HOUSEHOLD, notify, whose

NORMS = norms.installed()
ACCOUNT = Account("acc-client", "client")
FIRST = datetime(2024, 1, 2, tzinfo=UTC)


def ask(month: date, decided: int = 20, run_ref: str | None = None) -> Ask:
    """The run of a month, decided on that day of it and promised on the 28th."""
    return Ask(run_ref or f"run-{month:%Y-%m}", month, month.replace(day=decided), month.replace(day=28), NORMS)


@dataclass
class Months:
    """One client's months; each command a day after the one before. Letters of claims and measures leave at once, or a test sends them."""

    log: MemoryLog = field(default_factory=lambda: MemoryLog("benefits", published()))
    account: Account | None = ACCOUNT
    commands: int = 0
    sends_letters: bool = True

    def has(self, *commands: BenefitCommand | RecoveryCommand) -> "Months":
        for command in commands:
            answer = self._submit(BENEFIT if isinstance(command, BenefitCommand) else RECOVERY, command)
            assert answer.outcome == "accepted", (command, answer)
            if isinstance(command, OpenRecovery) and self.sends_letters:
                self.sends_letter(command.claim_ref, command.opened_on)
            if isinstance(command, ImposeMeasure) and self.sends_letters:
                self.sends_letter(command.terms.decision_ref, command.terms.decided_on)
        return self

    def sends_letter(self, ref: str, on: date) -> "Months":
        return self.has(NotifyDecision(whose(), ref, f"t-{ref}", on, 6))

    def tries(self, command: object) -> Answer:
        """A command that may be refused."""
        return self._submit(BENEFIT if isinstance(command, BenefitCommand) else RECOVERY, command)

    def tries_to(self, decider: object, command: object) -> Answer:
        """A command of any decider."""
        return self._submit(decider, command)

    def told_of(self, *decisions: str) -> "Months":
        """Letters of these decisions left long before any payment."""
        return self.has(*(notify(ref, date(2024, 1, 20)) for ref in decisions))

    def _submit(self, decider: object, command: object) -> Answer:
        self.commands += 1
        origin = Origin("s-1", f"c-{self.commands}", FIRST + timedelta(days=self.commands), "c")
        return self.log.submit(Work(decider, lambda _tx: command, origin, b"")).result(5)  # type: ignore[arg-type]  # any decider

    def client(self) -> Client:
        own = BENEFIT.fold(e.event for e in self.log.read(benefit_stream(CLIENT)))[CLIENT, ALKMAAR]
        streams = sorted({e.stream for e in self.log.scan(STREAMS)})
        folded = [RECOVERY.fold(e.event for e in self.log.read(stream)) for stream in streams]
        claims = tuple(claim for claim in folded if isinstance(claim, Claim))
        return Client(CLIENT, HOUSEHOLD, ALKMAAR, own, self.account, claims, len(self.log.read(benefit_stream(CLIENT))))

    def read(self) -> dict[str, Read]:
        """What a plan rests on that is worked out now."""
        client = self.client()
        claims = {recovery_stream(each.opened.claim_ref): Read(each.version, each.open_cents) for each in client.claims}
        return {benefit_stream(CLIENT): Read(client.read_upto), **claims}

    def plan(self, run: Ask) -> Plan:
        return plan(run, self.client())

    def decide(self, run: Ask) -> Plan:
        """The plan of a run, recorded."""
        client = self.client()
        due = plan(run, client)
        if due.money:
            command = DecideEntitlement(Whose(CLIENT, HOUSEHOLD, ALKMAAR), run.run_ref, client.own.version, due, self.read())
            assert self._submit(ENTITLING, command).outcome == "accepted"
            for claim in due.opened if self.sends_letters else ():
                self.sends_letter(claim.claim_ref, claim.opened_on)
        return due

    def facts(self) -> list[Event]:
        return [e.event for e in self.log.scan("benefits/")]

    def rights(self) -> list[MonthlyRightGranted]:
        return [event for event in self.facts() if isinstance(event, MonthlyRightGranted)]


def paid(due: Plan) -> list[tuple[str, str, int]]:
    """Month, kind and cents of what a plan pays."""
    return [(right.month, right.kind, right.amount_cents) for right in due.rights]
