"""XML elements as messages to the bank are built of, and the texts that the bank's are read for."""

from lxml import etree


def node(name: str, *content: "str | etree._Element") -> etree._Element:
    """The element; it has no namespace of its own and takes that of its document."""
    made = etree.Element(name)
    for part in content:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def text(within: etree._Element, path: str) -> str:
    """What an element says; empty where there is none, or where it says nothing."""
    return within.findtext(path) or ""
