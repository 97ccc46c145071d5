"""Read the bank's answer to a recall, camt.029.001.09: per payment whether its money comes back, will not, or is still looked for."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import cast

from lxml import etree

from services.benefits import schemas
from services.benefits.bank_answers import NOT_STATED, RecallAnswer, Resolution, UnreadableAnswer, Unrecognised
from services.contracts.payouts import RecallOutcome

MESSAGE = "camt.029.001.09"
MOST_BYTES = 1024 * 1024
"""No schema guards the parser here (decision record 29), so that a body is smaller; a full file of recalls needs less."""

MOST_REFERENCE = 35
OUTCOMES: Mapping[str, RecallOutcome] = MappingProxyType(
    {"ACCR": "accepted", "CNCL": "accepted", "RJCR": "rejected", "PDCR": "pending", "PACR": "pending", "PECR": "pending"}
)
"""ISO 20022 codes for a payment, batch, file and whole investigation; partly accepted leaves each unlisted payment pending."""

_REASON = re.compile(r"[A-Za-z0-9-]{2,35}")


def is_resolution(body: bytes) -> bool:
    """Whether a body says at its beginning that it is such an answer."""
    return (schemas.NAMESPACE + MESSAGE).encode() in body[:1024]


def read(body: bytes, max_bytes: int) -> Resolution:
    """Return what the bank says. Amounts are euro cents. Raises `UnreadableAnswer`, and then nothing of the body is to be applied.

    Looked for are the elements that say something of a payment; no installed package carries the schema, so others are let be.
    """
    try:
        root = schemas.read(body, min(max_bytes, MOST_BYTES))
    except schemas.UnreadableXml as unreadable:
        raise UnreadableAnswer(unreadable.reason) from None
    told = root[0] if len(root) == 1 else None
    if schemas.message_of(root) != MESSAGE or told is None or _name(told) != "RsltnOfInvstgtn":
        raise UnreadableAnswer("not a message that we read")
    message_id = told.findtext("{*}Assgnmt/{*}Id", "")
    if not 0 < len(message_id) <= MOST_REFERENCE:
        raise UnreadableAnswer("an answer to a recall without a reference of its own")
    whole = told.findtext("{*}Sts/{*}Conf")
    lines = [line for details in told.iterfind("{*}CxlDtls") for line in _details(details, whole)]
    return Resolution(message_id, tuple(lines or [_unrecognised(told, "names no payment, batch or file")]))


def _details(details: etree._Element, whole: str | None) -> Iterator[RecallAnswer | Unrecognised]:
    """What is said of a payment comes before what is said of its batch, and that before what is said of the file."""
    group = details.find("{*}OrgnlGrpInfAndSts")
    of_file = whole if group is None else group.findtext("{*}GrpCxlSts") or whole
    batches, alone = details.findall("{*}OrgnlPmtInfAndSts"), details.findall("{*}TxInfAndSts")
    for batch in batches:
        status, listed = batch.findtext("{*}PmtInfCxlSts") or of_file, batch.findall("{*}TxInfAndSts")
        yield from (_of_payment(node, status) for node in listed)
        if not listed:
            yield _of_many(batch, batch.findtext("{*}OrgnlPmtInfId"), status)
    yield from (_of_payment(node, of_file) for node in alone)
    if group is not None and not batches and not alone:
        yield _of_many(group, group.findtext("{*}OrgnlMsgId"), of_file)


def _of_payment(node: etree._Element, inherited: str | None) -> RecallAnswer | Unrecognised:
    reference = node.findtext("{*}OrgnlEndToEndId") or node.findtext("{*}OrgnlInstrId")
    return _answer(node, reference, node.findtext("{*}TxCxlSts") or inherited, named="end_to_end_id")


def _of_many(node: etree._Element, name: str | None, status: str | None) -> RecallAnswer | Unrecognised:
    return _answer(node, name, status, named="batch")


def _answer(node: etree._Element, reference: str | None, status: str | None, *, named: str) -> RecallAnswer | Unrecognised:
    outcome = OUTCOMES.get(status or "")
    if outcome is None or not reference or len(reference) > MOST_REFERENCE:
        return _unrecognised(node, "no status that we know" if reference else "no reference")
    codes = (code.text or "" for code in node.iterfind("{*}CxlStsRsnInf/{*}Rsn/*"))
    reason = next((code for code in codes if _REASON.fullmatch(code)), NOT_STATED)
    return RecallAnswer(
        **{"end_to_end_id": "", "batch": "", named: reference}, outcome=outcome, reason_code=reason, amount_cents=_cents(node)
    )


def _unrecognised(node: etree._Element, why: str) -> Unrecognised:
    return Unrecognised(cast("int", node.sourceline), why, None, None, None, None)


def _cents(node: etree._Element) -> int | None:
    amount = node.find("{*}OrgnlInstdAmt")
    if amount is None or amount.get("Ccy") != "EUR":
        return None
    cents = schemas.cents(amount.text or "")
    if cents is None:
        raise UnreadableAnswer("an amount that is not in whole cents")
    return cents


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname
