"""Given these facts, when this is asked, then that follows: for any decider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused


@dataclass(frozen=True)
class Given:
    """A decider with what happened."""

    decider: Decider[Any, Any]
    facts: Sequence[Event]

    def when(self, command: Any) -> Sequence[Event] | Refused:  # noqa: ANN401 - any decider's command
        return self.decider.decide(self.decider.fold(self.facts), command)
