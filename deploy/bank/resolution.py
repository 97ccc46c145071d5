"""The bank's answer to a recall file: a camt.029.001.09 that says of each payment whether its money comes back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from lxml import etree

from deploy.bank.counter import write
from deploy.bank.order import NotAnOrder
from deploy.bank.outcomes import read_memory
from deploy.bank.xml import document, leaf, node

ASKED, MESSAGE = "{urn:iso:std:iso:20022:tech:xsd:camt.055.001.08}", "camt.029.001.09"


@dataclass(frozen=True, slots=True)
class Said:
    """One payment of the request, in which file and batch it was, and what the bank says: a status, and a reason where it refuses."""

    message_id: str
    batch: str
    end_to_end_id: str
    status: str
    reason: str = ""


def answer_recall(body: bytes, out: Path, refused: Collection[str] = (), pending: Collection[str] = ()) -> Path:
    """Answer a camt.055.001.08; what is not `refused` (CUST) or still looked for is accepted.

    What stood in a file that the bank never had is refused (NOOR).

    The same request and folder content give the same bytes. Raises `NotAnOrder` for anything else.
    """
    root = _request(body)
    name, created = (root.findtext(f"{ASKED}CstmrPmtCxlReq/{ASKED}Assgnmt/{ASKED}{each}", "") for each in ("Id", "CreDtTm"))
    said = list(_said(root, read_memory(out), refused, pending))
    details = (_file(list(payments)) for _, payments in groupby(said, key=attrgetter("message_id")))
    parties = node("Assgnr", node("Pty", leaf("Nm", "Bank"))) + node("Assgne", node("Pty", leaf("Nm", "Debtor")))
    assignment = node("Assgnmt", leaf("Id", f"R{sha256(body).hexdigest()[:24]}"), parties, leaf("CreDtTm", created))
    whole = node("Sts", leaf("Conf", _together(said)))
    content = document(MESSAGE, node("RsltnOfInvstgtn", assignment, whole, *details))
    return write(out / f"{name}.camt.029.xml", content)


def _request(body: bytes) -> etree._Element:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        raise NotAnOrder("not XML") from None
    if root.tag != f"{ASKED}Document":
        raise NotAnOrder("not a camt.055.001.08")
    return root


def _said(root: etree._Element, known: Collection[str], refused: Collection[str], pending: Collection[str]) -> Iterator[Said]:
    for batch in root.iter(f"{ASKED}OrgnlPmtInfAndCxl"):
        message_id = batch.findtext(f"{ASKED}OrgnlGrpInf/{ASKED}OrgnlMsgId", "")
        for transaction in batch.iterfind(f"{ASKED}TxInf"):
            payment = (message_id, batch.findtext(f"{ASKED}OrgnlPmtInfId", ""), transaction.findtext(f"{ASKED}OrgnlEndToEndId", ""))
            if message_id not in known:
                yield Said(*payment, "RJCR", "NOOR")
            elif payment[2] in refused:
                yield Said(*payment, "RJCR", "CUST")
            else:
                yield Said(*payment, "PDCR" if payment[2] in pending else "ACCR")


def _together(said: Collection[Said]) -> str:
    statuses = {each.status for each in said}
    return {"ACCR": "CNCL", "RJCR": "RJCR", "PDCR": "PDCR"}[statuses.pop()] if len(statuses) == 1 else "PECR"


def _file(payments: list[Said]) -> str:
    group = node("OrgnlGrpInfAndSts", leaf("OrgnlMsgId", payments[0].message_id), leaf("OrgnlMsgNmId", "pain.001.001.09"))
    return node("CxlDtls", group, *(_batch(list(members)) for _, members in groupby(payments, key=attrgetter("batch"))))


def _batch(members: list[Said]) -> str:
    return node("OrgnlPmtInfAndSts", leaf("OrgnlPmtInfId", members[0].batch), *map(_transaction, members))


def _transaction(said: Said) -> str:
    reason = node("CxlStsRsnInf", node("Rsn", leaf("Cd", said.reason))) if said.reason else ""
    return node("TxInfAndSts", leaf("OrgnlEndToEndId", said.end_to_end_id), leaf("TxCxlSts", said.status), reason)
