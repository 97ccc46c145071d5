"""A recovery claim or a fine is a decision: it has a letter, the client objects, another person decides, and it is opened again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.benefits.monthly import letters
from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.commands import BenefitCommand, DecideObjection, LodgeObjection, NotifyDecision, ReopenDecision
from services.benefits.monthly.recovery import recovery_stream
from services.contracts.envelope import Event
from services.contracts.monthly import DecisionNotified, DecisionReopened
from services.contracts.monthly_money import ClaimedMonth, RecoveryGround, RecoveryOpened, RecoveryRepaid
from services.eventlog.decider import Refused
from services.web.in_process import InProcess
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR
from tests.benefits.monthly.people import CLIENT, COLLEAGUE, OTHER, WORKER, apply, grant, lived, whose
from tests.benefits.monthly.test_monthly_api import APPLICATION, GRANT, HOME
from tests.benefits.monthly.test_monthly_api import CLIENT as HERS

CLAIM = "cl-" + "1" * 16
DAY = date(2024, 3, 1)


def claimed(client: str = CLIENT, ground: RecoveryGround = "duty-to-inform", by: str = WORKER) -> RecoveryOpened:
    months = (ClaimedMonth(month="2024-01", sequence=2, cents=5_000), ClaimedMonth(month="2024-02", sequence=2, cents=1_000))
    about: dict[str, Any] = {"claim_ref": CLAIM, "client": client, "municipality": ALKMAAR, "ground": ground, "amount_cents": 6_000}
    return RecoveryOpened(**about, opened_on=DAY, opened_by=by, decision_ref="2024-01/2", months=months)


NOTIFY = NotifyDecision(whose(), CLAIM, "t-1", DAY, 6)
OBJECT = LodgeObjection(whose(), "ob-1", CLAIM, date(2024, 3, 20), 6, "t-2")
REOPEN = ReopenDecision(whose(), CLAIM, "ruling", "ECLI:NL:CRVB:2025:1", date(2025, 12, 1), COLLEAGUE)


def upheld(by: str = COLLEAGUE, said: str = "upheld") -> DecideObjection:
    return DecideObjection(whose(), CLAIM, "ob-1", said, date(2024, 4, 1), by)  # type: ignore[arg-type]  # a literal


ON_BENEFIT = [*lived(apply(), grant()), claimed()]

FOLLOWS: list[tuple[list[BenefitCommand], BenefitCommand, list[str]]] = [
    ([], NOTIFY, ["decision-notified"]),
    ([NOTIFY], NOTIFY, []),
    ([NOTIFY], OBJECT, ["objection-lodged"]),
    ([NOTIFY, OBJECT], OBJECT, []),
    ([NOTIFY, OBJECT], upheld(said="dismissed"), ["objection-decided"]),
    ([NOTIFY, OBJECT], upheld(), ["objection-decided", "decision-reopened"]),
    ([NOTIFY, OBJECT, upheld()], upheld(), []),
    ([], REOPEN, ["decision-reopened"]),
]


@pytest.mark.parametrize(("before", "command", "told"), FOLLOWS)
def test_what_follows_on_a_claim_in_law(before: list[BenefitCommand], command: BenefitCommand, told: list[str]) -> None:
    decision = BENEFIT.decide(BENEFIT.fold(lived(*before, since=ON_BENEFIT)), command)

    assert not isinstance(decision, Refused)
    assert [fact.TYPE.split(".")[3] for fact in decision] == told


REFUSED: list[tuple[list[Event], list[BenefitCommand], BenefitCommand, str]] = [
    (ON_BENEFIT, [], OBJECT, "not-notified"),
    (ON_BENEFIT, [NOTIFY, OBJECT], upheld(by=WORKER), "decided-by-the-same-person"),
    (ON_BENEFIT, [NOTIFY, OBJECT, upheld()], upheld(said="dismissed"), "objection-decided-already"),
    (ON_BENEFIT, [], NotifyDecision(whose(), CLAIM, "t-1", date(2024, 2, 29), 6), "notified-before-the-decision"),
    ([*ON_BENEFIT[:-1], claimed(OTHER)], [], NOTIFY, "unknown-decision"),
    ([*ON_BENEFIT[:-1], claimed(OTHER)], [], REOPEN, "unknown-decision"),
]


@pytest.mark.parametrize(("since", "before", "command", "reason"), REFUSED)
def test_what_is_refused_about_a_claim(since: list[Event], before: list[BenefitCommand], command: BenefitCommand, reason: str) -> None:
    decision = BENEFIT.decide(BENEFIT.fold(lived(*before, since=since)), command)

    assert isinstance(decision, Refused)
    assert decision.reason == reason


def test_what_comes_in_of_a_claim_leaves_the_dossier_as_it_is() -> None:
    repaid = RecoveryRepaid(claim_ref=CLAIM, client=CLIENT, municipality=ALKMAAR, amount_cents=1, received_on=DAY, source_ref="bank-1")

    assert BENEFIT.fold([*ON_BENEFIT, repaid]) == BENEFIT.fold(ON_BENEFIT)


def test_a_command_about_a_claim_rests_on_the_claim_and_one_about_a_decision_does_not() -> None:
    assert [BENEFIT.reads(command) for command in (NOTIFY, OBJECT, upheld(), REOPEN)] == [
        (benefit_stream(CLIENT), recovery_stream(CLAIM))
    ] * 4


@pytest.mark.parametrize(
    ("ground", "said"),
    [
        ("advance-refused", "60,00 euro aan voorschotten"),
        ("advance-not-settled", "60,00 euro aan voorschotten"),
        ("paid-too-much", "60,00 euro terug, die wij u te veel hebben betaald (2024-01, 2024-02)"),
        ("duty-to-inform", "60,00 euro terug (2024-01, 2024-02)"),
        ("withdrawn", "ingetrokken"),
        ("fine", "boete van 60,00 euro"),
    ],
)
def test_every_claim_has_a_letter_of_its_own(ground: RecoveryGround, said: str) -> None:
    text = letters.installed().claim_text(claimed(ground=ground), date(2024, 4, 12))

    assert said in text
    assert "2024-04-12" in text


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.houses(1)
    yield made
    made.processing.close()


@pytest.fixture
def worker(house: House) -> InProcess:
    """A caseworker whose client is on benefit."""
    made = house.as_("caseworker", "s-worker")
    made.post(f"{HOME}/applications", "a-1", json=APPLICATION)
    made.post(f"{HOME}/grants", "g-1", json=GRANT)
    return made


@pytest.fixture
def fine(worker: InProcess) -> str:
    """The reference of a fine."""
    decision = worker.get(HOME).json()["decisions"][0]["decision_ref"]
    body = {"client": HERS, "ground": "fine", "amount_cents": 50_000, "decision_ref": decision}
    return str(worker.post("/v1/recoveries", "fine", json=body).json()["refs"]["claim_ref"])


def test_the_letter_of_a_fine_lies_in_the_vault_and_lets_the_term_of_objection_begin(house: House, worker: InProcess, fine: str) -> None:
    told = worker.post(f"{HOME}/notifications", "n-1", json={"decision_ref": fine, "notified_on": "2024-02-15"})
    (letter,) = house.region.facts(DecisionNotified)

    (shown,) = worker.get(f"{HOME}/recoveries").json()["claims"]
    text = house.region.office.vault.open(house.region.log, letter.letter_ref)["text"]
    assert (told.status_code, "boete van 500,00 euro" in text, "2024-03-28" in text) == (201, True, True)
    assert (shown["notified_on"], shown["objection_until"]) == ("2024-02-15", "2024-03-28")


def test_an_objection_to_a_fine_is_decided_by_another_person_and_opens_it_again(house: House, worker: InProcess, fine: str) -> None:
    worker.post(f"{HOME}/notifications", "n-1", json={"decision_ref": fine, "notified_on": "2024-02-15"})
    lodged = {"decision_ref": fine, "objection_ref": "ob-1", "lodged_on": "2024-02-20", "grounds": "Ik heb het wel gemeld."}
    worker.post(f"{HOME}/objections", "o-1", json=lodged)
    said = {"objection_ref": "ob-1", "outcome": "upheld"}
    own, other = (house.as_("caseworker", who).post(f"{HOME}/objection-decisions", who, json=said) for who in ("s-worker", "s-colleague"))

    (shown,) = worker.get(f"{HOME}/recoveries").json()["claims"]
    assert (own.json()["title"], other.status_code) == ("decided-by-the-same-person", 201)
    assert (shown["objections"], shown["reopened"]) == (["ob-1"], ["objection"])
    assert [fact.decision_ref for fact in house.region.facts(DecisionReopened)] == [fine]


def test_a_claim_that_nobody_knows_gets_no_letter(worker: InProcess) -> None:
    answer = worker.post(f"{HOME}/notifications", "n-1", json={"decision_ref": CLAIM, "notified_on": "2024-02-15"})

    assert (answer.status_code, answer.json()["title"]) == (409, "unknown-decision")
