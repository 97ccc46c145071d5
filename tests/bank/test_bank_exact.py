"""What a person reads of a line that was kept, and the limits of what is taken for a reference, are exact."""

from datetime import date

import pytest

from services.benefits.bank_answers import Payment, RecallAnswer, Resolution, Return, Statement, UnreadableAnswer, Unrecognised
from services.benefits.bank_reading import read
from tests.bank.bank_messages import details, entry, resolution, statement, status_report, transaction

DAY = date(2024, 2, 16)
TX = "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId>{}</TxInfAndSts>"
NOT_BOOKED = "not booked, or the reversal of a booking"
OTHER_BATCH = "batch that is not a debit of ours, or with another number than is listed"


def booked(*entries: str) -> list[object]:
    (said,) = read(statement(*entries))
    assert isinstance(said, Statement)
    return list(said.entries)


def why(line: object) -> tuple[str, str | None]:
    assert isinstance(line, Unrecognised)
    return line.why, line.bank_reference


def recalls(body: bytes) -> Resolution:
    (said,) = read(body)
    assert isinstance(said, Resolution)
    return said


@pytest.mark.parametrize("said", ["true", "1"])
def test_a_booking_that_is_taken_back_is_kept_with_the_banks_reference(said: str) -> None:
    reversal = entry("DBIT", "5", details(transaction("r1-1", "5")), more=f"<RvslInd>{said}</RvslInd>")

    assert [why(line) for line in booked(reversal)] == [(NOT_BOOKED, "REF-1")]


def test_a_batch_that_cannot_be_placed_is_kept_and_says_why() -> None:
    batch = "<MsgId>M</MsgId><NbOfTxs>2</NbOfTxs><TtlAmt Ccy='EUR'>5</TtlAmt>"
    alone, beside = details(batch=batch), details(transaction("r1-1", "5"), batch=batch)

    assert [why(line) for line in booked(entry("CRDT", "5", alone))] == [(OTHER_BATCH, "REF-1")]
    assert why(booked(entry("DBIT", "5", beside))[0]) == (OTHER_BATCH, "REF-1")


def test_money_that_comes_back_is_known_by_the_banks_code_of_the_line_alone() -> None:
    code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>"
    line = transaction("r1-1", "5").replace("</Amt>", f"</Amt>{code}")

    assert booked(entry("CRDT", "5", details(line))) == [Return("r1-1", 500, "NOT-STATED", DAY)]
    assert why(booked(entry("DBIT", "5", details(line)))[0])[0] == "neither a payment of ours nor a return of one"


def test_a_kept_line_is_found_by_its_own_reference_or_that_of_its_entry() -> None:
    own = transaction("NOTPROVIDED", "5").replace("<Refs>", "<Refs><AcctSvcrRef>OWN-1</AcctSvcrRef>")
    of_entry = (
        entry("CRDT", "5", "", more="").replace("<AcctSvcrRef>REF-1</AcctSvcrRef>", "").replace("<Ntry>", "<Ntry><NtryRef>N-1</NtryRef>")
    )

    assert why(booked(entry("CRDT", "5", details(own)))[0])[1] == "OWN-1"
    assert why(booked(of_entry)[0])[1] == "N-1"


def test_a_blank_reference_is_none() -> None:
    assert why(booked(entry("DBIT", "5", details(transaction(" ", "5"))))[0])[0] == "neither a payment of ours nor a return of one"
    assert booked(entry("DBIT", "5", details(transaction("r1-1", "5")))) == [Payment("r1-1", 500, DAY)]


def test_what_makes_an_answer_unreadable_is_said() -> None:
    reasons = []
    wrong_day = entry("DBIT", "5", details(transaction("r1-1", "5"))).replace("2024-02-16", "12024-02-16")
    for body in (statement(entry("DBIT", "5.005", details(transaction("r1-1", "5.005")))), statement(wrong_day)):
        with pytest.raises(UnreadableAnswer) as refused:
            read(body)
        reasons.append(refused.value.reason)

    assert reasons == ["an amount that is not in whole cents", "a date outside the calendar"]


@pytest.mark.parametrize(("length", "taken"), [(1, True), (35, True), (36, False), (0, False)])
def test_an_answer_to_a_recall_has_a_reference_of_its_own(length: int, *, taken: bool) -> None:
    body = resolution(TX.format("r1-1", "<TxCxlSts>ACCR</TxCxlSts>"), "CNCL").replace(b"<Id>X1</Id>", b"<Id>" + b"x" * length + b"</Id>")
    if taken:
        assert recalls(body).message_id == "x" * length
    else:
        with pytest.raises(UnreadableAnswer):
            read(body)


@pytest.mark.parametrize(("length", "known"), [(35, True), (36, False)])
def test_a_name_of_a_payment_is_no_longer_than_the_standard_lets_it_be(length: int, *, known: bool) -> None:
    (line,) = recalls(resolution(TX.format("r" * length, "<TxCxlSts>ACCR</TxCxlSts>"), "CNCL")).lines

    assert isinstance(line, RecallAnswer) is known


def test_a_payment_outside_a_batch_takes_the_word_on_its_file_and_may_be_named_by_its_instruction() -> None:
    named = "<OrgnlMsgId>m-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
    group = f"<OrgnlGrpInfAndSts>{named}<GrpCxlSts>RJCR</GrpCxlSts></OrgnlGrpInfAndSts>"
    by_instruction = "<TxInfAndSts><OrgnlInstrId>r2-1</OrgnlInstrId></TxInfAndSts>"
    lines = recalls(resolution(group + TX.format("r1-1", "") + by_instruction, "CNCL")).lines

    assert lines == tuple(RecallAnswer(name, "", "rejected", "NOT-STATED", None) for name in ("r1-1", "r2-1"))


def test_an_empty_reason_or_status_is_none() -> None:
    reason = "<TxCxlSts>RJCR</TxCxlSts><CxlStsRsnInf><Rsn><Cd></Cd></Rsn></CxlStsRsnInf>"
    no_status = resolution(TX.format("r1-1", ""), "").replace(b"<Conf></Conf>", b"")

    assert recalls(resolution(TX.format("r1-1", reason), "CNCL")).lines == (RecallAnswer("r1-1", "", "rejected", "NOT-STATED", None),)
    assert recalls(no_status).lines == (Unrecognised(2, "no status that we know", None, None, None, None),)


def test_an_amount_of_a_recall_that_is_not_in_cents_makes_it_unreadable() -> None:
    with pytest.raises(UnreadableAnswer) as refused:
        read(resolution(TX.format("r1-1", "<TxCxlSts>ACCR</TxCxlSts><OrgnlInstdAmt Ccy='EUR'>1.005</OrgnlInstdAmt>"), "CNCL"))

    assert refused.value.reason == "an amount that is not in whole cents"


def test_a_report_says_which_message_and_which_file_it_is_about() -> None:
    (report,) = read(status_report("03", "<GrpSts>RJCT</GrpSts>"))

    assert (report.message_id, report.original_message_id) == ("B1", "ET2023-1-0001")  # type: ignore[union-attr]  # a report
