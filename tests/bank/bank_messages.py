"""Answers of banks as examples: the parts that matter are given, the rest is as small as the schema allows."""

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


def document(message: str, content: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{message}">{content}</Document>'.encode()


def status_report(version: str, group: str = "", batches: str = "") -> bytes:
    """A pain.002 about file ET2023-1-0001."""
    header = "<GrpHdr><MsgId>B1</MsgId><CreDtTm>2024-02-16T18:00:00</CreDtTm></GrpHdr>"
    original = f"<OrgnlMsgId>ET2023-1-0001</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}"
    report = f"{header}<OrgnlGrpInfAndSts>{original}</OrgnlGrpInfAndSts>{batches}"
    return document(f"pain.002.001.{version}", f"<CstmrPmtStsRpt>{report}</CstmrPmtStsRpt>")


def statement(*entries: str) -> bytes:
    """A camt.053 of one account."""
    header = "<GrpHdr><MsgId>B2</MsgId><CreDtTm>2024-02-16T18:00:00</CreDtTm></GrpHdr>"
    balance = (
        "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        "<Dt><Dt>2024-02-16</Dt></Dt></Bal>"
    )
    content = f"<Stmt><Id>S1</Id>{ACCOUNT}{balance}{''.join(entries)}</Stmt>"
    return document("camt.053.001.08", f"<BkToCstmrStmt>{header}{content}</BkToCstmrStmt>")


def notification(*entries: str) -> bytes:
    """A camt.054 of one account."""
    header = "<GrpHdr><MsgId>B3</MsgId><CreDtTm>2024-02-16T18:00:00</CreDtTm></GrpHdr>"
    content = f"<Ntfctn><Id>N1</Id>{ACCOUNT}{''.join(entries)}</Ntfctn>"
    return document("camt.054.001.08", f"<BkToCstmrDbtCdtNtfctn>{header}{content}</BkToCstmrDbtCdtNtfctn>")


def resolution(details: str, whole: str) -> bytes:
    """A camt.029 with these details; `whole` is the word on the whole investigation."""
    parties = "<Assgnr><Pty><Nm>Bank</Nm></Pty></Assgnr><Assgne><Pty><Nm>Regio</Nm></Pty></Assgne>"
    assignment = f"<Assgnmt><Id>X1</Id>{parties}<CreDtTm>2024-02-19T18:00:00</CreDtTm></Assgnmt>"
    told = f"<CxlDtls>{details}</CxlDtls>" if details else ""
    return document("camt.029.001.09", f"<RsltnOfInvstgtn>{assignment}<Sts><Conf>{whole}</Conf></Sts>{told}</RsltnOfInvstgtn>")


def entry(side: str, amount: str, details: str, *, status: str = "BOOK", family: str = "ESCT", more: str = "") -> str:
    """One entry, booked on 16 February 2024; `more` stands before the status."""
    return (
        f"<Ntry>{euros(amount)}<CdtDbtInd>{side}</CdtDbtInd>{more}<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>2024-02-16</Dt></BookgDt>"
        f"<AcctSvcrRef>REF-1</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>{family}</SubFmlyCd></Fmly></Domn></BkTxCd>{details}</Ntry>"
    )


def details(*transactions: str, batch: str = "") -> str:
    return f"<NtryDtls>{f'<Btch>{batch}</Btch>' if batch else ''}{''.join(transactions)}</NtryDtls>"


def transaction(reference: str, amount: str, reason: str = "") -> str:
    """One transaction; with a reason it is a return."""
    returned = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{euros(amount)}{returned}</TxDtls>"


def euros(amount: str) -> str:
    return f"<Amt Ccy='EUR'>{amount}</Amt>"


ACCOUNT = "<Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct>"
