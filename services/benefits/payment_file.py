"""Write the credit transfers that the bank is to make, and check such a file as strictly as a bank would."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Literal

from lxml import etree

from services.benefits import iban, schemas
from services.benefits.debtor import Debtor
from services.benefits.elements import node, text

MESSAGE = "pain.001.001.09"
LEAST_CENTS, MOST_CENTS = 1, 99_999_999_999
MOST_DAYS_AHEAD = 364
MOST_NAME, MOST_REMITTANCE, MOST_MESSAGE_ID = 70, 140, 28
# Dutch banks do not publish their limits (reference/domain.md 2.3), so these are only what holds without agreement.
MOST_TRANSFERS, MOST_BYTES = 25_000, 50_000_000
# No transfer and no header of the file or of a municipality takes more, whatever the names in it.
LARGEST_TRANSFER_BYTES, LARGEST_HEADER_BYTES = 1_024, 2_048

Purpose = Literal["GOVT", "SSBE"]
HeaderFault = Literal["bic", "created-at", "debtor-iban", "debtor-name", "execution-date", "message-id", "too-large"]
TransferFault = Literal["amount", "creditor-iban", "creditor-name", "end-to-end-id", "remittance", "repeated"]
Fault = HeaderFault | TransferFault | Literal["municipality", "no-transfers"]

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_PLACE = attrgetter("municipality", "end_to_end_id")
_MUNICIPALITY = re.compile(r"GM[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. `message_id` (at most 28 characters) is unique for ever, `created_at` is UTC."""

    message_id: str
    created_at: datetime
    execution_on: date
    debtor: Debtor
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """One payment to one creditor, in euro cents, on behalf of a municipality (its code, such as `GM0361`)."""

    end_to_end_id: str
    amount_cents: int
    creditor_name: str
    creditor_iban: str
    remittance: str
    municipality: str


@dataclass(frozen=True, slots=True)
class Row:
    """What is wrong with one transfer, counted from 1 in the order given; row 0 is the header."""

    row: int
    end_to_end_id: str
    faults: tuple[Fault, ...]


class RefusedPaymentFile(ValueError):
    """Nothing was written; `rows` names everything that is wrong, without a name or an account."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        reasons = sorted({fault for row in rows for fault in row.faults})
        super().__init__(f"{len(rows)} rows cannot be paid: {', '.join(reasons)}")
        self.rows = rows


def split(
    transfers: Iterable[CreditTransfer], max_transfers: int = MOST_TRANSFERS, max_bytes: int = MOST_BYTES
) -> tuple[tuple[CreditTransfer, ...], ...]:
    """Divide transfers, by municipality and reference, over files of at most `max_transfers` and `max_bytes`.

    A corrected name or text moves nobody to another file. Raises `ValueError` when not even one transfer fits.
    """
    ordered = sorted(transfers, key=_PLACE)
    headers = 1 + len({transfer.municipality for transfer in ordered})
    size = min(max_transfers, (max_bytes - headers * LARGEST_HEADER_BYTES) // LARGEST_TRANSFER_BYTES)
    if size < 1:
        raise ValueError("not even one transfer fits within these limits")
    return tuple(tuple(ordered[start : start + size]) for start in range(0, len(ordered), size))


def write(header: Header, transfers: Sequence[CreditTransfer], max_bytes: int = MOST_BYTES) -> bytes:
    """Return a pain.001.001.09 with one batch (payment information) per municipality, from its account.

    The same header and transfers give the same bytes, in whatever order they come. Names and remittances are
    transliterated, names cut at 70 characters. Raises `RefusedPaymentFile`.
    """
    ready = [_in_sepa_text(transfer) for transfer in transfers]
    refused = tuple(_refused(header, ready))
    if refused:
        raise RefusedPaymentFile(refused)
    body = io.BytesIO()
    _write(body, header, sorted(ready, key=_PLACE))
    if body.tell() > max_bytes:
        raise RefusedPaymentFile((Row(0, header.message_id, ("too-large",)),))
    return body.getvalue()


def check(body: bytes, max_bytes: int = MOST_BYTES) -> list[str]:
    """List everything for which a bank would refuse a pain.001.001.09; empty when it is right.

    Checked are the official schema and what it cannot express. A line holds no name, account or amount.
    """
    try:
        root = schemas.read(body, max_bytes)
    except schemas.UnreadableXml as unreadable:
        return [unreadable.reason]
    return schemas.violations(root, MESSAGE) or list(_broken_rules(root))


def _broken_rules(root: etree._Element) -> Iterator[str]:
    header, batches = root[0][0], root[0].findall("{*}PmtInf")
    ids = [text(batch, "{*}PmtInfId") for batch in batches]
    if not all(map(schemas.REFERENCE.fullmatch, (text(header, "{*}MsgId"), *ids))) or len(set(ids)) < len(ids):
        yield "header: message or batch id"
    members = [(batch, [_as_read(node) for node in batch.iterfind("{*}CdtTrfTxInf")]) for batch in batches]
    transfers = [each for _, inside in members for each in inside]
    yield from (f"header: {fault}" for fault in _wrong_totals(header, transfers))
    for number, (batch, inside) in enumerate(members, start=1):
        faults = (*_wrong_totals(batch, inside), *_wrong_debit(batch, header))
        yield from (f"batch {number}: {fault}" for fault in faults)
    used = Counter(transfer.end_to_end_id for transfer in transfers)
    for number, transfer in enumerate(transfers, start=1):
        yield from (f"transfer {number}: {fault}" for fault in _transfer_faults(transfer, used))


def _as_read(node: etree._Element) -> CreditTransfer:
    return CreditTransfer(
        end_to_end_id=text(node, "{*}PmtId/{*}EndToEndId"),
        amount_cents=schemas.cents(text(node, "{*}Amt/{*}InstdAmt[@Ccy='EUR']")) or 0,
        creditor_name=text(node, "{*}Cdtr/{*}Nm"),
        creditor_iban=text(node, "{*}CdtrAcct/{*}Id/{*}IBAN"),
        remittance=" ".join(each.text or "" for each in node.iterfind("{*}RmtInf/{*}Ustrd")),
        municipality="",
    )


def _wrong_totals(node: etree._Element, transfers: Sequence[CreditTransfer]) -> Iterator[str]:
    if int(text(node, "{*}NbOfTxs") or 0) != len(transfers):
        yield "number of transactions"
    if schemas.cents(text(node, "{*}CtrlSum")) != sum(transfer.amount_cents for transfer in transfers):
        yield "control sum"


def _wrong_debit(batch: etree._Element, header: etree._Element) -> Iterator[str]:
    if not iban.is_normal(text(batch, "{*}DbtrAcct/{*}Id/{*}IBAN")):
        yield "debtor-iban"
    created_on, execution_on = text(header, "{*}CreDtTm")[:10], text(batch, "{*}ReqdExctnDt/{*}Dt")[:10]
    if not _executable(created_on, execution_on):
        yield "execution-date"


def _in_sepa_text(transfer: CreditTransfer) -> CreditTransfer:
    name = schemas.sepa_text(transfer.creditor_name)[:MOST_NAME].rstrip()
    return replace(transfer, creditor_name=name, remittance=schemas.sepa_text(transfer.remittance))


def _refused(header: Header, transfers: Sequence[CreditTransfer]) -> Iterator[Row]:
    if faults := tuple(_header_faults(header, transfers)):
        yield Row(0, header.message_id, faults)
    used = Counter(transfer.end_to_end_id for transfer in transfers)
    for row, transfer in enumerate(transfers, start=1):
        if faults := (*_transfer_faults(transfer, used), *_municipality_faults(transfer, header.debtor)):
            yield Row(row, transfer.end_to_end_id, faults)


def _header_faults(header: Header, transfers: Sequence[CreditTransfer]) -> Iterator[Fault]:
    if not schemas.REFERENCE.fullmatch(header.message_id) or len(header.message_id) > MOST_MESSAGE_ID:
        yield "message-id"
    if header.created_at.utcoffset() != timedelta(0):
        yield "created-at"
    if not _executable(f"{header.created_at:%Y-%m-%d}", header.execution_on.isoformat()):
        yield "execution-date"
    if not 0 < len(schemas.sepa_text(header.debtor.name)) <= MOST_NAME:
        yield "debtor-name"
    accounts = {header.debtor.account_of(transfer.municipality) for transfer in transfers}
    if not all(iban.is_normal(account.iban) for account in accounts):
        yield "debtor-iban"
    if not all(account.bic is None or _BIC.fullmatch(account.bic) for account in accounts):
        yield "bic"
    if not transfers:
        yield "no-transfers"


def _transfer_faults(transfer: CreditTransfer, used: Mapping[str, int]) -> Iterator[Fault]:
    if not schemas.REFERENCE.fullmatch(transfer.end_to_end_id) or transfer.end_to_end_id == "NOTPROVIDED":
        yield "end-to-end-id"
    if used[transfer.end_to_end_id] > 1:
        yield "repeated"
    # The type is looked at too: a float of euros is the mistake that pays cents for euros.
    if type(transfer.amount_cents) is not int or not LEAST_CENTS <= transfer.amount_cents <= MOST_CENTS:
        yield "amount"
    if not schemas.TEXT.fullmatch(transfer.creditor_name) or len(transfer.creditor_name) > MOST_NAME:
        yield "creditor-name"
    if not iban.is_normal(transfer.creditor_iban):
        yield "creditor-iban"
    if not schemas.TEXT.fullmatch(transfer.remittance) or len(transfer.remittance) > MOST_REMITTANCE:
        yield "remittance"


def _executable(created_on: str, execution_on: str) -> bool:
    try:
        days_ahead = (date.fromisoformat(execution_on) - date.fromisoformat(created_on)).days
    except ValueError:
        return False
    return 0 <= days_ahead <= MOST_DAYS_AHEAD


def _municipality_faults(transfer: CreditTransfer, debtor: Debtor) -> tuple[Fault, ...]:
    name = schemas.sepa_text(debtor.ultimate_debtors.get(transfer.municipality, ""))
    right = _MUNICIPALITY.fullmatch(transfer.municipality) and 0 < len(name) <= MOST_NAME
    return () if right else ("municipality",)


def _write(body: io.BytesIO, header: Header, transfers: Sequence[CreditTransfer]) -> None:
    # One transfer in memory at a time. Nodes have no namespace of their own, so that they take the document's
    # without repeating its address 150,000 times.
    with etree.xmlfile(body, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element("Document", nsmap={None: schemas.NAMESPACE + MESSAGE}), xml.element("CstmrCdtTrfInitn"):
            xml.write(_group_header(header, transfers))
            for municipality, members in groupby(transfers, key=attrgetter("municipality")):
                batch = tuple(members)
                with xml.element("PmtInf"):
                    for node in _batch_header(header, municipality, batch):
                        xml.write(node)
                    for transfer in batch:
                        xml.write(_transfer(transfer, header.purpose))


def _totals(transfers: Sequence[CreditTransfer]) -> tuple[etree._Element, etree._Element]:
    total_cents = sum(transfer.amount_cents for transfer in transfers)
    return node("NbOfTxs", str(len(transfers))), node("CtrlSum", schemas.euros(total_cents))


def _group_header(header: Header, transfers: Sequence[CreditTransfer]) -> etree._Element:
    created = header.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    initiator = node("InitgPty", node("Nm", schemas.sepa_text(header.debtor.name)))
    return node("GrpHdr", node("MsgId", header.message_id), node("CreDtTm", created), *_totals(transfers), initiator)


def _batch_header(header: Header, municipality: str, batch: Sequence[CreditTransfer]) -> Iterator[etree._Element]:
    debtor, account = header.debtor, header.debtor.account_of(municipality)
    yield node("PmtInfId", f"{header.message_id}-{municipality}")
    yield node("PmtMtd", "TRF")
    yield node("BtchBookg", "true")
    yield from _totals(batch)
    yield node("PmtTpInf", node("SvcLvl", node("Cd", "SEPA")))
    yield node("ReqdExctnDt", node("Dt", header.execution_on.isoformat()))
    yield node("Dbtr", node("Nm", schemas.sepa_text(debtor.name)))
    yield node("DbtrAcct", node("Id", node("IBAN", account.iban)))
    bank = node("BICFI", account.bic) if account.bic else node("Othr", node("Id", "NOTPROVIDED"))
    yield node("DbtrAgt", node("FinInstnId", bank))
    yield node("UltmtDbtr", node("Nm", schemas.sepa_text(debtor.ultimate_debtors[municipality])))
    yield node("ChrgBr", "SLEV")


def _transfer(transfer: CreditTransfer, purpose: Purpose) -> etree._Element:
    amount = node("InstdAmt", schemas.euros(transfer.amount_cents))
    amount.set("Ccy", "EUR")
    reference = transfer.end_to_end_id
    return node(
        "CdtTrfTxInf",
        node("PmtId", node("InstrId", reference), node("EndToEndId", reference)),
        node("Amt", amount),
        node("Cdtr", node("Nm", transfer.creditor_name)),
        node("CdtrAcct", node("Id", node("IBAN", transfer.creditor_iban))),
        node("Purp", node("Cd", purpose)),
        node("RmtInf", node("Ustrd", transfer.remittance)),
    )
