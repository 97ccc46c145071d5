"""What keeps a client in benefits: money on its way, a run, a benefit, a claim, an objection, a term."""

from datetime import date
from pathlib import Path

import pytest

from services.benefits.keeping import Keeping
from services.benefits.monthly.commands import BenefitCommand
from services.benefits.monthly.recovery import OpenRecovery, RecoveryCommand, Repay
from services.benefits.payments import Payments
from services.contracts.erasure import Hindrance
from services.eventlog.log import EventLog
from services.vault.retention import installed
from tests.benefits.a_region import NOW, Home, Region, region
from tests.benefits.monthly.a_month import Months
from tests.benefits.monthly.people import ALKMAAR, CLIENT, apply, end, grant, notify, objects, outcome, refuse, suspend

TODAY, LATER = NOW.date(), date(2040, 1, 1)
GRANTED = (apply(), grant())
ENDED = (*GRANTED, end(date(2024, 3, 1)))
CLAIM = OpenRecovery("cl-1", CLIENT, ALKMAAR, "paid-too-much", 5_000, TODAY, "s-1", "dec-grant")


def hindrances(log: EventLog, client: str, today: date, payments: Payments | None = None) -> list[Hindrance]:
    keeping = Keeping(log, payments or Payments(log), installed())
    return list(log.submit(lambda tx: keeping.hindrances(tx, client, today)).result(5))


def reasons(log: EventLog, client: str, today: date = LATER) -> list[str]:
    return [each.reason for each in hindrances(log, client, today)]


@pytest.fixture
def benefits(tmp_path: Path) -> Region:
    made = region(tmp_path)
    made.knows(Home(1), Home(2))
    return made


def test_a_client_of_whom_nothing_was_decided_is_free(benefits: Region) -> None:
    assert reasons(benefits.log, Home(1).client, TODAY) == []


def test_a_run_on_its_way_keeps_everybody_who_may_be_paid_by_it(benefits: Region) -> None:
    run = benefits.prepares()
    kept = hindrances(benefits.log, Home(1).client, TODAY)

    assert [(each.reason, each.what) for each in kept] == [("run-under-way", run)]


def test_a_payment_without_an_answer_keeps_its_client_for_ever(benefits: Region) -> None:
    benefits.pays_out()

    assert reasons(benefits.log, Home(1).client) == ["payment-open"]


def test_a_paid_client_is_kept_for_the_longest_term_only(benefits: Region, tmp_path: Path) -> None:
    benefits.hears(*benefits.bank_answers(benefits.pays_out(), tmp_path))
    kept = hindrances(benefits.log, Home(1).client, TODAY)

    assert [(each.reason, each.until) for each in kept] == [("retention-term-runs", date(2034, 2, 15))]
    assert reasons(benefits.log, Home(1).client) == []


@pytest.mark.parametrize(
    ("life", "reason"),
    [
        ((apply(),), "application-open"),
        (GRANTED, "benefit-runs"),
        ((*GRANTED, suspend(date(2024, 3, 1))), "benefit-runs"),
        ((*ENDED, CLAIM), "recovery-open"),
        ((*ENDED, notify("grant", date(2024, 1, 20)), objects("grant", date(2024, 1, 25))), "objection-open"),
    ],
)
def test_what_is_not_over_keeps_the_client_for_ever(life: tuple[BenefitCommand | RecoveryCommand, ...], reason: str) -> None:
    assert reasons(Months().has(*life).log, CLIENT) == [reason]


@pytest.mark.parametrize(
    "life",
    [
        (apply(), refuse()),
        ENDED,
        (*ENDED, CLAIM, Repay("cl-1", 5_000, TODAY, "b-1")),
        (*ENDED, notify("grant", date(2024, 1, 20)), objects("grant", date(2024, 1, 25)), outcome("dismissed")),
    ],
)
def test_what_is_over_keeps_nobody_once_its_term_has_passed(life: tuple[BenefitCommand | RecoveryCommand, ...]) -> None:
    assert reasons(Months().has(*life).log, CLIENT) == []


def test_a_refused_application_is_kept_for_a_shorter_term() -> None:
    refused, granted = (Months().has(*life).log for life in ((apply(), refuse()), ENDED))

    assert [each.until for each in hindrances(refused, CLIENT, TODAY)] == [date(2029, 1, 4)]
    assert [each.until for each in hindrances(granted, CLIENT, TODAY)] == [date(2034, 1, 5)]


def test_while_an_objection_is_possible_the_letter_keeps_the_client() -> None:
    log = Months().has(*ENDED, notify("grant", date(2024, 2, 10))).log

    assert "objection-term-runs" in reasons(log, CLIENT, TODAY)
