"""An XML element from its name, its text and its children, as the messages to the bank are built."""

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
