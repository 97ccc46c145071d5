"""Reads a payment file as a bank would, one transfer at a time, with a reader that shares nothing with the writer."""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from services.audit.unreachable import Unreachable

MOST_BYTES = 200_000_000
_EUROS = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit transfer and the batch that it stands in; the account is personal data, so it is not shown."""

    end_to_end_id: str
    amount_cents: int
    iban: str
    batch: str

    def __repr__(self) -> str:
        return f"Transfer({self.end_to_end_id})"


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file, or a batch in it, says of itself: number of transactions and control sum in cents."""

    count: int
    total_cents: int


class PaymentFile:
    """A pain.001 on disk. Raises `Unreachable` where it is missing, too large, or not plain XML."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            if path.stat().st_size > MOST_BYTES:
                raise Unreachable(f"{path.name} is larger than {MOST_BYTES} bytes")
            self._body = path.read_bytes()
        except OSError as wrong:
            raise Unreachable(f"payment file {path.name} cannot be read: {type(wrong).__name__}") from wrong
        # No document type, so no entity exists; the parser below is told to resolve none either.
        if b"<!DOCTYPE" in self._body or b"<!ENTITY" in self._body:
            raise Unreachable(f"payment file {path.name} holds a document type declaration")

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self._body).hexdigest()

    def stated(self) -> tuple[Stated, list[Stated], str]:
        """What header and batches say, and the message id."""
        header = Stated(-1, -1)
        batches, message_id = [], ""
        for element in self._elements("{*}GrpHdr", "{*}PmtInf"):
            said = Stated(int(element.findtext("{*}NbOfTxs", "-1")), cents(element.findtext("{*}CtrlSum", "")))
            if etree.QName(element).localname == "GrpHdr":
                header, message_id = said, element.findtext("{*}MsgId", "")
            else:
                batches.append(said)
        return header, batches, message_id

    def debited(self) -> set[str]:
        """Every account that the bank is told to take the money from."""
        return {element.findtext("{*}Id/{*}IBAN", "") for element in self._elements("{*}DbtrAcct")}

    def transfers(self) -> Iterator[Transfer]:
        """Every credit transfer, in the order of the file."""
        batch = ""
        for element in self._elements("{*}PmtInfId", "{*}CdtTrfTxInf"):
            if etree.QName(element).localname == "PmtInfId":
                batch = element.text or ""
                continue
            amount = element.find("{*}Amt/{*}InstdAmt[@Ccy='EUR']")
            iban = element.findtext("{*}CdtrAcct/{*}Id/{*}IBAN", "")
            yield Transfer(element.findtext("{*}PmtId/{*}EndToEndId", ""), cents("" if amount is None else amount.text or ""), iban, batch)
            element.clear()

    def _elements(self, *tags: str) -> Iterator[etree._Element]:
        options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}
        try:
            for _event, element in etree.iterparse(io.BytesIO(self._body), events=("end",), tag=tags, **options):
                yield element
        except (etree.XMLSyntaxError, ValueError) as wrong:
            # `from None`: the parser's message may quote the file.
            raise Unreachable(f"payment file {self._name} is not well-formed: {type(wrong).__name__}") from None


def cents(text: str) -> int:
    """Euros with at most two decimals in cents; -1 for anything else, so that it never equals a real amount."""
    found = _EUROS.fullmatch(text.strip())
    return int(found.group(1)) * 100 + int((found.group(2) or "").ljust(2, "0")) if found else -1
