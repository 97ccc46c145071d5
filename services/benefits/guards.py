"""What guards the money of a run, whatever the scheme: drawn rows that people judge, and signatures within a time."""

from collections.abc import Iterable
from typing import Protocol

from services.benefits.allowance_rules import Sample, Signatures
from services.benefits.request import Stuck
from services.contracts.intake import Scheme


class Guards(Protocol):
    """The rules of a scheme as far as they guard its runs."""

    @property
    def sample(self) -> Sample:
        """How many rows are drawn."""

    def signatures_for(self, total_cents: int) -> Signatures:
        """What a run of this total needs."""

    def guards(self, scheme: Scheme, scheme_year: int) -> bool:
        """Whether these are the rules of a run."""


def guards_for(rules: Iterable[Guards], scheme: Scheme, scheme_year: int) -> Guards:
    """The rules that guard a run; raises `Stuck` where there are none."""
    found = next((each for each in rules if each.guards(scheme, scheme_year)), None)
    if found is None:
        raise Stuck("no-rules-for-scheme-year")
    return found
