"""Recalls leave per debtor's account, each once and in order, and a file that is taken again is the one that left before."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.benefits.debtor import DebtorAccount
from services.benefits.decision import Books
from services.benefits.files import Bank
from services.benefits.recalls import RECALL_FILES, HandOverRecalls, RecallFiles
from services.benefits.references import right_ref
from services.benefits.withdrawal import WITHDRAWAL, AskRecall, WithdrawalCommand
from services.contracts.payouts import RecallFileHandedOver
from services.eventlog.decider import Refused
from services.eventlog.handle import Work
from tests.benefits.a_region import BERGEN, DEBTOR, KEYED, OFFICER, Home, Region, region
from tests.benefits.sentences import Given

OF_BERGEN = DebtorAccount("NL20INGB0001234567", "INGBNL2A")
PAYING = replace(DEBTOR, own={BERGEN: OF_BERGEN})


@pytest.fixture
def paying(tmp_path: Path) -> Region:
    """Two households in Alkmaar and one in Bergen, which pays from its own account."""
    made = region(tmp_path, bank=Bank(PAYING, tmp_path / "bank", 1_000))
    made.knows(Home(1), Home(2), Home(3, municipality=BERGEN))
    return made


@pytest.fixture
def run(paying: Region) -> str:
    return paying.pays_out()


def right(number: int) -> str:
    return right_ref("energy-allowance", Home(number).ref, 2023, 1, 1)


def asking(paying: Region, command: AskRecall) -> Work[WithdrawalCommand, Books]:
    return Work(WITHDRAWAL, lambda _tx: command, paying.origin(), b"")


def asks(paying: Region, *numbers: int) -> None:
    for number in numbers:
        paying.log.submit(asking(paying, AskRecall(right(number), 1, "DUPL", OFFICER))).result(5)


def recalls(paying: Region, run: str) -> RecallFiles:
    return RecallFiles(paying.log, PAYING, KEYED, run, tuple(right(number) for number in (1, 2, 3)))


def takes(paying: Region, run: str, number: int, taker: str = OFFICER) -> tuple[RecallFileHandedOver, bytes]:
    """Somebody takes the file of this number."""
    made = recalls(paying, run).file(number, taker)
    assert made is not None
    paying.log.submit(Work(RECALL_FILES, lambda _tx: HandOverRecalls(made[0]), paying.origin(), b"")).result(5)
    return made


def test_each_account_has_a_file_of_its_own_recalls(paying: Region, run: str) -> None:
    asks(paying, 3, 1, 2)
    first, second = (takes(paying, run, number) for number in (1, 2))

    assert sorted((fact.count, fact.total_cents, fact.handover) for fact, _ in (first, second)) == [(1, 130_000, 1), (2, 260_000, 1)]
    assert {fact.debtor_fingerprint for fact, _ in (first, second)} == {KEYED.of(DEBTOR.iban), KEYED.of(OF_BERGEN.iban)}
    assert sum(b"INGBNL2A" in body for _, body in (first, second)) == 1
    assert recalls(paying, run).file(3, OFFICER) is None


def test_what_is_asked_later_leaves_in_a_next_file_and_nothing_leaves_twice(paying: Region, run: str) -> None:
    asks(paying, 1)
    first, _ = takes(paying, run, 1)
    asks(paying, 3)
    bergen, _ = takes(paying, run, 2)
    asks(paying, 2)
    last, body = takes(paying, run, 3)

    assert (first.after_position, bergen.after_position, last.after_position) == (0, 0, first.upto_position)
    assert [file.count for file in (first, bergen, last)] == [1, 1, 1]
    assert right(1).encode() not in body


def test_a_file_that_another_person_takes_again_is_the_one_that_left(paying: Region, run: str) -> None:
    asks(paying, 1)
    first = takes(paying, run, 1)
    asks(paying, 3)
    takes(paying, run, 2)
    asks(paying, 2)
    last = takes(paying, run, 3)
    again = [recalls(paying, run).file(number, "s-other") for number in (1, 3)]

    assert [made[1] for made in again if made] == [first[1], last[1]]
    assert [made[0].sha256 for made in again if made] == [first[0].sha256, last[0].sha256]


def test_who_took_a_file_does_not_take_it_again_and_is_told_why(paying: Region, run: str) -> None:
    asks(paying, 1)
    file, _ = takes(paying, run, 1)

    assert Given(RECALL_FILES, [file]).when(HandOverRecalls(file)) == Refused("handed-over-already", "a second time takes another person")


def test_what_became_of_each_recall_is_told(paying: Region, run: str) -> None:
    asks(paying, 1)

    assert recalls(paying, run).answers() == [
        {
            "right_ref": right(1),
            "attempt": 1,
            "cents": 130_000,
            "reason_code": "DUPL",
            "outcome": "asked",
            "answer_code": None,
            "payment": "sent",
        }
    ]
