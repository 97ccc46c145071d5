"""Write the message that asks a bank to get payments back: camt.055.001.08, a customer payment cancellation request."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from lxml import etree

from services.benefits import payment_file, schemas
from services.benefits.debtor import DebtorAccount
from services.benefits.elements import node
from services.contracts.benefits import PaymentInstructed
from services.contracts.payouts import RecallReason

MESSAGE = "camt.055.001.08"


@dataclass(frozen=True, slots=True)
class RecallHeader:
    """What a recall file says of itself: its own reference, who asks (the region by name), which bank, and when (UTC)."""

    message_id: str
    asker: str
    account: DebtorAccount
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Recall:
    """A payment that is asked back, as it was instructed, and the ISO 20022 reason."""

    payment: PaymentInstructed
    reason_code: RecallReason

    @property
    def batch(self) -> str:
        """The batch (payment information) that it was sent in, as the file writer names it."""
        return f"{self.payment.message_id}-{self.payment.municipality}"


def write(header: RecallHeader, recalls: Sequence[Recall]) -> bytes:
    """Every payment by its original references, amount and reason; no name, no account. The same recalls give the same bytes."""
    ordered = sorted(recalls, key=lambda recall: (recall.batch, recall.payment.end_to_end_id))
    batches = [list(members) for _, members in groupby(ordered, key=attrgetter("batch"))]
    underlying = node("Undrlyg", *(_batch(members) for members in batches))
    request = node("CstmrPmtCxlReq", _assignment(header), node("CtrlData", *_totals(ordered)), underlying)
    body = io.BytesIO()
    with etree.xmlfile(body, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element("Document", nsmap={None: schemas.NAMESPACE + MESSAGE}):
            xml.write(request)
    return body.getvalue()


def _assignment(header: RecallHeader) -> etree._Element:
    bank = node("BICFI", header.account.bic) if header.account.bic else node("Othr", node("Id", "NOTPROVIDED"))
    asker = node("Pty", node("Nm", schemas.sepa_text(header.asker)))
    assigned = node("Assgne", node("Agt", node("FinInstnId", bank)))
    created = header.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return node("Assgnmt", node("Id", header.message_id), node("Assgnr", asker), assigned, node("CreDtTm", created))


def _totals(recalls: Sequence[Recall]) -> Iterator[etree._Element]:
    yield node("NbOfTxs", str(len(recalls)))
    yield node("CtrlSum", schemas.euros(sum(recall.payment.amount_cents for recall in recalls)))


def _batch(members: Sequence[Recall]) -> etree._Element:
    first = members[0]
    original = node("OrgnlGrpInf", node("OrgnlMsgId", first.payment.message_id), node("OrgnlMsgNmId", payment_file.MESSAGE))
    transactions = (_transaction(recall) for recall in members)
    return node("OrgnlPmtInfAndCxl", node("OrgnlPmtInfId", first.batch), original, *_totals(members), *transactions)


def _transaction(recall: Recall) -> etree._Element:
    amount = node("OrgnlInstdAmt", schemas.euros(recall.payment.amount_cents))
    amount.set("Ccy", "EUR")
    reference = node("OrgnlEndToEndId", recall.payment.end_to_end_id)
    instruction = node("OrgnlInstrId", recall.payment.end_to_end_id)
    reason = node("CxlRsnInf", node("Rsn", node("Cd", recall.reason_code)))
    return node("TxInf", node("CxlId", recall.payment.end_to_end_id), instruction, reference, amount, reason)
