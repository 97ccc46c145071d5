"""One client's life with the monthly benefit, as ordinary as can be; a test says what is not."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.benefits.monthly.benefit import BENEFIT, STREAMS
from services.benefits.monthly.commands import (
    ApplyForBenefit,
    ArrangeFixedCharge,
    BenefitCommand,
    BlockPayment,
    ChangeBenefit,
    DecideObjection,
    EndBenefit,
    GrantBenefit,
    ImposeMeasure,
    LiftAttachment,
    LodgeObjection,
    NotifyDecision,
    Payee,
    RefuseBenefit,
    ReopenDecision,
    ReportIncome,
    ResumeBenefit,
    ServeAttachment,
    StopAdvances,
    StopFixedCharge,
    SuspendBenefit,
    TakeOverBenefit,
    Terms,
    UnblockPayment,
    Whose,
    WithdrawBenefit,
)
from services.contracts.circumstances import Circumstances, IncomeLine
from services.contracts.envelope import Event
from services.contracts.monthly_money import BenefitTakenOver
from services.eventlog.decider import Refused

CLIENT, PARTNER, OTHER = "p-" + "1" * 16, "p-" + "2" * 16, "p-" + "3" * 16
HOUSEHOLD, ALKMAAR = "h-" + "1" * 16, "GM0361"
REPORTED = date(2024, 1, 1)
RULES = "monthly-benefit/1+00000000"
WORKER, COLLEAGUE = "s-worker", "s-colleague"


def circumstances(**said: Any) -> Circumstances:  # noqa: ANN401 - any field
    return Circumstances(**{"household_type": "single", "age_bands": ("27-pension",), **said})


ALONE = circumstances()
TOGETHER = circumstances(household_type="couple", age_bands=("27-pension", "27-pension"), partner=PARTNER)


def whose(client: str = CLIENT) -> Whose:
    return Whose(client, HOUSEHOLD, ALKMAAR)


def terms(ref: str, on: date = REPORTED, client: str = CLIENT, by: str = WORKER, reason: str = "entitled") -> Terms:
    decided = max(on, REPORTED + timedelta(days=14))
    return Terms(client, HOUSEHOLD, ALKMAAR, f"dec-{ref}", on, decided, by, RULES, reason)


TAKE_OVER = TakeOverBenefit(whose(), "2024-03", 64_190, "old-1", "s-officer")
TAKEN = BenefitTakenOver(**whose().said, upto="2024-03", reserve_cents=64_190, source_ref="old-1", recorded_by="s-officer")
"""Another system paid the first three months of 2024, and left this of the holiday allowance."""


def apply(on: date = REPORTED, client: str = CLIENT) -> ApplyForBenefit:
    return ApplyForBenefit(whose(client), ALONE, on, on, 8)


def grant(
    who: Circumstances = ALONE, on: date = REPORTED, ref: str = "grant", client: str = CLIENT, covered: int | None = None
) -> GrantBenefit:
    return GrantBenefit(terms(ref, on, client), who, f"cl-{ref}", covered)


def refuse(ref: str = "refusal") -> RefuseBenefit:
    return RefuseBenefit(terms(ref), "cl-1")


def stop_advances(ref: str = "advances-stopped") -> StopAdvances:
    return StopAdvances(terms(ref, reason="data-missing"))


def change(who: Circumstances, on: date, ref: str = "change", client: str = CLIENT) -> ChangeBenefit:
    return ChangeBenefit(terms(ref, on, client), who)


def suspend(on: date, weeks: int = 4, ref: str = "suspension") -> SuspendBenefit:
    return SuspendBenefit(terms(ref, on), on + timedelta(weeks=weeks), 8)


def resume(on: date, ref: str = "resumption") -> ResumeBenefit:
    return ResumeBenefit(terms(ref, on))


def block(on: date, ref: str = "block") -> BlockPayment:
    return BlockPayment(terms(ref, on))


def unblock(on: date, ref: str = "unblock") -> UnblockPayment:
    return UnblockPayment(terms(ref, on))


def end(on: date, ref: str = "end") -> EndBenefit:
    return EndBenefit(terms(ref, on))


def withdraw(on: date, ref: str = "withdrawal") -> WithdrawBenefit:
    return WithdrawBenefit(terms(ref, on))


def measure(on: date, percent: int = 30, months: int = 1, ref: str = "measure") -> ImposeMeasure:
    return ImposeMeasure(terms(ref, on), percent, months)


def charge(on: date = REPORTED, cents: int = 60_000, name: str = "ch-rent", ref: str = "charge") -> ArrangeFixedCharge:
    return ArrangeFixedCharge(terms(ref, on), name, cents, Payee("acc-landlord", "landlord"))


def stop_charge(on: date, name: str = "ch-rent", ref: str = "charge-stopped") -> StopFixedCharge:
    return StopFixedCharge(terms(ref, on), name)


def attach(on: date = REPORTED, cents: int = 90_000, name: str = "at-bailiff", ref: str = "attachment") -> ServeAttachment:
    return ServeAttachment(terms(ref, on), name, cents, Payee("acc-bailiff", "bailiff"))


def lift(on: date, name: str = "at-bailiff", ref: str = "attachment-lifted") -> LiftAttachment:
    return LiftAttachment(terms(ref, on), name)


def earns(month: str, cents: int, source: str = "form-1") -> ReportIncome:
    line = IncomeLine(kind="wages", period="month", net_cents=cents)
    return ReportIncome(whose(), month, (line,), date.fromisoformat(f"{month}-25"), source)


def notify(ref: str = "grant", on: date = date(2024, 1, 20)) -> NotifyDecision:
    return NotifyDecision(whose(), f"dec-{ref}", f"t-{ref}", on, 6)


def objects(ref: str = "grant", on: date = date(2024, 2, 1), name: str = "ob-1") -> LodgeObjection:
    return LodgeObjection(whose(), name, f"dec-{ref}", on, 6, "t-grounds")


def outcome(said: str = "upheld", by: str = COLLEAGUE, name: str = "ob-1") -> DecideObjection:
    return DecideObjection(whose(), "dec-grant", name, said, date(2024, 3, 1), by)  # type: ignore[arg-type]  # a literal


def reopen(ref: str = "grant", source: str = "ECLI:NL:CRVB:2025:1") -> ReopenDecision:
    return ReopenDecision(whose(), f"dec-{ref}", "ruling", source, date(2025, 12, 1), COLLEAGUE)


def lived(*commands: BenefitCommand, since: Sequence[Event] = ()) -> list[Event]:
    """The facts that followed on these commands in the benefit streams; none was refused, none a repeat."""
    facts = list(since)
    for command in commands:
        decision = BENEFIT.decide(BENEFIT.fold(facts), command)
        assert not isinstance(decision, Refused), (command, decision)
        assert decision, command
        facts.extend(fact for fact in decision if fact.home().stream.startswith(STREAMS))
    return facts
