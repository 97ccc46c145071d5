from datetime import date

import pytest

from services.benefits.bank_answers import NOT_STATED, Debit, Entry, Payment, Return, Statement, UnreadableAnswer, Unrecognised
from services.benefits.bank_reading import read
from tests.bank.bank_messages import details, entry, euros, notification, statement, transaction

DAY = date(2024, 2, 16)
BATCH = "<MsgId>M1</MsgId><PmtInfId>M1-GM0361</PmtInfId><NbOfTxs>{}</NbOfTxs><TtlAmt Ccy='EUR'>{}</TtlAmt>"


def booked(*entries: str) -> tuple[Entry, ...]:
    (answer,) = read(statement(*entries))
    assert isinstance(answer, Statement)
    return answer.entries


def test_a_batch_is_told_as_one_debit_and_the_payments_in_it() -> None:
    listed = details(transaction("r1-1", "800.00"), transaction("r2-1", "1300"), batch=BATCH.format(2, "2100.00"))
    assert booked(entry("DBIT", "2100.00", listed)) == (
        Debit("M1", "M1-GM0361", 2, 210_000, 2, DAY),
        Payment("r1-1", 80_000, DAY),
        Payment("r2-1", 130_000, DAY),
    )


def test_a_batch_that_the_bank_does_not_list_is_told_as_one_debit() -> None:
    assert booked(entry("DBIT", "2100", details(batch=BATCH.format(2, "2100.00")))) == (Debit("M1", "M1-GM0361", 2, 210_000, 0, DAY),)


def test_a_return_is_told_with_its_reason() -> None:
    back = entry("CRDT", "800.00", details(transaction("r1-1", "800.00", "AC04")), family="RRTN")
    assert booked(back) == (Return("r1-1", 80_000, "AC04", DAY),)


def test_returns_booked_together_are_told_apart() -> None:
    together = details(transaction("r1-1", "800", "AC04"), transaction("r2-1", "500", "MD07"), batch="<NbOfTxs>2</NbOfTxs>")
    assert booked(entry("CRDT", "1300", together)) == (Return("r1-1", 80_000, "AC04", DAY), Return("r2-1", 50_000, "MD07", DAY))


def test_a_return_is_known_by_its_bank_code_where_no_reason_is_given() -> None:
    assert booked(entry("CRDT", "800", details(transaction("r1-1", "800")), family="RRTN")) == (Return("r1-1", 80_000, NOT_STATED, DAY),)


def test_a_single_payment_may_leave_its_amount_to_the_entry() -> None:
    alone = "<NtryDtls><TxDtls><Refs><EndToEndId>r1-1</EndToEndId></Refs></TxDtls></NtryDtls>"
    assert booked(entry("DBIT", "800.00", alone)) == (Payment("r1-1", 80_000, DAY),)


def test_a_notification_tells_the_same_and_says_that_it_is_one() -> None:
    (answer,) = read(notification(entry("CRDT", "800.00", details(transaction("r1-1", "800.00", "AC04")))))
    assert answer == Statement("camt.054", "B3", "N1", "NL91ABNA0417164300", (Return("r1-1", 80_000, "AC04", DAY),))


def test_a_day_without_bookings_is_a_statement_too() -> None:
    assert read(statement()) == (Statement("camt.053", "B2", "S1", "NL91ABNA0417164300", ()),)


@pytest.mark.parametrize(
    "line",
    [
        entry("CRDT", "5", details(transaction("x", "5"))),
        entry("DBIT", "5", details(transaction("NOTPROVIDED", "5"))),
        entry("DBIT", "5", details(transaction("r1-1", "5", "AC04"))),
        entry("DBIT", "5", ""),
        entry("DBIT", "5", "<NtryDtls/>"),
        entry("DBIT", "5", details(transaction("r1-1", "5")), status="PDNG"),
        entry("CRDT", "5", details(transaction("r1-1", "5", "AC04")), more="<RvslInd>true</RvslInd>"),
        entry("DBIT", "5", details(transaction("r1-1", "4"))),
        entry("DBIT", "5", details(transaction("r1-1", "5"), batch=BATCH.format(1, "4"))),
        entry("DBIT", "5", details(batch="<NbOfTxs>1</NbOfTxs><TtlAmt Ccy='EUR'>5</TtlAmt>")),
        entry("CRDT", "5", details(batch=BATCH.format(1, "5"))),
        entry("DBIT", "5", details(transaction("r1-1", "5"))).replace("'EUR'", "'USD'"),
        entry("DBIT", "5", details(transaction("r1-1", "5"))).replace("<BookgDt><Dt>2024-02-16</Dt></BookgDt>", ""),
        entry("DBIT", "5", details(transaction("r1-1", "5")).replace("</Amt>", "</Amt><CdtDbtInd>CRDT</CdtDbtInd>")),
    ],
)
def test_a_line_that_is_not_ours_or_does_not_add_up_is_kept_for_a_person(line: str) -> None:
    (kept,) = booked(line)
    assert isinstance(kept, Unrecognised)
    assert str(kept.direction) in line
    assert kept.line == 2


def test_a_kept_line_can_be_found_again_and_holds_nothing_personal() -> None:
    party = "<RltdPties><Dbtr><Pty><Nm>A. de Vries</Nm></Pty></Dbtr></RltdPties>"
    gift = transaction("A. de Vries", "5").replace("</TxDtls>", f"{party}</TxDtls>")
    (kept,) = booked(entry("CRDT", "5.00", details(gift)))
    assert kept == Unrecognised(2, "neither a payment of ours nor a return of one", None, "CRDT", 500, DAY)
    (whole,) = booked(entry("CRDT", "5.00", ""))
    assert whole == Unrecognised(2, "no details, or details that do not add up", "REF-1", "CRDT", 500, DAY)


def test_a_batch_of_another_number_than_listed_is_kept_beside_its_payments() -> None:
    listed = details(transaction("r1-1", "5"), batch=BATCH.format(2, "5"))
    payment, kept = sorted(booked(entry("DBIT", "5", listed)), key=lambda line: type(line).__name__)
    assert payment == Payment("r1-1", 500, DAY)
    assert isinstance(kept, Unrecognised)


def test_good_lines_are_told_beside_a_kept_one() -> None:
    lines = booked(entry("DBIT", "5", ""), entry("DBIT", "8", details(transaction("r1-1", "8"))))
    assert [type(line) for line in lines] == [Unrecognised, Payment]


@pytest.mark.parametrize("amount", ["5.005", "0.30000000000000004"[:7] + "1"])
def test_a_fraction_of_a_cent_makes_the_statement_unreadable(amount: str) -> None:
    with pytest.raises(UnreadableAnswer) as refused:
        read(statement(entry("DBIT", amount, details(transaction("r1-1", amount)))))
    assert amount not in refused.value.reason


@pytest.mark.parametrize(("day", "booked_on"), [("<Dt>2024-02-16Z</Dt>", DAY), ("<DtTm>2024-02-16T23:59:00+01:00</DtTm>", DAY)])
def test_the_day_of_booking_is_the_banks_own(day: str, booked_on: date) -> None:
    line = entry("DBIT", "5", details(transaction("r1-1", "5"))).replace("<BookgDt><Dt>2024-02-16</Dt>", f"<BookgDt>{day}")
    assert booked(line) == (Payment("r1-1", 500, booked_on),)


def test_a_day_outside_the_calendar_makes_the_statement_unreadable() -> None:
    line = entry("DBIT", "5", details(transaction("r1-1", "5"))).replace("2024-02-16", "12024-02-16")
    with pytest.raises(UnreadableAnswer, match="calendar"):
        read(statement(line))


def test_two_accounts_in_one_message_are_told_apart() -> None:
    body = statement(entry("DBIT", "5", details(transaction("r1-1", "5")))).decode()
    other = body[body.index("<Stmt>") : body.index("</BkToCstmrStmt>")].replace("S1", "S2").replace("r1-1", "r2-1")
    answers = read(body.replace("</BkToCstmrStmt>", f"{other}</BkToCstmrStmt>").encode())
    assert [answer.entries for answer in answers if isinstance(answer, Statement)] == [
        (Payment("r1-1", 500, DAY),),
        (Payment("r2-1", 500, DAY),),
    ]


def test_an_amount_in_the_details_of_the_amount_counts() -> None:
    inner = f"<AmtDtls><TxAmt>{euros('5')}</TxAmt></AmtDtls>"
    listed = details(transaction("r1-1", "5").replace(euros("5"), inner), transaction("r2-1", "3"))
    assert booked(entry("DBIT", "8", listed)) == (Payment("r1-1", 500, DAY), Payment("r2-1", 300, DAY))
