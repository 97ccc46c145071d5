"""Read what the bank answers: which payments it refused, which it made and which came back, and why."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal, cast, get_args

from lxml import etree

from services.benefits import schemas

MOST_BYTES = 16 * 1024 * 1024
NOT_STATED = "NOT-STATED"

# From the one that calls for most care: `stop` means that nothing of the kind is paid again before someone investigated.
Handling = Literal["stop", "suspend", "manual", "caseworker", "treasury", "contact-client", "ask-account", "technical", "close-recall"]

_MESSAGES = frozenset({"pain.002.001.03", "pain.002.001.12", "camt.053.001.08", "camt.054.001.08"})
_SUB_FAMILY = "{*}BkTxCd/{*}Domn/{*}Fmly/{*}SubFmlyCd"
_REASON = re.compile(r"[A-Za-z0-9-]{2,35}")

# reference/domain.md 2.5 (Worldline, Numeral and Lemonway lists, EPC135-18); what is not here goes to a person.
RETURN_HANDLING: Mapping[str, tuple[Handling, str]] = {
    "AC01": ("ask-account", "account identifier incorrect"),
    "AC03": ("caseworker", "wrong IBAN of creditor"),
    "AC04": ("ask-account", "account closed"),
    "AC06": ("contact-client", "account blocked, possibly seized"),
    "AG01": ("ask-account", "no transfers on this account, such as savings"),
    "AG02": ("technical", "invalid bank operation code"),
    "AM04": ("treasury", "insufficient funds on our account"),
    "AM05": ("stop", "duplicate"),
    "AM09": ("caseworker", "wrong amount"),
    "AM10": ("technical", "control sum does not match"),
    "BE04": ("caseworker", "creditor address missing"),
    "CNOR": ("ask-account", "creditor bank not registered"),
    "DUPL": ("stop", "duplicate payment"),
    "ED05": ("technical", "settlement failed"),
    "FF01": ("technical", "file format invalid"),
    "FOCR": ("close-recall", "returned at our own request"),
    "MD07": ("suspend", "end customer deceased: verify, never pay again by itself"),
    "MS02": ("contact-client", "refused by the customer, reason not given"),
    "MS03": ("manual", "reason not given by the bank"),
    "RC01": ("ask-account", "bank identifier incorrect"),
}


class UnreadableAnswer(schemas.UnreadableXml):
    """A body that is no answer of a bank, of which nothing may be applied; `reason` holds nothing of its content."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A line that is not ours to apply, kept for a person: its place in the file, the bank's reference and why."""

    line: int
    why: str
    bank_reference: str | None
    direction: str | None
    amount_cents: int | None
    booked_on: date | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A payment that the bank refused; it was never booked. The amount only where the bank repeats it."""

    end_to_end_id: str
    status: str
    reason_code: str
    amount_cents: int | None


@dataclass(frozen=True, slots=True)
class PaymentInfoStatus:
    """How far a batch is; `RJCT` refuses every payment in it, listed or not."""

    payment_info_id: str
    status: str | None
    reason_code: str


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a pain.002 says about payment file `original_message_id`; group status `RJCT` refuses the whole file.

    Except after AM05 or DUPL: then the bank had the file before, and those payments may well be made. `undecided` counts
    payments with any other status: that one was made stands in a statement only.
    """

    message_id: str
    original_message_id: str
    group_status: str | None
    group_reason_code: str
    payment_info_statuses: tuple[PaymentInfoStatus, ...]
    rejections: tuple[Rejection, ...]
    undecided: int
    unrecognised: tuple[Unrecognised, ...]


@dataclass(frozen=True, slots=True)
class Debit:
    """A batch booked as one total. `listed` payments of it follow as `Payment`: the same money, not more."""

    message_id: str | None
    payment_info_id: str | None
    count: int
    total_cents: int
    listed: int
    booked_on: date


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment that left the account."""

    end_to_end_id: str
    amount_cents: int
    booked_on: date


@dataclass(frozen=True, slots=True)
class Return:
    """One payment that came back."""

    end_to_end_id: str
    amount_cents: int
    reason_code: str
    booked_on: date


Entry = Debit | Payment | Return | Unrecognised


@dataclass(frozen=True, slots=True)
class Statement:
    """What was booked on one account, from a camt.053, or from a camt.054, whose bookings a camt.053 repeats."""

    kind: Literal["camt.053", "camt.054"]
    message_id: str
    statement_id: str
    account_iban: str | None
    entries: tuple[Entry, ...]


Answer = StatusReport | Statement


def read(body: bytes, max_bytes: int = MOST_BYTES) -> tuple[Answer, ...]:
    """Return what a pain.002.001.03 or .12, a camt.053.001.08 or a camt.054.001.08 says, per account for the last two.

    Every booked line is in it, those that we cannot place as `Unrecognised`. Amounts are euro cents.
    Raises `UnreadableAnswer` for anything else: then nothing of the body is to be applied.
    """
    try:
        root = schemas.read(body, max_bytes)
    except schemas.UnreadableXml as unreadable:
        raise UnreadableAnswer(unreadable.reason) from None
    message = schemas.message_of(root) or ""
    if message not in _MESSAGES:
        raise UnreadableAnswer("not a message that we read")
    if broken := schemas.violations(root, message):
        raise UnreadableAnswer(broken[0])
    return (_status_report(root[0]),) if message.startswith("pain.002") else tuple(_statements(root[0]))


def handling(reason_code: str) -> tuple[Handling, str]:
    """Return what is done for a reason, and its meaning; what the table does not hold goes to a person."""
    return RETURN_HANDLING.get(reason_code, ("manual", "not in the table"))


def _status_report(report: etree._Element) -> StatusReport:
    group, batches = report[1], report.findall("{*}OrgnlPmtInfAndSts")
    told = [_transaction(node, batch, group) for batch in batches for node in batch.iterfind("{*}TxInfAndSts")]
    return StatusReport(
        message_id=report.findtext("{*}GrpHdr/{*}MsgId", ""),
        original_message_id=group.findtext("{*}OrgnlMsgId", ""),
        group_status=group.findtext("{*}GrpSts"),
        group_reason_code=_reason_code(group),
        payment_info_statuses=tuple(map(_batch_status, batches)),
        rejections=tuple(one for one in told if isinstance(one, Rejection)),
        undecided=told.count(None),
        unrecognised=tuple(one for one in told if isinstance(one, Unrecognised)),
    )


def _batch_status(batch: etree._Element) -> PaymentInfoStatus:
    return PaymentInfoStatus(batch.findtext("{*}OrgnlPmtInfId", ""), batch.findtext("{*}PmtInfSts"), _reason_code(batch))


def _transaction(node: etree._Element, batch: etree._Element, group: etree._Element) -> Rejection | Unrecognised | None:
    # A bank that refuses a whole batch or file need not repeat that at each payment.
    status = node.findtext("{*}TxSts") or batch.findtext("{*}PmtInfSts") or group.findtext("{*}GrpSts")
    reference = _reference(node.findtext("{*}OrgnlEndToEndId"))
    if not reference or status in (None, "PART"):
        return _unrecognised(node, "no status of its own" if reference else "no reference")
    amount_cents = _cents(node.find("{*}OrgnlTxRef/{*}Amt/{*}InstdAmt"))
    return Rejection(reference, status, _reason_code(node), amount_cents) if status == "RJCT" else None


def _statements(message: etree._Element) -> Iterator[Statement]:
    for node in (*message.iterfind("{*}Stmt"), *message.iterfind("{*}Ntfctn")):
        yield Statement(
            kind="camt.053" if etree.QName(node).localname == "Stmt" else "camt.054",
            message_id=message.findtext("{*}GrpHdr/{*}MsgId", ""),
            statement_id=node.findtext("{*}Id", ""),
            account_iban=node.findtext("{*}Acct/{*}Id/{*}IBAN"),
            entries=tuple(line for entry in node.iterfind("{*}Ntry") for line in _lines(entry)),
        )


def _lines(entry: etree._Element) -> Iterator[Entry]:
    booked_on = _booked_on(entry)
    if entry.findtext("{*}Sts/{*}Cd") != "BOOK" or booked_on is None or entry.findtext("{*}RvslInd") in ("true", "1"):
        yield _unrecognised(entry, "not booked, or the reversal of a booking")
    elif not _adds_up(entry):
        yield _unrecognised(entry, "no details, or details that do not add up")
    else:
        for details in entry.iterfind("{*}NtryDtls"):
            yield from _batch(entry, details, booked_on)
            for node in details.iterfind("{*}TxDtls"):
                yield _line(entry, node, booked_on)


def _adds_up(entry: etree._Element) -> bool:
    totals = [_details_cents(entry, details) for details in entry.iterfind("{*}NtryDtls")]
    return bool(totals) and None not in totals and sum(filter(None, totals)) == _cents(entry.find("{*}Amt"))


def _details_cents(entry: etree._Element, details: etree._Element) -> int | None:
    batch_cents = _cents(details.find("{*}Btch/{*}TtlAmt"))
    amounts = [_line_cents(entry, node) for node in details.iterfind("{*}TxDtls")]
    total_cents = sum(filter(None, amounts)) if amounts else batch_cents
    return total_cents if None not in amounts and batch_cents in (None, total_cents) else None


def _line_cents(entry: etree._Element, node: etree._Element) -> int | None:
    own = node.find("{*}Amt") if node.find("{*}Amt") is not None else node.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if own is None and len(list(islice(entry.iterfind("{*}NtryDtls/{*}TxDtls"), 2))) == 1:
        return _cents(entry.find("{*}Amt"))
    return _cents(own)


def _batch(entry: etree._Element, details: etree._Element, booked_on: date) -> Iterator[Debit | Unrecognised]:
    message_id, payment_info_id = details.findtext("{*}Btch/{*}MsgId"), details.findtext("{*}Btch/{*}PmtInfId")
    listed = len(details.findall("{*}TxDtls"))
    count, total_cents = int(details.findtext("{*}Btch/{*}NbOfTxs", f"{listed}")), _details_cents(entry, details)
    known = (message_id or payment_info_id) and entry.findtext("{*}CdtDbtInd") == "DBIT"
    if known and total_cents and count and listed in (0, count):
        yield Debit(message_id, payment_info_id, count, total_cents, listed, booked_on)
    elif listed == 0 or listed != count:
        yield _unrecognised(entry, "batch that is not a debit of ours, or with another number than is listed")


def _line(entry: etree._Element, node: etree._Element, booked_on: date) -> Payment | Return | Unrecognised:
    reference, amount_cents = _reference(node.findtext("{*}Refs/{*}EndToEndId")), _line_cents(entry, node)
    direction = entry.findtext("{*}CdtDbtInd", "")
    returned = node.find("{*}RtrInf") is not None or "RRTN" in (entry.findtext(_SUB_FAMILY), node.findtext(_SUB_FAMILY))
    if reference and amount_cents and node.findtext("{*}CdtDbtInd", direction) == direction:
        if direction == "CRDT" and returned:
            return Return(reference, amount_cents, _reason_code(node), booked_on)
        if direction == "DBIT" and not returned:
            return Payment(reference, amount_cents, booked_on)
    return _unrecognised(node, "neither a payment of ours nor a return of one")


def _unrecognised(node: etree._Element, why: str) -> Unrecognised:
    entry = next(node.iterancestors("{*}Ntry"), node)
    references = (node.findtext(name) for name in ("{*}AcctSvcrRef", "{*}Refs/{*}AcctSvcrRef", "{*}NtryRef"))
    reference, direction = next(filter(None, references), None), entry.findtext("{*}CdtDbtInd")
    return Unrecognised(cast("int", node.sourceline), why, reference, direction, _cents(node.find("{*}Amt")), _booked_on(entry))


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
    return min(stated, key=lambda code: get_args(Handling).index(handling(code)[0]), default=NOT_STATED)
