"""The Dutch words of the page for a client, as data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

WORDS = Path(__file__).parent / "client_words.toml"
DUTCH_TIME = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True, slots=True)
class Words:
    """Tables of words by code."""

    tables: Mapping[str, Mapping[str, str]]

    def of(self, table: str, code: str) -> str:
        """The word for a code; the code itself, without hyphens, where there is none."""
        return self.tables[table].get(code) or code.replace("-", " ")

    def field(self, name: str) -> str | None:
        """What a field is called; None for one that says nothing to a client."""
        return self.tables["field"].get(name)

    def value(self, name: str, value: Any) -> str:  # noqa: ANN401 - JSON
        """A value as a person reads it."""
        if isinstance(value, bool):
            return "ja" if value else "nee"
        if isinstance(value, int):
            return euros(value) if "cents" in name else str(value)
        if isinstance(value, list):
            return ", ".join(self.value(name, each) for each in value)
        if isinstance(value, dict):
            return "; ".join(f"{self.field(key) or key}: {self.value(key, each)}" for key, each in value.items() if each is not None)
        return self._text(name, str(value))

    def _text(self, name: str, text: str) -> str:
        if name.endswith("municipality"):
            return self.of("municipality", text)
        return _moment(text) or self.of("value", text)


def euros(cents: int) -> str:
    """An amount as the Dutch write it: `€ 1.234,56`."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}€ {whole:,}".replace(",", ".") + f",{rest:02d}"


def _moment(text: str) -> str | None:
    """A day or a moment, on the Dutch clock; None for another text."""
    try:
        if len(text) == len("2024-01-01"):
            return f"{date.fromisoformat(text):%d-%m-%Y}"
        return f"{datetime.fromisoformat(text).astimezone(DUTCH_TIME):%d-%m-%Y %H:%M}" if "T" in text else None
    except ValueError:
        return None


def installed(path: Path = WORDS) -> Words:
    """The words of a file; raises `tomllib.TOMLDecodeError`."""
    return Words(tomllib.loads(path.read_text(encoding="utf-8")))
