"""A refusal comes with a sentence that says what is the matter, and what to do where something can be done."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.benefits.account import ACCOUNT, BindAccount, ConfirmAccount, ProposeAccount
from services.benefits.budget import BUDGETED, Share, WithBudgets
from services.benefits.guards import guards_for
from services.benefits.monthly.recovery import RECOVERY, OpenRecovery, Reduce, Repay
from services.benefits.payment import PAYMENT, AllowPayAgain
from services.benefits.request import Stuck
from services.benefits.run import RUN
from services.benefits.run_commands import CancelRun, CloseRun, JudgeRow
from services.benefits.withdrawal import WITHDRAWAL, RevokeAllowance
from services.contracts.envelope import Event
from services.contracts.run_control import RunSampleDrawn, SampleRow, SampleRowJudged
from services.eventlog.decider import Decider, Refused
from tests.benefits.facts import HOUSEHOLD, RIGHT, granted, instructed, rejected
from tests.benefits.facts import RUN as OF_RUN
from tests.benefits.sentences import Given
from tests.benefits.test_benefits_run import APPROVE, APPROVED, HASH, ORDER, PREPARED, REF, TAKE, TAKEN, TO_FILED, TO_RELEASED

DAY, CLIENT, ALKMAAR = date(2024, 2, 15), "p-" + "1" * 16, "GM0361"
ROWS = tuple(SampleRow(right_ref=ref, municipality=ALKMAAR, standing="granted") for ref in ("r1", "r2"))
DRAWN = RunSampleDrawn(run_ref=REF, manifest_hash=HASH, rows=ROWS)
WRONG = SampleRowJudged(run_ref=REF, right_ref="r1", verdict="wrong", judged_by="s-judge")


def bind(fingerprint: str = "one") -> BindAccount:
    return BindAccount(CLIENT, ALKMAAR, f"acc-{fingerprint}", fingerprint, DAY)


def lived(decider: Decider[Any, Any], *commands: object) -> list[Event]:
    """The facts that followed on commands of which none was refused."""
    facts: list[Event] = []
    for command in commands:
        decision = Given(decider, facts).when(command)
        assert not isinstance(decision, Refused)
        facts.extend(decision)
    return facts


PROPOSED = lived(ACCOUNT, bind(), ProposeAccount(bind("other"), "s-desk"))


def reduced(to_cents: int, because: str = "ob-1") -> Reduce:
    return Reduce("cl-1", to_cents, because, "objection-upheld", DAY, "s-2", "dec-3")


CLAIMED = lived(RECOVERY, OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 5_000, DAY, "s-1", "dec-1"))

REFUSALS: list[tuple[Decider[Any, Any], Sequence[Event], object, Refused]] = [
    (
        ACCOUNT,
        PROPOSED,
        ConfirmAccount(CLIENT, ALKMAAR, "other", DAY, "s-desk"),
        Refused("proposer-cannot-confirm", "a second person confirms a change of account"),
    ),
    (
        ACCOUNT,
        PROPOSED,
        ConfirmAccount(CLIENT, ALKMAAR, "third", DAY, "s-second"),
        Refused("account-differs", "this is not the account number that was proposed"),
    ),
    (ACCOUNT, PROPOSED, ConfirmAccount(CLIENT, "GM0373", "other", DAY, "s-second"), Refused("nothing-proposed")),
    (
        BUDGETED,
        [PREPARED],
        WithBudgets(APPROVE, "energy-allowance", 2023, {"GM0373": Share(2, 1), ALKMAAR: Share(2, 1), "GM0399": Share(1, 1)}),
        Refused(
            "above-municipality-budget",
            "GM0361 lacks 1 cents, GM0373 lacks 1 cents: a manager who does not sign sets the budget anew (route budgets), "
            "then sign again; or abort the run",
        ),
    ),
    (
        PAYMENT,
        [granted(), instructed()],
        AllowPayAgain(RIGHT, 2, "investigated", "s-1"),
        Refused("unknown-payment", "only the last payment of a right is looked into"),
    ),
    (
        PAYMENT,
        [granted(), instructed(), rejected(reason="MS03")],
        AllowPayAgain(RIGHT, 1, "not-deceased", "s-1"),
        Refused("other-ground-needed", "MS03 asks for investigated or cause-mended"),
    ),
    (
        PAYMENT,
        [granted(), instructed(), rejected(reason="AC04")],
        AllowPayAgain(RIGHT, 1, "investigated", "s-1"),
        Refused("other-ground-needed", "AC04 asks for an account"),
    ),
    (
        RUN,
        [PREPARED, DRAWN, APPROVED, WRONG],
        ORDER,
        Refused("sample-failed", "1 drawn rows are wrong: abort the run and prepare it again"),
    ),
    (RUN, [PREPARED, DRAWN, APPROVED], ORDER, Refused("sample-not-judged", "2 drawn rows have no verdict yet")),
    (
        RUN,
        [PREPARED, DRAWN, WRONG],
        JudgeRow(REF, "r1", "right", "s-judge"),
        Refused("judged-wrong", "a row that was found wrong stops the run: abort it and prepare again"),
    ),
    (RUN, [*TO_FILED, TAKEN], TAKE, Refused("handed-over-already", "a second time takes another person")),
    (RUN, TO_RELEASED, CloseRun(REF, 100_000, 30_000, 1, "s-officer"), Refused("not-settled", "129999 cents are open")),
    (
        RUN,
        [*TO_FILED, TAKEN],
        CancelRun(REF, "wrong-facts", "s-officer"),
        Refused("handed-over-already", "a file of it left: ask the bank to recall its payments"),
    ),
    (RUN, [PREPARED], CancelRun(REF, "wrong-facts", "s-officer"), Refused("not-released", "a run that was not released is aborted")),
    (
        RUN,
        [PREPARED.model_copy(update={"kind": "month"}), *TO_RELEASED[1:]],
        CancelRun(REF, "wrong-facts", "s-officer"),
        Refused("files-not-written", "the payments of a month are withdrawn once all of them are in its files: try again"),
    ),
    (
        WITHDRAWAL,
        [granted(OF_RUN), instructed(message_id=f"{OF_RUN}-001"), rejected()],
        RevokeAllowance(RIGHT, HOUSEHOLD, "energy-allowance", 2023, OF_RUN, (CLIENT,), "wrong-facts"),
        Refused("bank-answered", "the bank answered a payment of it, or another run made one: a file did leave"),
    ),
    (RECOVERY, CLAIMED, Repay("cl-1", 5_001, DAY, "line-1"), Refused("more-than-is-open", "5000 cents are open")),
    (RECOVERY, CLAIMED, Repay("cl-1", 0, DAY, "line-1"), Refused("nothing-to-settle")),
    (RECOVERY, CLAIMED, reduced(5_000), Refused("not-less", "5000 cents are claimed")),
    (
        RECOVERY,
        CLAIMED,
        reduced(0, because=""),
        Refused("not-reopened", "an objection that was upheld, or a ruling, opens a claim again"),
    ),
    (RECOVERY, [], Repay("cl-1", 1, DAY, "line-1"), Refused("unknown-claim")),
    (RECOVERY, CLAIMED, OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 5_001, DAY, "s-1", "dec-1"), Refused("claim-differs")),
    (RECOVERY, [], OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 0, DAY, "s-1", "dec-1"), Refused("nothing-to-claim")),
]


@pytest.mark.parametrize(("decider", "facts", "command", "refused"), REFUSALS)
def test_a_refusal_says_why(decider: Decider[Any, Any], facts: Sequence[Event], command: object, refused: Refused) -> None:
    assert Given(decider, facts).when(command) == refused


def test_a_run_without_rules_waits_for_somebody() -> None:
    with pytest.raises(Stuck) as waits:
        guards_for([], "energy-allowance", 2023)

    assert waits.value.reason == "no-rules-for-scheme-year"
