"""How the bank writes its messages: nested elements as text, amounts in euros, one namespace."""

from xml.sax.saxutils import escape

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_LINES = frozenset({"GrpHdr", "OrgnlGrpInfAndSts", "OrgnlPmtInfId", "TxInfAndSts", "Stmt", "Bal", "Btch", "TxDtls", "Ntry"})


def leaf(name: str, text: str) -> str:
    """Return an element that holds text."""
    return f"<{name}>{escape(text)}</{name}>"


def node(name: str, *children: str) -> str:
    """Return an element around others; entries and transactions end a line, so that a person can point at one."""
    return f"<{name}>{''.join(children)}</{name}>" + ("\n" if name in _LINES else "")


def amount(cents: int, name: str = "Amt") -> str:
    """Return an amount in euros."""
    whole, rest = divmod(cents, 100)
    return f'<{name} Ccy="EUR">{whole}.{rest:02d}</{name}>'


def document(message: str, content: str) -> bytes:
    """Return the bytes of a message."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{message}">{content}</Document>\n'.encode()
