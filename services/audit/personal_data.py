"""Recognises personal data in bytes: planted values, or what has the form of a citizen service number or account number."""

import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

SHORTEST_PLANTED: Final = 5
_BSN_WEIGHTS: Final = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_TOKEN = re.compile(rb"[0-9A-Za-z\x80-\xff]{3,}")
_IBAN = re.compile(rb"(?<![0-9A-Za-z])NL[0-9]{2}[A-Z]{4}[0-9]{10}(?![0-9A-Za-z])")
# Nine digits on their own; not a bare number of JSON, which is an amount or a count, nor a part of a decimal fraction.
_NINE_DIGITS = re.compile(rb"(?<![0-9A-Za-z_.-])([0-9]{9})(?![0-9A-Za-z_-]|\.[0-9])")
_DIGITS, _BOUND = string.digits.encode(), (string.ascii_letters + "_.-").encode()
# Digits become 9, what may not stand before a number becomes x, all else a space: then one search tells whether to look closer.
_SHAPES = bytes(b"9"[0] if char in _DIGITS else b"x"[0] if char in _BOUND else b" "[0] for char in range(256))
_NINE_SHAPES = b" 999999999"
_BARE_NUMBER = re.compile(rb'["\]}]\s*:\s*$|[\[,]\s*$')


def is_bsn(digits: bytes) -> bool:
    """The 11-test of the citizen service number (Besluit burgerservicenummer), for nine digits that are not all nought."""
    return digits != b"000000000" and sum(w * (d - 48) for w, d in zip(_BSN_WEIGHTS, digits, strict=True)) % 11 == 0


def is_iban(text: bytes) -> bool:
    """The check digits of ISO 7064 mod 97-10."""
    return int("".join(str(int(chr(c), 36)) for c in text[4:] + text[:4])) % 97 == 1


class Forms:
    """Finds what has the form of personal data. For text: in binary files chance and engines make numbers of every form."""

    def found(self, text: bytes) -> Iterator[str]:
        """What was found, in words that do not repeat it."""
        if b"NL" in text and any(is_iban(match.group()) for match in _IBAN.finditer(text)):
            yield "an account number"
        if _NINE_SHAPES in b" " + text.translate(_SHAPES) and any(self._number(text, match) for match in _NINE_DIGITS.finditer(text)):
            yield "a citizen service number"

    def _number(self, text: bytes, match: re.Match[bytes]) -> bool:
        before = text[max(0, match.start() - 8) : match.start()]
        return is_bsn(match.group(1)) and not _BARE_NUMBER.search(before)


class Planted:
    """Finds values that are known, such as every number and name of a synthetic region; shorter ones than 5 bytes are too common."""

    def __init__(self, values: Iterable[str]) -> None:
        self._by_token: dict[bytes, list[bytes]] = defaultdict(list)
        for value in {value.strip().encode() for value in values}:
            tokens = _TOKEN.findall(value)
            if len(value) >= SHORTEST_PLANTED and tokens:
                self._by_token[max(tokens, key=len)].append(value)

    def found(self, text: bytes) -> Iterator[str]:
        """What was found, in words that do not repeat it."""
        for token in self._by_token.keys() & set(_TOKEN.findall(text)):
            for value in self._by_token[token]:
                if re.search(rb"(?<![0-9A-Za-z])" + re.escape(value) + rb"(?![0-9A-Za-z])", text):
                    yield f"a planted value of {len(value)} bytes"
