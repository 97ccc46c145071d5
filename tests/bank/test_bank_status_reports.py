import pytest

from services.benefits.bank_answers import (
    NOT_STATED,
    PaymentInfoStatus,
    Rejection,
    StatusReport,
    UnreadableAnswer,
)
from services.benefits.bank_reading import read
from services.benefits.reason_codes import handling
from tests.bank.bank_messages import status_report

BOTH = pytest.mark.parametrize("version", ["03", "12"])
REJECTED = (
    "<TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
    "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>"
    "<OrgnlTxRef><Amt><InstdAmt Ccy='EUR'>800.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"
)


def batch(transactions: str, status: str = "<PmtInfSts>PART</PmtInfSts>") -> str:
    return f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>ET2023-1-0001-GM0361</OrgnlPmtInfId>{status}{transactions}</OrgnlPmtInfAndSts>"


def told(body: bytes) -> StatusReport:
    (answer,) = read(body)
    assert isinstance(answer, StatusReport)
    return answer


@BOTH
def test_a_rejected_payment_is_told_with_its_reason_and_amount(version: str) -> None:
    report = told(status_report(version, "<GrpSts>PART</GrpSts>", batch(REJECTED)))
    assert (report.message_id, report.original_message_id, report.group_status) == ("B1", "ET2023-1-0001", "PART")
    assert report.payment_info_statuses == (PaymentInfoStatus("ET2023-1-0001-GM0361", "PART", NOT_STATED),)
    assert report.rejections == (Rejection("r1-1", "RJCT", "AC01", 80_000),)


@BOTH
def test_a_file_that_came_twice_is_told_as_such(version: str) -> None:
    report = told(status_report(version, "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>"))
    assert (report.group_status, report.group_reason_code, report.rejections) == ("RJCT", "AM05", ())
    assert handling(report.group_reason_code)[0] == "stop"


@BOTH
def test_payments_of_a_rejected_batch_are_rejected_without_a_status_of_their_own(version: str) -> None:
    listed = "<TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId></TxInfAndSts>"
    report = told(status_report(version, batches=batch(listed, "<PmtInfSts>RJCT</PmtInfSts>")))
    assert report.rejections == (Rejection("r1-1", "RJCT", NOT_STATED, None),)


@BOTH
def test_payments_under_way_are_counted_and_change_nothing(version: str) -> None:
    pending = "<TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId><TxSts>PDNG</TxSts></TxInfAndSts>"
    report = told(status_report(version, batches=batch(pending + pending)))
    assert (report.undecided, report.rejections, report.unrecognised) == (2, (), ())


@BOTH
@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("<TxInfAndSts><TxSts>RJCT</TxSts></TxInfAndSts>", "no reference"),
        ("<TxInfAndSts><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>", "no reference"),
        ("<TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId></TxInfAndSts>", "no status of its own"),
    ],
)
def test_a_line_that_names_no_payment_or_no_status_is_kept(version: str, listed: str, why: str) -> None:
    report = told(status_report(version, batches=batch(listed)))
    assert [line.why for line in report.unrecognised] == [why]
    assert (report.rejections, report.undecided) == ((), 0)


@BOTH
def test_of_several_reasons_the_one_that_calls_for_most_care_counts(version: str) -> None:
    reasons = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>"
    listed = f"<TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>{reasons}</TxInfAndSts>"
    assert told(status_report(version, batches=batch(listed))).rejections[0].reason_code == "AM05"


@BOTH
def test_an_amount_with_a_fraction_of_a_cent_makes_the_whole_answer_unreadable(version: str) -> None:
    with pytest.raises(UnreadableAnswer, match="whole cents"):
        read(status_report(version, batches=batch(REJECTED.replace("800.00", "800.005"))))


def test_a_version_that_we_do_not_read_is_refused() -> None:
    with pytest.raises(UnreadableAnswer, match="not a message that we read"):
        read(status_report("09"))


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("AM05", "stop"),
        ("DUPL", "stop"),
        ("MD07", "suspend"),
        ("AC01", "ask-account"),
        ("AC04", "ask-account"),
        ("MS02", "contact-client"),
        ("MS03", "manual"),
        ("ZZ99", "manual"),
        (NOT_STATED, "manual"),
    ],
)
def test_what_is_done_depends_on_the_reason(code: str, what: str) -> None:
    assert handling(code)[0] == what
