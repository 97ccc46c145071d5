"""Who may gather a client's own data and on which ground, and how the client is told who looked."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from services.access.caller import Caller, Role
from services.access.lookups import Lookup
from services.web.body import Body
from services.web.callers import requires

EXPORTERS: tuple[Role, ...] = ("coordinator", "manager")
EXPORT = "urn:backbone:processing-activity:export-client-"

Ground = Literal["access-request", "data-portability", "supervision"]
"""Why: art. 15 or 20 AVG, or a question of the supervisor (art. 58)."""

Exporter = Annotated[Caller, requires(*EXPORTERS)]


class ExportBody(Body):
    """On which ground somebody's data are gathered."""

    ground: Ground


def shown_lookups(lookups: Sequence[Lookup]) -> Iterator[dict[str, str | int]]:
    """Who read is told as a number that is the same within this list: the house can name them, the client need not (HvJ EU C-579/21)."""
    numbers: dict[str, int] = {}
    for lookup in lookups:
        reader = numbers.setdefault(lookup.actor, len(numbers) + 1)
        told: dict[str, str | int] = {"at": lookup.at, "activity": lookup.activity, "result": lookup.status, "reader": f"reader {reader}"}
        yield told if lookup.break_glass is None else {**told, "break_glass": lookup.break_glass}
