"""Read what the bank answers, in time and memory that grow with its size and no faster."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import NamedTuple, cast

from lxml import etree

from services.benefits import bank_resolution, schemas
from services.benefits.bank_answers import (
    NOT_STATED,
    Answer,
    Debit,
    Entry,
    Payment,
    PaymentInfoStatus,
    Rejection,
    Return,
    Statement,
    StatusReport,
    UnreadableAnswer,
    Unrecognised,
)
from services.benefits.elements import text
from services.benefits.reason_codes import most_careful

MOST_BYTES = 16 * 1024 * 1024
_MESSAGES = frozenset({"pain.002.001.03", "pain.002.001.12", "camt.053.001.02", "camt.053.001.08", "camt.054.001.02", "camt.054.001.08"})
# No wheel carries the schema of pain.002.001.10 (reference/domain.md 2.6). Version 12 only added to it, so it is read as that one;
# where a bank's message is not valid under it, it is refused and nothing of it is applied.
_READ_AS = (schemas.NAMESPACE.encode() + b"pain.002.001.10", schemas.NAMESPACE.encode() + b"pain.002.001.12")
_SUB_FAMILY = "{*}BkTxCd/{*}Domn/{*}Fmly/{*}SubFmlyCd"
_REASON = re.compile(r"[A-Za-z0-9-]{2,35}")


class _Booking(NamedTuple):
    """An entry of a statement, and what its lines rest on, looked up once: each look at an entry passes all of its lines.

    `whole` is the entry as one line that nobody can place; `alone_cents` its amount, where it has one line only.
    """

    node: etree._Element
    booked_on: date
    direction: str
    whole: Unrecognised
    returned: bool
    alone_cents: int | None


def read(body: bytes, max_bytes: int = MOST_BYTES) -> tuple[Answer, ...]:
    """Return what a pain.002.001.03, .10 or .12, a camt.029.001.09, or a camt.053 or camt.054.001.02 or .08 says, per account for these.

    Every booked line is in it, those that we cannot place as `Unrecognised`. Amounts are euro cents.
    Raises `UnreadableAnswer` for anything else: then nothing of the body is to be applied.
    """
    if bank_resolution.is_resolution(body):
        return (bank_resolution.read(body, max_bytes),)
    try:
        root = schemas.read_valid(body.replace(*_READ_AS), max_bytes, _MESSAGES)
    except schemas.UnreadableXml as unreadable:
        raise UnreadableAnswer(unreadable.reason) from None
    told = root[0]
    return (_status_report(told),) if etree.QName(told).localname == "CstmrPmtStsRpt" else tuple(_statements(told))


def _status_report(report: etree._Element) -> StatusReport:
    group, batches = report[1], report.findall("{*}OrgnlPmtInfAndSts")
    group_status = group.findtext("{*}GrpSts")
    told = [line for batch in batches for line in _transactions(batch, _batch_status(batch).status or group_status)]
    return StatusReport(
        message_id=text(report, "{*}GrpHdr/{*}MsgId"),
        original_message_id=text(group, "{*}OrgnlMsgId"),
        group_status=group_status,
        group_reason_code=_reason_code(group),
        payment_info_statuses=tuple(map(_batch_status, batches)),
        rejections=tuple(one for one in told if isinstance(one, Rejection)),
        undecided=told.count(None),
        unrecognised=tuple(one for one in told if isinstance(one, Unrecognised)),
    )


def _batch_status(batch: etree._Element) -> PaymentInfoStatus:
    return PaymentInfoStatus(text(batch, "{*}OrgnlPmtInfId"), batch.findtext("{*}PmtInfSts"), _reason_code(batch))


def _transactions(batch: etree._Element, inherited: str | None) -> Iterator[Rejection | Unrecognised | None]:
    """A bank that refuses a whole batch or file need not repeat that at each payment."""
    for node in batch.iterfind("{*}TxInfAndSts"):
        status, reference = node.findtext("{*}TxSts") or inherited, _reference(node.findtext("{*}OrgnlEndToEndId"))
        if not reference or status in (None, "PART"):
            yield _unrecognised(node, "no status of its own" if reference else "no reference")
        elif status == "RJCT":
            yield Rejection(reference, status, _reason_code(node), _cents(node.find("{*}OrgnlTxRef/{*}Amt/{*}InstdAmt")))
        else:
            yield None


def _statements(message: etree._Element) -> Iterator[Statement]:
    for node in (*message.iterfind("{*}Stmt"), *message.iterfind("{*}Ntfctn")):
        yield Statement(
            kind="camt.053" if etree.QName(node).localname == "Stmt" else "camt.054",
            message_id=text(message, "{*}GrpHdr/{*}MsgId"),
            statement_id=text(node, "{*}Id"),
            account_iban=node.findtext("{*}Acct/{*}Id/{*}IBAN"),
            entries=tuple(line for entry in node.iterfind("{*}Ntry") for line in _lines(entry)),
        )


def _lines(entry: etree._Element) -> Iterator[Entry]:
    direction, booked_on = text(entry, "{*}CdtDbtInd"), _booked_on(entry)
    whole = _unrecognised(entry, "not booked, or the reversal of a booking", direction, booked_on)
    if (
        (entry.findtext("{*}Sts/{*}Cd") or entry.findtext("{*}Sts")) != "BOOK"
        or booked_on is None
        or entry.findtext("{*}RvslInd") in ("true", "1")
    ):
        yield whole
        return
    lines = len(list(islice(entry.iterfind("{*}NtryDtls/{*}TxDtls"), 2)))
    returned, alone_cents = entry.findtext(_SUB_FAMILY) == "RRTN", whole.amount_cents if lines == 1 else None
    booking = _Booking(entry, booked_on, direction, whole, returned, alone_cents)
    if _adds_up(booking):
        yield from _placed(booking)
    else:
        yield replace(whole, why="no details, or details that do not add up")


def _placed(booking: _Booking) -> Iterator[Entry]:
    for details in booking.node.iterfind("{*}NtryDtls"):
        yield from _batch(booking, details)
        for node in details.iterfind("{*}TxDtls"):
            yield _line(booking, node)


def _adds_up(booking: _Booking) -> bool:
    totals = [_details_cents(booking, details) for details in booking.node.iterfind("{*}NtryDtls")]
    return bool(totals) and None not in totals and sum(filter(None, totals)) == booking.whole.amount_cents


def _details_cents(booking: _Booking, details: etree._Element) -> int | None:
    batch_cents = _cents(details.find("{*}Btch/{*}TtlAmt"))
    amounts = [_line_cents(booking, node) for node in details.iterfind("{*}TxDtls")]
    total_cents = sum(filter(None, amounts)) if amounts else batch_cents
    return total_cents if None not in amounts and batch_cents in (None, total_cents) else None


def _line_cents(booking: _Booking, node: etree._Element) -> int | None:
    own = node.find("{*}Amt") if node.find("{*}Amt") is not None else node.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    return booking.alone_cents if own is None else _cents(own)


def _batch(booking: _Booking, details: etree._Element) -> Iterator[Debit | Unrecognised]:
    message_id, payment_info_id = details.findtext("{*}Btch/{*}MsgId"), details.findtext("{*}Btch/{*}PmtInfId")
    listed = len(details.findall("{*}TxDtls"))
    count, total_cents = int(details.findtext("{*}Btch/{*}NbOfTxs", f"{listed}")), _details_cents(booking, details)
    known = (message_id or payment_info_id) and booking.direction == "DBIT"
    if known and total_cents and count and listed in (0, count):
        yield Debit(message_id, payment_info_id, count, total_cents, listed, booking.booked_on)
    elif listed == 0 or listed != count:
        yield replace(booking.whole, why="batch that is not a debit of ours, or with another number than is listed")


def _line(booking: _Booking, node: etree._Element) -> Payment | Return | Unrecognised:
    reference, amount_cents = _reference(node.findtext("{*}Refs/{*}EndToEndId")), _line_cents(booking, node)
    returned = booking.returned or node.find("{*}RtrInf") is not None or node.findtext(_SUB_FAMILY) == "RRTN"
    if reference and amount_cents and node.findtext("{*}CdtDbtInd", booking.direction) == booking.direction:
        if booking.direction == "CRDT" and returned:
            return Return(reference, amount_cents, _reason_code(node), booking.booked_on)
        if booking.direction == "DBIT" and not returned:
            return Payment(reference, amount_cents, booking.booked_on)
    return _unrecognised(node, "neither a payment of ours nor a return of one", booking.direction, booking.booked_on)


def _unrecognised(node: etree._Element, why: str, direction: str | None = None, booked_on: date | None = None) -> Unrecognised:
    references = (node.findtext(name) for name in ("{*}AcctSvcrRef", "{*}Refs/{*}AcctSvcrRef", "{*}NtryRef"))
    reference = next(filter(None, references), None)
    return Unrecognised(cast("int", node.sourceline), why, reference, direction, _cents(node.find("{*}Amt")), booked_on)


def _reference(text: str | None) -> str | None:
    return None if text is None or text.strip() in ("", "NOTPROVIDED") else text


def _cents(amount: etree._Element | None) -> int | None:
    if amount is None or amount.get("Ccy") != "EUR":
        return None
    cents = schemas.cents(amount.text or "")
    if cents is None:
        raise UnreadableAnswer("an amount that is not in whole cents")
    return cents


def _booked_on(entry: etree._Element) -> date | None:
    day = next(entry.iterfind("{*}BookgDt/*"), None)
    try:
        # The bank's own day, whatever time zone it is written in.
        return None if day is None else date.fromisoformat((day.text or "").strip()[:10])
    except ValueError:
        raise UnreadableAnswer("a date outside the calendar") from None


def _reason_code(node: etree._Element) -> str:  # where a bank states several, the one that calls for most care
    given = (code.text or "" for code in (*node.iterfind("{*}StsRsnInf/{*}Rsn/*"), *node.iterfind("{*}RtrInf/{*}Rsn/*")))
    stated = [code for code in given if _REASON.fullmatch(code)]
    return most_careful(stated) or NOT_STATED
