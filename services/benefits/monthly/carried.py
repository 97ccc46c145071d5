"""What settled months left behind, carried forward as sums so that a run need not read them again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Carried:
    """Months that were last decided on everything known of them, and by the rules in `rules` came to just that.

    In cents: what they left of the reserve of holiday allowance, and what advances and attachments, by name, took of them.
    `facts` counts the facts that are left out for it.
    """

    months: frozenset[str] = frozenset()
    rules: str = ""
    facts: int = 0
    reserve_cents: int = 0
    advance_cents: int = 0
    attached: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
