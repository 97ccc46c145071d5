"""The habits of several banks, each a way of telling the same: what was made, what was refused, and what came back."""

from pathlib import Path

import pytest

from services.benefits.payments import Standing, cents_by_standing
from services.contracts.bank import BankLineUnmatched
from tests.bank.bank_messages import details, document, entry, notification, statement, transaction
from tests.benefits.a_region import ALKMAAR, BERGEN, Home, Region, region

ACCOUNT = "<Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct>"


@pytest.fixture
def paying(tmp_path: Path) -> Region:
    """Three households in Alkmaar and one in Bergen."""
    made = region(tmp_path)
    made.knows(*(Home(n) for n in (1, 2, 3)), Home(4, municipality=BERGEN))
    return made


@pytest.fixture
def run(paying: Region) -> str:
    return paying.pays_out()


def name_of(paying: Region, run: str, number: int) -> str:
    return next(f"{p.right_ref}-1" for p in paying.office.payments.of_run(run) if p.household_ref == Home(number).ref)


def standings(paying: Region, run: str) -> dict[Standing, int]:
    return {name: cents for name, cents in cents_by_standing(paying.office.payments.statement(run)).items() if cents}


def left_over(paying: Region) -> list[tuple[str, str]]:
    return [(line.kind, line.reason_code) for line in paying.facts(BankLineUnmatched)]


def paid_line(paying: Region, run: str, number: int) -> str:
    return entry("DBIT", "1300.00", details(transaction(name_of(paying, run, number), "1300.00")))


def came_back(paying: Region, run: str, number: int, reason: str = "AC04") -> str:
    return entry("CRDT", "1300.00", details(transaction(name_of(paying, run, number), "1300.00", reason)), family="RRTN")


def only_rejections(paying: Region, run: str, number: int, version: str) -> bytes:
    """A pain.002 without a status for the file or the batch; nothing is ever said of what went well."""
    refused = f"<StsId>1</StsId><OrgnlEndToEndId>{name_of(paying, run, number)}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
    reason = "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>"
    told = f"<OrgnlPmtInfId>{run}-001-{ALKMAAR}</OrgnlPmtInfId><TxInfAndSts>{refused}{reason}</TxInfAndSts>"
    batch = f"<OrgnlPmtInfAndSts>{told}</OrgnlPmtInfAndSts>"
    header = "<GrpHdr><MsgId>B1</MsgId><CreDtTm>2024-02-16T18:00:00</CreDtTm></GrpHdr>"
    original = f"<OrgnlMsgId>{run}-001</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
    report = f"{header}<OrgnlGrpInfAndSts>{original}</OrgnlGrpInfAndSts>{batch}"
    return document(f"pain.002.001.{version}", f"<CstmrPmtStsRpt>{report}</CstmrPmtStsRpt>")


@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_a_bank_that_reports_only_rejections_then_books_each_batch_as_one(paying: Region, run: str, version: str) -> None:
    batch = f"<PmtInfId>{run}-001-{ALKMAAR}</PmtInfId><NbOfTxs>2</NbOfTxs><TtlAmt Ccy='EUR'>2600.00</TtlAmt>"
    paying.hears(only_rejections(paying, run, 1, version), statement(entry("DBIT", "2600.00", details(batch=batch))))

    assert (standings(paying, run), left_over(paying)) == ({"rejected": 130_000, "paid": 260_000, "sent": 130_000}, [])


def test_a_bank_that_debits_the_whole_file_at_once(paying: Region, run: str) -> None:
    whole = f"<MsgId>{run}-001</MsgId><NbOfTxs>4</NbOfTxs><TtlAmt Ccy='EUR'>5200.00</TtlAmt>"
    paying.hears(statement(entry("DBIT", "5200.00", details(batch=whole))))

    assert (standings(paying, run), left_over(paying)) == ({"paid": 520_000}, [])


def test_a_bank_that_tells_everything_twice_in_a_notification_and_a_statement(paying: Region, run: str) -> None:
    lines = [paid_line(paying, run, number) for number in (1, 2, 3, 4)]
    paying.hears(notification(*lines, came_back(paying, run, 1)), statement(*lines[1:], came_back(paying, run, 1)))

    assert (standings(paying, run), left_over(paying)) == ({"paid": 390_000, "returned": 130_000}, [])


def test_a_payment_debited_twice_in_one_statement_is_shown_to_a_person(paying: Region, run: str) -> None:
    paying.hears(statement(paid_line(paying, run, 1), paid_line(paying, run, 1)))

    assert left_over(paying) == [("paid", "already-settled")]


def test_a_payment_debited_twice_in_the_statement_after_its_notification_is_shown_to_a_person(paying: Region, run: str) -> None:
    paying.hears(notification(paid_line(paying, run, 1)), statement(paid_line(paying, run, 1), paid_line(paying, run, 1)))

    assert left_over(paying) == [("paid", "already-settled")]


def test_a_payment_debited_again_on_another_day_is_shown_to_a_person(paying: Region, run: str) -> None:
    again = paid_line(paying, run, 1).replace("2024-02-16", "2024-02-19")
    paying.hears(statement(paid_line(paying, run, 1)), statement(again))

    assert left_over(paying) == [("paid", "already-settled")]


def test_a_bank_of_the_older_version_tells_the_same(paying: Region, run: str) -> None:
    def older(message: bytes) -> bytes:
        told = message.decode().replace("camt.053.001.08", "camt.053.001.02").replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
        told = told.replace("<Id>S1</Id>", "<Id>S1</Id><CreDtTm>2024-02-16T18:00:00</CreDtTm>")
        amount = "<Amt Ccy='EUR'>1300.00</Amt>"
        return told.replace(f"</Refs>{amount}", f"</Refs><AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>").encode()

    paying.hears(older(statement(paid_line(paying, run, 1), paid_line(paying, run, 2), came_back(paying, run, 1))))

    assert (standings(paying, run), left_over(paying)) == ({"paid": 130_000, "returned": 130_000, "sent": 260_000}, [])


def test_money_that_comes_back_days_after_the_run_was_closed_is_returned_and_can_be_paid_again(paying: Region, run: str) -> None:
    paying.hears(statement(*(paid_line(paying, run, number) for number in (1, 2, 3, 4))))
    closed = paying.closes(run)
    paying.hears(statement(came_back(paying, run, 2).replace("2024-02-16", "2024-02-21")))

    assert closed.outcome == "accepted"
    assert standings(paying, run) == {"paid": 390_000, "returned": 130_000}


def test_a_line_with_a_name_in_place_of_our_reference_is_kept_without_it(paying: Region, run: str) -> None:
    paying.hears(statement(entry("DBIT", "1300.00", details(transaction("Mevrouw Jansen", "1300.00")))))

    (line,) = paying.facts(BankLineUnmatched)
    assert (line.kind, line.end_to_end_id, line.amount_cents) == ("paid", None, 130_000)
    assert standings(paying, run) == {"sent": 520_000}
