"""The bank's answers to recalls: per payment, batch, file or the whole, each from the most particular word that there is."""

import pytest
from lxml import etree

from services.benefits.bank_answers import RecallAnswer, Resolution, UnreadableAnswer, Unrecognised
from services.benefits.bank_reading import read
from services.benefits.bank_resolution import OUTCOMES
from tests.bank.bank_messages import resolution

TX = "<TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId>{}</TxInfAndSts>"
GROUP = "<OrgnlGrpInfAndSts><OrgnlMsgId>m-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{}</OrgnlGrpInfAndSts>"
BATCH = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>b-1</OrgnlPmtInfId>{}</OrgnlPmtInfAndSts>"
WHY = "<CxlStsRsnInf><Rsn><Cd>{}</Cd></Rsn></CxlStsRsnInf>"


def lines(body: bytes) -> list[RecallAnswer | Unrecognised]:
    (answer,) = read(body)
    assert isinstance(answer, Resolution)
    return list(answer.lines)


def one(outcome: str, reason: str = "NOT-STATED", cents: int | None = None) -> RecallAnswer:
    return RecallAnswer("r1-1", "", outcome, reason, cents)  # type: ignore[arg-type]  # a literal


def many(name: str, outcome: str, reason: str = "NOT-STATED") -> RecallAnswer:
    return RecallAnswer("", name, outcome, reason, None)  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("details", "whole", "said"),
    [
        (BATCH.format(TX.format("<TxCxlSts>ACCR</TxCxlSts>")), "PECR", [one("accepted")]),
        (BATCH.format(TX.format(f"<TxCxlSts>RJCR</TxCxlSts>{WHY.format('CUST')}")), "RJCR", [one("rejected", "CUST")]),
        (BATCH.format(TX.format("<TxCxlSts>PDCR</TxCxlSts>")), "PDCR", [one("pending")]),
        (BATCH.format("<PmtInfCxlSts>RJCR</PmtInfCxlSts>" + TX.format("")), "PECR", [one("rejected")]),
        (GROUP.format("<GrpCxlSts>ACCR</GrpCxlSts>") + BATCH.format(TX.format("")), "PECR", [one("accepted")]),
        (BATCH.format(TX.format("")), "CNCL", [one("accepted")]),
        (TX.format("<TxCxlSts>ACCR</TxCxlSts>"), "CNCL", [one("accepted")]),
        (TX.format("<TxCxlSts>ACCR</TxCxlSts><OrgnlInstdAmt Ccy='EUR'>13.00</OrgnlInstdAmt>"), "CNCL", [one("accepted", cents=1_300)]),
        (BATCH.format(f"<PmtInfCxlSts>RJCR</PmtInfCxlSts>{WHY.format('NOOR')}"), "PECR", [many("b-1", "rejected", "NOOR")]),
        (GROUP.format(f"<GrpCxlSts>RJCR</GrpCxlSts>{WHY.format('LEGL')}"), "RJCR", [many("m-1", "rejected", "LEGL")]),
        (GROUP.format(""), "RJCR", [many("m-1", "rejected")]),
    ],
)
def test_what_is_said_closest_to_a_payment_counts(details: str, whole: str, said: list[RecallAnswer]) -> None:
    assert lines(resolution(details, whole)) == said


@pytest.mark.parametrize(
    ("details", "why"),
    [
        (TX.format("<TxCxlSts>ODDR</TxCxlSts>"), "no status that we know"),
        (TX.replace("r1-1", "").format("<TxCxlSts>ACCR</TxCxlSts>"), "no reference"),
        (TX.replace("r1-1", "r" * 36).format("<TxCxlSts>ACCR</TxCxlSts>"), "no status that we know"),
        ("", "names no payment, batch or file"),
    ],
)
def test_what_nobody_can_place_is_kept_for_a_person(details: str, why: str) -> None:
    (line,) = lines(resolution(details, "INFO"))

    assert isinstance(line, Unrecognised)
    assert line.why == why


GOOD = resolution(BATCH.format(TX.format("<TxCxlSts>ACCR</TxCxlSts>")), "CNCL")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (GOOD.replace(b"<Id>X1</Id>", b""), "without a reference of its own"),
        (GOOD.replace(b"<Id>X1</Id>", b"<Id>" + b"x" * 36 + b"</Id>"), "without a reference of its own"),
        (GOOD.replace(b"RsltnOfInvstgtn", b"CstmrPmtStsRpt"), "not a message that we read"),
        (GOOD.replace(b"</Document>", b"<a/></Document>"), "not a message that we read"),
        (GOOD.replace(b"Document", b"Other"), "not a message that we read"),
        (GOOD.replace(b"</TxCxlSts>", b"</TxCxlSts><OrgnlInstdAmt Ccy='EUR'>1.001</OrgnlInstdAmt>"), "whole cents"),
        (GOOD + b" " * 1_100_000, "larger than 1048576 bytes"),
        (GOOD.replace(b"<Document", b"<!DOCTYPE a><Document"), "document type"),
    ],
)
def test_what_is_no_answer_to_a_recall_is_refused_whole(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableAnswer, match=reason):
        read(body)


def test_every_code_is_one_of_the_standard() -> None:
    assert OUTCOMES.keys() == {"ACCR", "CNCL", "RJCR", "PDCR", "PACR", "PECR"}
    assert etree.fromstring(GOOD) is not None
