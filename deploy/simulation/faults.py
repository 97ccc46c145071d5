"""What can go wrong in a history: each seed draws which faults there are and how often, and what struck is counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

KINDS: Mapping[str, str] = {
    "ends": "a process ends between two steps, with everything that it had only in memory",
    "log-refuses": "nothing of a commit is recorded, and who waits is told so",
    "log-late": "a commit is recorded, and who waits gives up before hearing it",
    "log-torn": "the process ends in a commit: only a beginning of what was submitted is there",
    "log-deaf": "the process ends right behind a commit",
    "folder-away": "the files of benefits can be neither read nor written",
    "send-lost": "the broker never gets what a relay sends",
    "send-torn": "each partition gets a beginning of what a relay sends, and nothing is acknowledged",
    "send-unheard": "the broker has everything, and the acknowledgement is lost",
    "send-late": "what a relay sent and gave up arrives much later",
    "relay-ends": "a service ends between sending, acknowledgement and checkpoint",
    "relay-twice": "a second relay of the same log is at work in the midst of a round",
    "foreign": "a record that is no fact lies on a topic; not where a run is, which would wait for somebody",
    "fetch-delayed": "a partition gives nothing for now",
    "fetch-again": "a consumer is given records again, from its committed offset",
    "fetch-skips": "fetched records never reach a view, and later ones do",
    "commit-lost": "a committed offset is not kept",
    "changelog-lost": "the changelog of a view does not get what is written",
    "changelog-torn": "the changelog gets a beginning of what is written, and the worker ends",
    "changelog-unheard": "the changelog has what was written, and the acknowledgement is lost",
    "shelf-lost": "a worker comes back without the rows on its disk",
    "insert-refused": "ClickHouse takes no rows",
    "insert-unheard": "ClickHouse has the rows, and the sink hears of a failure",
    "sink-ends": "the sink ends between two of its steps",
    "sent-twice": "a caller sends a command twice at the same moment",
    "sent-again": "a caller sends a command again long after its answer",
    "other-body": "a caller sends another command under an id that was used",
    "bank-again": "the bank sends a message again",
    "clock-skew": "the clock of a process is ahead or behind",
    "night": "nobody does anything for fifteen hours",
}
RATES = (0.01, 0.03, 0.08, 0.2)


class Crashed(BaseException):
    """A process ended at this point. No `Exception`, as no code of the house may catch it."""

    def __init__(self, process: str) -> None:
        super().__init__(process)
        self.process = process


class Ended(Crashed):
    """The life of the process in which this step began is over already; only the step itself is left to end."""


@dataclass
class Faults:
    """`rates` per kind, 0 for what does not happen in this history; `struck` counts what did."""

    chance: Random
    rates: Mapping[str, float]
    struck: Counter[str] = field(default_factory=Counter)

    @classmethod
    def drawn(cls, chance: Random) -> "Faults":
        """Each seed has its own faults, few or many, rare or frequent: together they find more than all at once."""
        share = chance.choice((0.0, 0.2, 0.5, 0.8))
        return cls(chance, {kind: chance.choice(RATES) if chance.random() < share else 0.0 for kind in KINDS})

    def strikes(self, kind: str) -> bool:
        """Whether this fault happens now."""
        rate = self.rates[kind]
        if not rate or self.chance.random() >= rate:
            return False
        self.struck[kind] += 1
        return True

    def ends_at(self, kind: str, process: str) -> None:
        """Raises `Crashed` where the process ends here."""
        if self.strikes(kind):
            raise Crashed(process)

    def stop(self) -> None:
        """From here on nothing goes wrong."""
        self.rates = dict.fromkeys(KINDS, 0.0)
