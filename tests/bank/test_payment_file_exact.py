"""The limits of a payment file hold to the cent, the day and the character, and a refusal names its row."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.benefits.debtor import Debtor, DebtorAccount
from services.benefits.payment_file import (
    LARGEST_HEADER_BYTES,
    LARGEST_TRANSFER_BYTES,
    CreditTransfer,
    Header,
    RefusedPaymentFile,
    Row,
    check,
    split,
    write,
)

Pay = Callable[..., CreditTransfer]


def refused(header: Header, *transfers: CreditTransfer, max_bytes: int = 50_000_000) -> RefusedPaymentFile:
    with pytest.raises(RefusedPaymentFile) as told:
        write(header, transfers, max_bytes)
    return told.value


@pytest.mark.parametrize(("room", "sizes"), [(2 * LARGEST_TRANSFER_BYTES, [2, 2]), (2 * LARGEST_TRANSFER_BYTES - 1, [1, 1, 1, 1])])
def test_each_municipality_and_the_file_have_room_for_a_header(pay: Pay, room: int, sizes: list[int]) -> None:
    transfers = [pay(f"r{number}-1", municipality=("GM0361", "GM1980")[number % 2]) for number in range(4)]

    assert [len(part) for part in split(transfers, max_bytes=3 * LARGEST_HEADER_BYTES + room)] == sizes


def test_no_room_for_one_transfer_is_said(pay: Pay) -> None:
    with pytest.raises(ValueError, match=r"^not even one transfer fits within these limits$"):
        split([pay()], max_transfers=0)


def test_a_file_may_be_as_large_as_agreed_and_not_a_byte_more(header: Header, pay: Pay) -> None:
    size = len(write(header, [pay()]))

    assert len(write(header, [pay()], size)) == size
    assert refused(header, pay(), max_bytes=size - 1).rows == (Row(0, header.message_id, ("too-large",)),)


@pytest.mark.parametrize("day", [date(2024, 2, 15), date(2025, 2, 13)])
def test_a_file_is_executed_today_at_the_earliest_and_in_364_days_at_the_latest(header: Header, pay: Pay, day: date) -> None:
    assert check(write(replace(header, execution_on=day), [pay()])) == []


def test_names_and_texts_may_be_as_short_and_as_long_as_the_scheme_lets_them(header: Header, debtor: Debtor, pay: Pay) -> None:
    for name in ("A", "A" * 70):
        paying = replace(debtor, name=name, ultimate_debtors={"GM0361": name})
        body = write(replace(header, message_id="x" * 28, debtor=paying), [pay(creditor_name=name, remittance="e" * 140)])
        assert check(body) == []


@pytest.mark.parametrize("changes", [{"name": "A" * 71}, {"ultimate_debtors": {"GM0361": "A" * 71}}])
def test_a_debtor_with_a_longer_name_is_refused(header: Header, debtor: Debtor, pay: Pay, changes: dict[str, Any]) -> None:
    assert len(refused(replace(header, debtor=replace(debtor, **changes)), pay()).rows) == 1


def test_the_text_of_a_payment_reaches_the_bank_in_its_own_characters(header: Header, pay: Pay) -> None:
    assert b"<Ustrd>Cafe en creme</Ustrd>" in write(header, [pay(remittance="Café en crème")])


def test_an_account_of_a_municipality_that_is_paid_for_is_looked_at(header: Header, debtor: Debtor, pay: Pay) -> None:
    own = replace(header, debtor=replace(debtor, own={"GM1980": DebtorAccount("NL21INGB0001234567")}))

    assert check(write(own, [pay()])) == []
    assert refused(own, pay(municipality="GM1980")).rows == (Row(0, header.message_id, ("debtor-iban",)),)


def test_a_refusal_names_the_row_and_its_reference_and_counts_them(header: Header, pay: Pay) -> None:
    told = refused(replace(header, message_id="x" * 29), pay("r1-1"), pay("r2-1", amount_cents=0, remittance=""))

    assert told.rows == (Row(0, "x" * 29, ("message-id",)), Row(2, "r2-1", ("amount", "remittance")))
    assert str(told) == "2 rows cannot be paid: amount, message-id, remittance"


def test_a_text_in_two_pieces_is_held_against_the_limit_as_one(header: Header, pay: Pay) -> None:
    whole = write(header, [pay(remittance="e" * 140)])
    within = whole.replace(b"<Ustrd>" + b"e" * 140, b"<Ustrd>" + b"e" * 69 + b"</Ustrd><Ustrd>" + b"e" * 70)
    above = whole.replace(b"<Ustrd>" + b"e" * 140, b"<Ustrd>" + b"e" * 70 + b"</Ustrd><Ustrd>" + b"e" * 70)

    assert (check(within), check(above)) == ([], ["transfer 1: remittance"])


def test_a_moment_of_writing_counts_by_its_day_whatever_follows(header: Header, pay: Pay) -> None:
    body = write(header, [pay()]).replace(b"2024-02-16</Dt>", b"2024-02-16Z</Dt>")

    assert check(body) == []


def test_a_batch_without_a_count_is_found(header: Header, pay: Pay) -> None:
    body = write(header, [pay()]).replace(b"<BtchBookg>true</BtchBookg><NbOfTxs>1</NbOfTxs>", b"<BtchBookg>true</BtchBookg>")

    assert check(body) == ["batch 1: number of transactions"]
