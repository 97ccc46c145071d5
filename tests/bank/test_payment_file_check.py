from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sepaxml import SepaTransfer

from services.benefits.payment_file import CreditTransfer, Header, check, write

Pay = Callable[..., CreditTransfer]


def test_a_file_of_another_maker_passes() -> None:
    maker = SepaTransfer(
        {"name": "Regionale uitvoering", "IBAN": "NL91ABNA0417164300", "BIC": "ABNANL2A", "batch": True, "currency": "EUR"},
        schema="pain.001.001.09",
    )
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011  # sepaxml itself takes the time from the system
    for number in range(3):
        payment = {"name": "A. de Vries", "IBAN": "NL39RABO0300065264", "amount": 130_000 + number, "description": "Energietoeslag"}
        maker.add_payment({**payment, "endtoend_id": f"r{number}-1", "execution_date": tomorrow})
    assert check(maker.export()) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("NL39RABO0300065264", "NL40RABO0300065264", "transfer 1: creditor-iban"),
        ("NL91ABNA0417164300", "NL92ABNA0417164300", "batch 1: debtor-iban"),
        ("<NbOfTxs>2</NbOfTxs><CtrlSum>1300.30</CtrlSum><InitgPty>", "<NbOfTxs>3</NbOfTxs><InitgPty>", "header: number of transactions"),
        ("<CtrlSum>1300.30</CtrlSum><PmtTpInf>", "<CtrlSum>1300.31</CtrlSum><PmtTpInf>", "batch 1: control sum"),
        ("<CtrlSum>1300.30</CtrlSum><InitgPty>", "<InitgPty>", "header: control sum"),
        ('Ccy="EUR">0.30', 'Ccy="USD">0.30', "transfer 2: amount"),
        (">0.30</InstdAmt>", ">0.305</InstdAmt>", "transfer 2: amount"),
        (">0.30</InstdAmt>", ">0.00</InstdAmt>", "transfer 2: amount"),
        (">0.30</InstdAmt>", ">1000000000.00</InstdAmt>", "transfer 2: amount"),
        ("<EndToEndId>r2-1", "<EndToEndId>r1-1", "transfer 2: repeated"),
        ("<EndToEndId>r2-1", "<EndToEndId>r2//1", "transfer 2: end-to-end-id"),
        ("A. de Vries", "A. de Vri\u00ebs", "transfer 1: creditor-name"),
        ("A. de Vries", "A" * 71, "transfer 1: creditor-name"),
        ("<MsgId>ET2023-1-0001", "<MsgId>ET2023_1", "header: message or batch id"),
        ("<PmtInfId>ET2023", "<PmtInfId>/ET2023", "header: message or batch id"),
        ("<Dt>2024-02-16", "<Dt>2024-02-14", "batch 1: execution-date"),
        ("<Dt>2024-02-16", "<Dt>2025-02-15", "batch 1: execution-date"),
        ("<Dt>2024-02-16</Dt>", "<DtTm>2024-02-16T00:00:00Z</DtTm>", "batch 1: execution-date"),
        ("<PmtMtd>TRF", "<PmtMtd>XXX", "line 2: PmtMtd breaks SCHEMAV_CVC_ENUMERATION_VALID"),
        ("pain.001.001.09", "pain.001.001.03", "line 2: Document breaks SCHEMAV_CVC_ELT_1"),
        ("<Document", "<!DOCTYPE x><Document", "holds a document type declaration"),
        ("</Document>", "", "not well-formed XML, line 2"),
    ],
)
def test_each_thing_for_which_a_bank_refuses_is_found(header: Header, pay: Pay, right: str, wrong: str, told: str) -> None:
    body = write(header, [pay("r1-1"), pay("r2-1", amount_cents=30)]).decode()
    assert right in body
    assert told in check(body.replace(right, wrong).encode())


def test_two_batches_of_one_name_are_found(header: Header, pay: Pay) -> None:
    body = write(header, [pay("r1-1"), pay("r2-1", municipality="GM1980")])
    assert check(body.replace(b"0001-GM1980", b"0001-GM0361")) == ["header: message or batch id"]


def test_a_file_above_the_limit_is_not_even_read(header: Header, pay: Pay) -> None:
    assert check(write(header, [pay()]), max_bytes=100) == ["larger than 100 bytes"]


def test_what_is_found_holds_no_name_and_no_account(header: Header, pay: Pay) -> None:
    body = write(header, [pay()]).replace(b"0300065264", b"0300065265").replace(b"<Nm>A. de Vries", b"<Nm>A. de Vri&amp;s")
    told = " ".join(check(body))
    assert told == "transfer 1: creditor-name transfer 1: creditor-iban"
