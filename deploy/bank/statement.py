"""The camt.053 with which the bank shows what it booked: batches on the day of execution, returns a banking day later."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from deploy.bank.verdict import Judged, JudgedBatch, Verdict, cents, next_banking_day
from deploy.bank.xml import amount, document, leaf, node

VERSION = "camt.053.001.08"
OPENING_CENTS = 100_000_000_000
_ACCOUNT_AND_DAY = attrgetter("account_iban", "on")


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry: money out or back, on an account and a day."""

    account_iban: str
    on: date
    cents: int
    entry: str


def statement(verdict: Verdict, message_id: str, created_at: datetime) -> bytes | None:
    """Return one statement per account and day, or None when nothing was booked."""
    bookings = sorted(_bookings(verdict), key=_ACCOUNT_AND_DAY)
    if not bookings:
        return None
    header = node("GrpHdr", leaf("MsgId", message_id), leaf("CreDtTm", f"{created_at:%Y-%m-%dT%H:%M:%S}"))
    return document(VERSION, node("BkToCstmrStmt", header, *_statements(message_id, bookings)))


def _bookings(verdict: Verdict) -> Iterator[Booking]:
    for batch in verdict.batches:
        if batch.debited:
            yield _debit(batch, verdict.order.message_id)
    for batch, judged in verdict.of("returned"):
        yield _return(batch, judged, verdict.order.message_id)


def _statements(message_id: str, bookings: Iterable[Booking]) -> Iterator[str]:
    balances: dict[str, int] = {}
    for number, ((account_iban, day), members) in enumerate(groupby(bookings, key=_ACCOUNT_AND_DAY), start=1):
        booked, opening_cents = list(members), balances.get(account_iban, OPENING_CENTS)
        balances[account_iban] = opening_cents + sum(booking.cents for booking in booked)
        yield node(
            "Stmt",
            leaf("Id", f"{message_id}-{number}"),
            node("Acct", node("Id", leaf("IBAN", account_iban)), leaf("Ccy", "EUR")),
            _balance("OPBD", opening_cents, day),
            _balance("CLBD", balances[account_iban], day),
            *(booking.entry for booking in booked),
        )


def _balance(code: str, balance_cents: int, day: date) -> str:
    kind = node("Tp", node("CdOrPrtry", leaf("Cd", code)))
    side = leaf("CdtDbtInd", "CRDT" if balance_cents >= 0 else "DBIT")
    return node("Bal", kind, amount(abs(balance_cents)), side, node("Dt", leaf("Dt", day.isoformat())))


def _debit(batch: JudgedBatch, message_id: str) -> Booking:
    total_cents = cents(batch.debited)
    summary = node(
        "Btch",
        leaf("MsgId", message_id),
        leaf("PmtInfId", batch.batch.payment_info_id),
        leaf("NbOfTxs", str(len(batch.debited))),
        amount(total_cents, "TtlAmt"),
    )
    details = node("NtryDtls", summary, *(_listed(batch, judged, message_id) for judged in batch.debited))
    entry = _entry("DBIT", total_cents, batch.batch.execution_on, "ESCT", details)
    return Booking(batch.batch.account_iban, batch.batch.execution_on, -total_cents, entry)


def _listed(batch: JudgedBatch, judged: Judged, message_id: str) -> str:
    side = leaf("CdtDbtInd", "DBIT")
    return node("TxDtls", _references(batch, judged, message_id), amount(judged.transfer.amount_cents), side, _creditor(judged))


def _return(batch: JudgedBatch, judged: Judged, message_id: str) -> Booking:
    back_cents, day = judged.transfer.amount_cents, next_banking_day(batch.batch.execution_on)
    details = node(
        "TxDtls",
        _references(batch, judged, message_id),
        amount(back_cents),
        leaf("CdtDbtInd", "CRDT"),
        _creditor(judged),
        node("RtrInf", node("Rsn", leaf("Cd", str(judged.outcome.reason)))),
    )
    return Booking(batch.batch.account_iban, day, back_cents, _entry("CRDT", back_cents, day, "RRTN", node("NtryDtls", details)))


def _entry(side: str, entry_cents: int, day: date, sub_family: str, details: str) -> str:
    family = node("Fmly", leaf("Cd", "ICDT"), leaf("SubFmlyCd", sub_family))
    return node(
        "Ntry",
        amount(entry_cents),
        leaf("CdtDbtInd", side),
        node("Sts", leaf("Cd", "BOOK")),
        node("BookgDt", leaf("Dt", day.isoformat())),
        node("ValDt", leaf("Dt", day.isoformat())),
        node("BkTxCd", node("Domn", leaf("Cd", "PMNT"), family)),
        details,
    )


def _references(batch: JudgedBatch, judged: Judged, message_id: str) -> str:
    transfer = judged.transfer
    instruction = leaf("InstrId", transfer.instruction_id) if transfer.instruction_id else ""
    batch_id = leaf("PmtInfId", batch.batch.payment_info_id)
    return node("Refs", leaf("MsgId", message_id), batch_id, instruction, leaf("EndToEndId", transfer.end_to_end_id))


def _creditor(judged: Judged) -> str:
    account = node("CdtrAcct", node("Id", leaf("IBAN", judged.transfer.creditor_iban)))
    return node("RltdPties", node("Cdtr", node("Pty", leaf("Nm", judged.transfer.creditor_name))), account)
