"""What the bank answered is applied to the payments, once; what fits none is kept for a person."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from services.benefits.payment import PAYMENT, InstructPayment
from services.benefits.payments import Payments, Standing, cents_by_standing
from services.benefits.portions import SYSTEM
from services.benefits.settlement import Settlement
from services.benefits.withdrawal import WITHDRAWAL, AskRecall
from services.contracts.bank import BankAnswerRead, BankLineUnmatched
from services.contracts.benefits import PaymentPaid, PaymentRejected
from services.contracts.codec import published
from services.eventlog.handle import Work
from services.eventlog.memory import MemoryLog
from tests.bank.bank_messages import details, document, entry, resolution, statement, transaction
from tests.benefits.a_region import ALKMAAR, BERGEN, Home, Region, region


@pytest.fixture
def paying(tmp_path: Path) -> Region:
    """Three households in Alkmaar and one in Bergen, their payments sent."""
    made = region(tmp_path)
    made.knows(*(Home(n) for n in (1, 2, 3)), Home(4, municipality=BERGEN))
    return made


@pytest.fixture
def run(paying: Region) -> str:
    return paying.pays_out()


def payment_of(paying: Region, run: str, number: int) -> str:
    """The name at the bank of a household's payment."""
    return next(f"{p.right_ref}-1" for p in paying.office.payments.of_run(run) if p.household_ref == Home(number).ref)


def batch(name: str, count: int, euros: str) -> str:
    return f"<PmtInfId>{name}</PmtInfId><NbOfTxs>{count}</NbOfTxs><TtlAmt Ccy='EUR'>{euros}</TtlAmt>"


def booked(name: str, count: int, euros: str) -> bytes:
    """A batch booked as one total, as most banks do."""
    return statement(entry("DBIT", euros, details(batch=batch(name, count, euros))))


def standings(paying: Region, run: str) -> dict[Standing, int]:
    return {name: cents for name, cents in cents_by_standing(paying.office.payments.of_run(run)).items() if cents}


def unmatched(paying: Region) -> list[tuple[str, str]]:
    return [(line.kind, line.reason_code) for line in paying.facts(BankLineUnmatched)]


def report(run: str, status: str = "RJCT", reason: str = "FF01", batches: str = "") -> bytes:
    group = f"<GrpSts>{status}</GrpSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"
    header = "<GrpHdr><MsgId>B1</MsgId><CreDtTm>2024-02-16T18:00:00</CreDtTm></GrpHdr>"
    original = f"<OrgnlMsgId>{run}-001</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}"
    content = f"{header}<OrgnlGrpInfAndSts>{original}</OrgnlGrpInfAndSts>{batches}"
    return document("pain.002.001.12", f"<CstmrPmtStsRpt>{content}</CstmrPmtStsRpt>")


def test_a_batch_booked_as_one_total_pays_each_of_its_payments(paying: Region, run: str) -> None:
    paying.hears(booked(f"{run}-001-{ALKMAAR}", 3, "3900.00"))

    assert standings(paying, run) == {"paid": 390_000, "sent": 130_000}


def test_a_batch_without_its_rejected_payment_pays_the_others(paying: Region, run: str) -> None:
    name = payment_of(paying, run, 2)
    refused = f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>"
    told = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{run}-001-{ALKMAAR}</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>{refused}</OrgnlPmtInfAndSts>"
    paying.hears(report(run, "PART", "MS03", told), booked(f"{run}-001-{ALKMAAR}", 2, "2600.00"))

    assert standings(paying, run) == {"paid": 260_000, "rejected": 130_000, "sent": 130_000}


@pytest.mark.parametrize(("count", "euros"), [(3, "3900.01"), (2, "3900.00"), (3, "390000.00")])
def test_a_batch_that_differs_by_a_cent_or_a_payment_is_listed_and_not_applied(paying: Region, run: str, count: int, euros: str) -> None:
    paying.hears(booked(f"{run}-001-{ALKMAAR}", count, euros))

    assert standings(paying, run) == {"sent": 520_000}
    assert unmatched(paying) == [("paid", "batch-differs")]


def test_a_statement_with_every_payment_listed_does_not_count_the_total_too(paying: Region, run: str) -> None:
    listed = [transaction(payment_of(paying, run, n), "1300.00") for n in (1, 2, 3)]
    paying.hears(statement(entry("DBIT", "3900.00", details(*listed, batch=batch(f"{run}-001-{ALKMAAR}", 3, "3900.00")))))

    assert standings(paying, run) == {"paid": 390_000, "sent": 130_000}
    assert unmatched(paying) == []


def test_money_that_came_back_is_returned_with_its_reason(paying: Region, run: str) -> None:
    name = payment_of(paying, run, 1)
    paying.hears(statement(entry("DBIT", "1300.00", details(transaction(name, "1300.00")))))
    paying.hears(statement(entry("CRDT", "1300.00", details(transaction(name, "1300.00", "AC04")), family="RRTN")))

    position = next(p for p in paying.office.payments.of_run(run) if p.household_ref == Home(1).ref)
    assert (position.standing, position.reason) == ("returned", "AC04")


def test_a_file_refused_as_a_whole_rejects_all_its_payments(paying: Region, run: str) -> None:
    paying.hears(report(run))

    assert standings(paying, run) == {"rejected": 520_000}


def test_a_file_that_the_bank_had_before_settles_nothing(paying: Region, run: str) -> None:
    paying.hears(report(run, reason="AM05"))

    assert standings(paying, run) == {"sent": 520_000}
    assert unmatched(paying) == [("rejected", "AM05")]


def test_the_same_message_twice_changes_nothing(paying: Region, run: str) -> None:
    answer = booked(f"{run}-001-{ALKMAAR}", 3, "3900.00")
    paying.hears(answer)
    before = paying.log.head()
    paying.hears(answer)

    assert paying.log.head() == before


def test_the_same_booking_in_another_message_is_listed_and_never_applied_again(paying: Region, run: str) -> None:
    line = details(transaction(payment_of(paying, run, 1), "1300.00"))
    paying.hears(statement(entry("DBIT", "1300.00", line)), statement(entry("DBIT", "1300.00", line), entry("DBIT", "1300.00", line)))

    assert len(paying.facts(PaymentPaid)) == 1
    assert unmatched(paying) == [("paid", "already-settled"), ("paid", "already-settled")]


def test_another_amount_is_listed_and_not_applied(paying: Region, run: str) -> None:
    paying.hears(statement(entry("DBIT", "13.00", details(transaction(payment_of(paying, run, 1), "13.00")))))

    assert standings(paying, run) == {"sent": 520_000}
    assert unmatched(paying) == [("paid", "amount-differs")]


def test_a_payment_that_is_not_ours_is_listed_without_its_reference(paying: Region, run: str) -> None:
    paying.hears(statement(entry("DBIT", "1300.00", details(transaction("HUUR J JANSEN", "1300.00")))))

    assert unmatched(paying) == [("paid", "unknown-payment")]
    assert [line.end_to_end_id for line in paying.facts(BankLineUnmatched)] == [None]
    assert standings(paying, run) == {"sent": 520_000}


def test_a_payment_under_a_name_of_ours_that_was_never_sent_is_listed(paying: Region, run: str) -> None:
    never = "r" + "0" * 26 + "-1"
    paying.hears(statement(entry("DBIT", "1300.00", details(transaction(never, "1300.00")))))

    assert [(line.end_to_end_id, line.reason_code) for line in paying.facts(BankLineUnmatched)] == [(never, "unknown-payment")]
    assert standings(paying, run) == {"sent": 520_000}


def test_reading_ends_with_what_it_came_to(paying: Region, run: str) -> None:
    known, unknown = payment_of(paying, run, 1), "r" + "0" * 26 + "-1"
    paying.hears(statement(*(entry("DBIT", "1300.00", details(transaction(name, "1300.00"))) for name in (known, unknown))))

    (read,) = paying.facts(BankAnswerRead)
    assert (read.kind, read.paid, read.returned, read.rejected, read.unmatched) == ("camt.053", 1, 0, 0, 1)


def test_a_run_closes_when_the_bank_has_answered_for_every_cent(paying: Region, run: str, tmp_path: Path) -> None:
    early = paying.closes(run)
    paying.hears(*paying.bank_answers(run, tmp_path))

    assert (early.reason, paying.closes(run).outcome) == ("not-settled", "accepted")


def test_a_rejected_payment_is_on_the_exception_list(paying: Region, run: str, tmp_path: Path) -> None:
    name = payment_of(paying, run, 2)
    paying.hears(*paying.bank_answers(run, tmp_path, frozenset({name})))

    (rejected,) = paying.facts(PaymentRejected)
    assert (rejected.end_to_end_id, rejected.reason_code) == (name, "MS03")
    assert paying.facts(PaymentPaid)[0].booked_on == date(2024, 2, 20)


def test_a_payment_that_is_made_again_stands_in_both_batches_with_what_became_of_it(paying: Region, run: str) -> None:
    name = payment_of(paying, run, 1)
    paying.hears(statement(entry("CRDT", "1300.00", details(transaction(name, "1300.00", "AC04")), family="RRTN")))
    again = InstructPayment(name.removesuffix("-1"), 2, "run-0-001", date(2024, 3, 1), ("acc-2", "other"))
    paying.log.submit(Work(PAYMENT, lambda _tx: again, paying.origin(), b"")).result(5)

    first, second = (paying.office.payments.of_batch(f"{message}-{ALKMAAR}") for message in (f"{run}-001", "run-0-001"))
    assert sorted(payment.standing for payment in first) == ["returned", "sent", "sent"]
    assert [(payment.standing, payment.attempt) for payment in second] == [("sent", 2)]


def test_reading_counts_each_kind_of_answer_once(paying: Region, run: str) -> None:
    first, second = (payment_of(paying, run, number) for number in (1, 2))
    refused = f"<TxInfAndSts><OrgnlEndToEndId>{second}</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts>"
    told = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{run}-001-{ALKMAAR}</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>{refused}</OrgnlPmtInfAndSts>"
    line = details(transaction(first, "1300.00"))
    back = entry("CRDT", "1300.00", details(transaction(first, "1300.00", "AC04")), family="RRTN")
    paying.hears(report(run, "PART", "MS03", told), statement(entry("DBIT", "1300.00", line), back))

    counted = [(read.kind, read.paid, read.returned, read.rejected, read.unmatched) for read in paying.facts(BankAnswerRead)]
    assert counted == [("pain.002", 0, 0, 1, 0), ("camt.053", 1, 1, 0, 0)]


def test_a_refused_line_is_kept_under_its_name_with_its_amount(paying: Region, run: str) -> None:
    name = payment_of(paying, run, 1)
    paying.hears(statement(entry("DBIT", "13.00", details(transaction(name, "13.00")))))

    (line,) = paying.facts(BankLineUnmatched)
    assert (line.line, line.end_to_end_id, line.amount_cents) == (1, name, 1_300)


def test_what_the_bank_answered_is_recorded_as_done_by_the_service_for_that_message(paying: Region, run: str) -> None:
    answer = booked(f"{run}-001-{ALKMAAR}", 3, "3900.00")
    before = paying.log.head()
    paying.hears(answer)

    told = paying.log.after(before, 100)
    assert {record.actor for record in told} == {SYSTEM}
    assert {record.correlation_id for record in told} == {sha256(answer).hexdigest()}


def upto_the_payments(paying: Region, answer: bytes) -> MemoryLog:
    """A log that came back from its facts, as it was when the message was applied and not read to its end; it knows of no answers."""
    before = paying.log.head()
    paying.hears(answer)
    records = [record for record in paying.log.after(0, 10_000) if record.position <= before + 1]
    log = MemoryLog("benefits", published())
    for record in records:
        log.submit(lambda tx, record=record: tx.take_back(record)).result(5)  # type: ignore[misc]  # default binds the loop
    return log


@pytest.mark.parametrize(("times", "counts"), [(1, (1, 0)), (2, (1, 1))])
def test_a_line_whose_fact_came_back_without_its_answer_is_done_and_a_second_one_is_not(
    paying: Region, run: str, times: int, counts: tuple[int, int]
) -> None:
    line = details(transaction(payment_of(paying, run, 1), "1300.00"))
    answer = statement(*[entry("DBIT", "1300.00", line)] * times)
    log, ref, done = upto_the_payments(paying, answer), sha256(answer).hexdigest(), list[int]()
    office = paying.office
    Settlement(log, Payments(log), office.fingerprints, office.now).settle(ref, answer, done.append)

    (read,) = (envelope.event for envelope in log.scan("benefits/") if isinstance(envelope.event, BankAnswerRead))
    assert (read.paid, read.unmatched, done[-1]) == (*counts, times)


def test_a_fact_that_came_back_with_another_message_is_not_of_this_one(paying: Region, run: str) -> None:
    line = details(transaction(payment_of(paying, run, 1), "1300.00"))
    answer = statement(entry("DBIT", "1300.00", line))
    log = upto_the_payments(paying, answer)
    Settlement(log, Payments(log), paying.office.fingerprints, paying.office.now).settle("another", answer, lambda _done: None)

    (read,) = (envelope.event for envelope in log.scan("benefits/") if isinstance(envelope.event, BankAnswerRead))
    assert (read.paid, read.unmatched) == (0, 1)


def test_reading_counts_answers_to_recalls(paying: Region, run: str) -> None:
    name = payment_of(paying, run, 1)
    ask = AskRecall(name.removesuffix("-1"), 1, "DUPL", "s-1")
    paying.log.submit(Work(WITHDRAWAL, lambda _tx: ask, paying.origin(), b"")).result(5)
    paying.hears(resolution(f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxCxlSts>RJCR</TxCxlSts></TxInfAndSts>", "RJCR"))

    assert [(read.kind, read.recalls, read.unmatched) for read in paying.facts(BankAnswerRead)] == [("camt.029", 1, 0)]
