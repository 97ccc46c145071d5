"""The pain.002 with which the bank says what it took of an order and what it refused."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from deploy.bank.order import MESSAGE
from deploy.bank.verdict import Judged, JudgedBatch, Verdict
from deploy.bank.xml import amount, document, leaf, node

Version = Literal["pain.002.001.03", "pain.002.001.12"]


def status_report(verdict: Verdict, version: Version, message_id: str, created_at: datetime) -> bytes | None:
    """Return the report; in version .03 only about what was refused, as Rabobank does: None when nothing was."""
    silent = version == "pain.002.001.03"
    refused = [batch for batch in verdict.batches if batch.of("rejected")]
    if silent and not refused and not verdict.order.refusal:
        return None
    report = node(
        "CstmrPmtStsRpt",
        node("GrpHdr", leaf("MsgId", message_id), leaf("CreDtTm", f"{created_at:%Y-%m-%dT%H:%M:%S}")),
        _group(verdict),
        *(_batch(batch) for batch in (refused if silent else verdict.batches)),
    )
    return document(version, report)


def _group(verdict: Verdict) -> str:
    return node(
        "OrgnlGrpInfAndSts",
        leaf("OrgnlMsgId", verdict.order.message_id),
        leaf("OrgnlMsgNmId", MESSAGE),
        leaf("GrpSts", verdict.status),
        _reason(verdict.order.refusal, verdict.order.explanation),
    )


def _batch(batch: JudgedBatch) -> str:
    rejected = (_transaction(judged) for judged in batch.of("rejected"))
    return node(
        "OrgnlPmtInfAndSts",
        leaf("OrgnlPmtInfId", batch.batch.payment_info_id),
        leaf("OrgnlNbOfTxs", str(len(batch.members))),
        leaf("PmtInfSts", batch.status),
        *rejected,
    )


def _transaction(judged: Judged) -> str:
    transfer = judged.transfer
    return node(
        "TxInfAndSts",
        *_references(judged),
        leaf("TxSts", "RJCT"),
        _reason(judged.outcome.reason, None),
        node("OrgnlTxRef", node("Amt", amount(transfer.amount_cents, "InstdAmt"))),
    )


def _references(judged: Judged) -> Iterator[str]:
    if judged.transfer.instruction_id:
        yield leaf("OrgnlInstrId", judged.transfer.instruction_id)
    yield leaf("OrgnlEndToEndId", judged.transfer.end_to_end_id)


def _reason(code: str | None, explanation: str | None) -> str:
    if code is None:
        return ""
    return node("StsRsnInf", node("Rsn", leaf("Cd", code)), leaf("AddtlInf", explanation) if explanation else "")
