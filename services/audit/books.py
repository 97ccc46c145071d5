"""The auditor's own books: one pass over the three logs fills a small model of money, promises, care and order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.audit.accounts import Accounts
from services.audit.budgets import Budgets
from services.audit.care import LONGEST_SECONDS, Care
from services.audit.fact import EVERY, Content, Desk, Fact, Handlers
from services.audit.finding import Finding, Tally
from services.audit.following import Following
from services.audit.ledgers import Ledgers
from services.audit.log_file import LogFile
from services.audit.months import Months
from services.audit.prints import Prints
from services.audit.recalls import Recalls
from services.audit.rights import Rights
from services.audit.runs import Runs
from services.audit.sequence import InLog
from services.audit.views import Expected

HOLDS = {
    "I1": "every right adds up to the cent, at every prefix",
    "I2": "no right has two payments open or paid, no household or adult more than the scheme year gives",
    "I3": "every grant was instructed, or is listed, one working day before its promised date",
    "I4": "manifests, approvals by a second person, releases, files and handovers agree in content, count and cents",
    "I5": "every payment goes to the account bound to its decision, in events and in files",
    "I6": "every accepted command has its facts, every fact its command",
    "I7": "every stream counts from 1 without a gap in log, on Kafka and in what services note of each other, with the same content",
    "I8": "ClickHouse has every fact once, with the amount and content of the log",
    "I9": "views show what the facts come to",
    "I10": "every client in care has one active contact person, within 60 s of the intake",
    "I11": "every baton has exactly one holder, at every prefix",
    "I12": "no personal data outside vaults and bank files, of every reading who read, and in an emergency under an opening that ran",
    "I13": "Kafka, reactors, views and ClickHouse reached the heads of the logs",
}
"""What an audit says where an invariant of design.md section 7 holds."""

RESTS_ON = {
    "intake": ("I2", "I6", "I7", "I8", "I9", "I10", "I12", "I13"),
    "benefits": ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I12", "I13"),
    "handover": ("I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13"),
}
"""Which invariants are not known to hold while a log cannot be read."""


class Tallies:
    """One tally per invariant."""

    def __init__(self) -> None:
        self._tallies = {name: Tally(name, about) for name, about in HOLDS.items()}
        self._unknown: dict[str, list[str]] = {name: [] for name in HOLDS}

    def __getitem__(self, invariant: str) -> Tally:
        return self._tallies[invariant]

    def afresh(self, invariant: str) -> Tally:
        """A new tally for an invariant that is looked at again; what is not known stays so."""
        tally = self._tallies[invariant] = Tally(invariant, HOLDS[invariant])
        for why in self._unknown[invariant]:
            tally.fault(why)
        return tally

    def unknown(self, invariants: tuple[str, ...], why: str) -> None:
        """These are not known to hold."""
        for invariant in invariants:
            self._unknown[invariant].append(why)
            self._tallies[invariant].fault(why)

    def findings(self, remarks: dict[str, str]) -> list[Finding]:
        """All of them, in order."""
        return [tally.finding(remarks.get(name, "")) for name, tally in self._tallies.items()]


@dataclass(frozen=True, slots=True)
class Read:
    """A log that was read up to its head."""

    log: LogFile
    prints: Prints


class Books:
    """Fill them with `read`, the logs in the order of `SERVICES`; a client waits `longest_seconds` for a baton at most."""

    def __init__(self, tallies: Tallies, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._tallies = tallies
        self.rights = Rights(tallies["I1"], tallies["I2"])
        self.ledgers = Ledgers(tallies["I2"])
        self.accounts = Accounts(tallies["I5"], self.rights)
        self.months = Months(tallies["I1"], tallies["I2"], self.rights)
        self.recalls = Recalls(tallies["I2"])
        self.budgets = Budgets(tallies["I4"])
        self.runs = Runs(tallies["I4"], tallies["I1"], self.rights)
        self.care = Care(tallies["I10"], tallies["I11"], longest_seconds)
        self.following = Following(tallies["I7"])
        self.expected = Expected()
        self.last_moment = ""

    def read(self, log: LogFile, head: int) -> Read:
        """One pass over a log up to its head. Raises `Unreachable`."""
        return Read(log, self.take(log.service, head, log.facts(1, head)))

    def take(self, service: str, head: int, facts: Iterable[Fact]) -> Prints:
        """One pass over the facts of a service up to its head, in order of position, wherever they come from."""
        prints = Prints(service, head)
        in_log = InLog(self._tallies["I7"], prints)
        desk = Desk([in_log.handlers, *self._handlers()], self._unreadable)
        for fact in facts:
            desk.take(fact)
        return prints

    def _handlers(self) -> Iterator[Handlers]:
        for book in (
            self.rights,
            self.ledgers,
            self.accounts,
            self.months,
            self.recalls,
            self.budgets,
            self.runs,
            self.care,
            self.following,
            self.expected,
        ):
            yield book.handlers
        yield {EVERY: self._moment}

    def _moment(self, fact: Fact, _content: Content) -> None:
        if fact.service == "benefits":
            self.last_moment = max(self.last_moment, fact.recorded_at)

    def _unreadable(self, fact: Fact) -> None:
        self._tallies["I7"].fault(f"{fact.name} cannot be read as the fact that it says it is")

    def conclude(self, manifests: Path) -> None:
        """What can be judged once everything was read."""
        self.ledgers.conclude(self.rights.granted())
        self.months.conclude()
        self.budgets.conclude()
        self.runs.conclude(manifests)
        self.following.conclude()
