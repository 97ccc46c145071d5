from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.benefits.monthly.benefit import BENEFIT, STREAMS, benefit_stream
from services.benefits.monthly.commands import BenefitCommand
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.monthly import BenefitRefused, BenefitSuspended, DecisionReopened
from services.contracts.monthly_money import AdvanceDecided, Part, RecoveryOpened
from services.eventlog.decider import Refused
from services.eventlog.handle import Work
from services.eventlog.log import Conflict, Origin
from services.eventlog.memory import MemoryLog
from tests.benefits.monthly.people import (
    ALKMAAR,
    ALONE,
    CLIENT,
    HOUSEHOLD,
    OTHER,
    PARTNER,
    REPORTED,
    RULES,
    TOGETHER,
    apply,
    attach,
    block,
    change,
    charge,
    earns,
    end,
    grant,
    lift,
    lived,
    measure,
    notify,
    objects,
    outcome,
    refuse,
    reopen,
    resume,
    stop_advances,
    stop_charge,
    suspend,
    unblock,
    withdraw,
)
from tests.benefits.sentences import Given

FEB, MAR, APR = date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
RUNNING = (apply(), grant())

HAPPY: list[tuple[Sequence[BenefitCommand], BenefitCommand, list[str]]] = [
    ([], apply(), ["benefit-applied"]),
    ([apply()], grant(), ["benefit-granted"]),
    ([apply()], grant(TOGETHER), ["benefit-granted", "benefit-shared"]),
    ([apply()], refuse(), ["benefit-refused"]),
    ([apply()], stop_advances(), ["advances-stopped"]),
    (RUNNING, change(TOGETHER, MAR), ["benefit-changed", "benefit-shared"]),
    ([apply(), grant(TOGETHER)], change(ALONE, MAR), ["benefit-changed", "benefit-share-ended"]),
    (RUNNING, suspend(MAR), ["benefit-suspended"]),
    ([*RUNNING, suspend(MAR)], resume(MAR), ["benefit-resumed"]),
    (RUNNING, block(MAR), ["payment-blocked"]),
    ([*RUNNING, block(MAR)], unblock(MAR), ["payment-unblocked"]),
    (RUNNING, end(MAR), ["benefit-ended"]),
    ([apply(), grant(TOGETHER)], end(MAR), ["benefit-ended", "benefit-share-ended"]),
    ([*RUNNING, suspend(MAR)], withdraw(MAR), ["benefit-withdrawn"]),
    ([*RUNNING, end(APR)], withdraw(FEB), ["benefit-withdrawn"]),
    ([*RUNNING, end(MAR)], apply(APR), ["benefit-applied"]),
    (RUNNING, measure(MAR), ["measure-imposed"]),
    (RUNNING, charge(), ["fixed-charge-arranged"]),
    ([*RUNNING, charge()], stop_charge(MAR), ["fixed-charge-stopped"]),
    ([*RUNNING, charge(), stop_charge(MAR)], charge(APR, ref="again"), ["fixed-charge-arranged"]),
    (RUNNING, attach(), ["attachment-served"]),
    ([*RUNNING, attach()], lift(MAR), ["attachment-lifted"]),
    (RUNNING, earns("2024-02", 50_000), ["income-reported"]),
    ([*RUNNING, earns("2024-02", 50_000)], earns("2024-02", 60_000, "form-2"), ["income-reported"]),
    (RUNNING, notify(), ["decision-notified"]),
    ([*RUNNING, notify()], objects(), ["objection-lodged"]),
    ([*RUNNING, notify(), objects()], outcome("dismissed"), ["objection-decided"]),
    ([*RUNNING, notify(), objects()], outcome("upheld"), ["objection-decided", "decision-reopened"]),
    (RUNNING, reopen(), ["decision-reopened"]),
    ([apply(), refuse(), reopen("refusal")], grant(), ["benefit-granted"]),
    ([*RUNNING, end(MAR), reopen("end")], grant(on=MAR, ref="grant-2"), ["benefit-granted"]),
]

REFUSED: list[tuple[Sequence[BenefitCommand], BenefitCommand, str]] = [
    ([apply()], apply(FEB), "already-applied"),
    (RUNNING, apply(FEB), "benefit-is-running"),
    ([*RUNNING, end(MAR)], apply(FEB), "reported-before-the-end"),
    ([], grant(), "no-application"),
    ([apply(), refuse()], grant(), "no-application"),
    (RUNNING, grant(ref="grant-2"), "benefit-is-running"),
    ([apply(FEB)], grant(on=REPORTED), "before-the-report"),
    ([*RUNNING, end(MAR), reopen("end")], grant(on=FEB, ref="grant-2"), "before-the-report"),
    ([apply(), apply(client=PARTNER), grant(client=PARTNER)], grant(TOGETHER), "partner-has-a-benefit"),
    ([apply(client=OTHER), grant(TOGETHER, client=OTHER), apply()], grant(TOGETHER), "partner-shares-elsewhere"),
    (
        [apply(client=OTHER), grant(TOGETHER.model_copy(update={"partner": CLIENT}), client=OTHER), apply()],
        grant(),
        "shares-in-another-benefit",
    ),
    ([apply()], grant(TOGETHER.model_copy(update={"partner": CLIENT})), "partner-of-oneself"),
    (RUNNING, refuse(), "no-application"),
    (RUNNING, stop_advances(), "no-application"),
    ([apply()], change(ALONE, MAR), "no-benefit"),
    ([apply(FEB), grant(on=FEB)], change(ALONE, REPORTED), "before-the-grant"),
    ([*RUNNING, apply(client=PARTNER), grant(client=PARTNER)], change(TOGETHER, MAR), "partner-has-a-benefit"),
    ([apply()], suspend(MAR), "no-benefit"),
    ([apply(FEB), grant(on=FEB)], suspend(REPORTED), "before-the-grant"),
    (RUNNING, suspend(MAR, weeks=9), "suspended-too-long"),
    (RUNNING, suspend(MAR, weeks=0), "recovery-term-in-the-past"),
    ([*RUNNING, suspend(MAR)], suspend(APR, ref="again"), "already-suspended"),
    (RUNNING, resume(MAR), "not-suspended"),
    ([apply()], block(MAR), "no-benefit"),
    ([*RUNNING, block(MAR)], block(APR, ref="again"), "already-blocked"),
    (RUNNING, unblock(MAR), "not-blocked"),
    ([apply()], end(MAR), "no-benefit"),
    ([*RUNNING, end(MAR)], end(APR, ref="again"), "ended-already"),
    ([*RUNNING, end(MAR)], withdraw(APR), "ended-already"),
    ([apply(FEB), grant(on=FEB)], withdraw(REPORTED), "before-the-grant"),
    ([apply()], measure(MAR), "no-benefit"),
    ([*RUNNING, measure(FEB, 60, months=3)], measure(APR, 50, ref="again"), "measures-above-the-whole"),
    ([*RUNNING, charge()], charge(ref="again"), "charge-arranged-already"),
    (RUNNING, stop_charge(MAR), "unknown-charge"),
    ([*RUNNING, attach(), lift(MAR)], attach(APR, ref="again"), "attachment-served-already"),
    (RUNNING, lift(MAR), "unknown-attachment"),
    ([], earns("2024-02", 50_000), "no-application"),
    (RUNNING, notify("nothing"), "unknown-decision"),
    (RUNNING, notify(on=REPORTED), "notified-before-the-decision"),
    (RUNNING, objects(), "not-notified"),
    (RUNNING, objects("nothing"), "unknown-decision"),
    (RUNNING, outcome(), "unknown-objection"),
    ([*RUNNING, notify(), objects()], outcome(by="s-worker"), "decided-by-the-same-person"),
    ([*RUNNING, notify(), objects(), outcome("dismissed")], outcome("upheld"), "objection-decided-already"),
    (RUNNING, reopen("nothing"), "unknown-decision"),
]


def kinds(facts: Sequence[Event] | Refused) -> list[str]:
    assert not isinstance(facts, Refused), facts
    return [fact.TYPE.split(".")[3] for fact in facts]


@pytest.mark.parametrize(("before", "command", "then"), HAPPY)
def test_what_can_be_decided_is_told(before: Sequence[BenefitCommand], command: BenefitCommand, then: list[str]) -> None:
    assert kinds(Given(BENEFIT, lived(*before)).when(command)) == then


@pytest.mark.parametrize(("before", "command", "_then"), HAPPY)
def test_the_same_again_changes_nothing(before: Sequence[BenefitCommand], command: BenefitCommand, _then: list[str]) -> None:
    assert Given(BENEFIT, lived(*before, command)).when(command) == []


@pytest.mark.parametrize(("before", "command", "reason"), REFUSED)
def test_what_cannot_be_decided_is_refused_with_its_reason(before: Sequence[BenefitCommand], command: BenefitCommand, reason: str) -> None:
    then = Given(BENEFIT, lived(*before)).when(command)

    assert isinstance(then, Refused)
    assert then.reason == reason


@pytest.mark.parametrize(("before", "command", "_then"), HAPPY)
def test_who_decides_on_a_stale_version_is_told_to_read_again(
    before: Sequence[BenefitCommand], command: BenefitCommand, _then: list[str]
) -> None:
    log, at = MemoryLog("benefits", published()), datetime(2024, 3, 1, tzinfo=UTC)
    asked = [*before, command]
    works = [Work(BENEFIT, lambda _tx, c=c: c, Origin("s-1", f"c-{n}", at, "c"), b"", 99) for n, c in enumerate(asked)]  # type: ignore[misc]  # a default names the loop's command

    with pytest.raises(Conflict):
        log.submit(works[-1]).result(5)
    assert log.read(benefit_stream(CLIENT)) == []


def advanced(cents: int) -> AdvanceDecided:
    return AdvanceDecided(
        client=CLIENT,
        household_ref=HOUSEHOLD,
        municipality=ALKMAAR,
        run_ref="run-1",
        month="2024-01",
        sequence=1,
        parts=(Part(kind="client", ref="r-1", cents=cents),),
        rule_version=RULES,
        facts_hash="f",
        decided_on=REPORTED,
        cents=cents,
        applied_on=REPORTED,
    )


def test_a_refusal_claims_back_what_was_advanced() -> None:
    then = Given(BENEFIT, [*lived(apply()), advanced(109_768)]).when(refuse())

    assert not isinstance(then, Refused)
    refused, claim = then
    assert isinstance(refused, BenefitRefused)
    assert isinstance(claim, RecoveryOpened)
    assert (refused.reclaimed_cents, claim.amount_cents, claim.ground) == (109_768, 109_768, "advance-refused")


def test_what_was_claimed_back_once_is_not_claimed_again() -> None:
    facts = [*lived(apply()), advanced(109_768)]
    facts = lived(refuse(), reopen("refusal"), since=facts)

    then = Given(BENEFIT, facts).when(refuse("refusal-2"))

    assert kinds(then) == ["benefit-refused"]


def test_a_decision_says_when_it_holds_who_took_it_and_what_it_rested_on() -> None:
    fact = lived(*RUNNING)[-1].model_dump()

    assert (fact["effective_on"], fact["decided_by"], fact["rule_version"]) == (REPORTED, "s-worker", RULES)
    assert fact["circumstances"] == ALONE.model_dump()


def test_an_objection_that_is_upheld_opens_the_decision_again() -> None:
    facts = lived(apply(), refuse(), notify("refusal"), objects("refusal"), outcome())

    assert isinstance(facts[-1], DecisionReopened)
    assert kinds(Given(BENEFIT, facts).when(grant())) == ["benefit-granted"]


COMMANDS = [command for before, last, _ in [*HAPPY, *REFUSED] for command in (*before, last)]


@given(asked=st.lists(st.sampled_from(COMMANDS), max_size=25))
@settings(deadline=None)
def test_whatever_is_asked_no_suspension_is_longer_than_eight_weeks_and_nobody_shares_twice(asked: list[BenefitCommand]) -> None:
    facts: list[Event] = []
    for command in asked:
        decision = BENEFIT.decide(BENEFIT.fold(facts), command)
        told = [] if isinstance(decision, Refused) else decision
        facts.extend(fact for fact in told if fact.home().stream.startswith(STREAMS))
    suspended = [fact for fact in facts if isinstance(fact, BenefitSuspended)]
    dossiers = BENEFIT.fold(facts)

    assert all((fact.recover_by - fact.effective_on).days <= 56 for fact in suspended)
    shared = [each.sharing_partner for each in dossiers.values() if each.sharing_partner]
    assert len(shared) == len(set(shared))
    assert all(dossiers[partner, ALKMAAR].since is None for partner in shared if (partner, ALKMAAR) in dossiers)
