"""The last integral flag of each client, as the auditor folds it from the log of intake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.audit.fact import Content, Fact, Handler, Handlers


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag by its codes and days."""

    number: int
    state: str
    rules: tuple[str, ...]
    expires_on: str
    is_review_due: bool = False


class Flags:
    """Flags as far as the log was read."""

    def __init__(self) -> None:
        self._last: dict[str, Flag] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "intake.integral-flag-proposed": self._proposed,
            "intake.integral-flag-confirmed": self._kept,
            "intake.integral-flag-reviewed": self._kept,
            "intake.integral-flag-review-due": self._due,
            "intake.integral-flag-removed": self._ended("removed"),
            "intake.integral-flag-expired": self._ended("expired"),
        }

    def _proposed(self, _fact: Fact, content: Content) -> None:
        rules = tuple(fired["rule"] for fired in content["fired"])
        self._last[content["client"]] = Flag(content["flag"], "proposed", rules, content["expires_on"])

    def _kept(self, _fact: Fact, content: Content) -> None:
        before = self._last[content["client"]]
        self._last[content["client"]] = Flag(before.number, "confirmed", before.rules, content["expires_on"])

    def _due(self, _fact: Fact, content: Content) -> None:
        before = self._last[content["client"]]
        self._last[content["client"]] = Flag(before.number, before.state, before.rules, before.expires_on, is_review_due=True)

    def _ended(self, state: str) -> Handler:
        def ended(_fact: Fact, content: Content) -> None:
            before = self._last[content["client"]]
            self._last[content["client"]] = Flag(before.number, state, before.rules, before.expires_on)

        return ended

    def is_shown(self, client: str, shown: Mapping[str, Any] | None) -> bool:
        """Whether a view shows the flag of a client as it is; raises `KeyError` where it cannot be read."""
        flag = self._last.get(client)
        if flag is None or shown is None:
            return flag is None and shown is None
        told = Flag(shown["flag"], shown["state"], tuple(shown["rules"]), shown["expires_on"], is_review_due=shown["review_due"])
        return told == flag
