"""Three services around one client, and time that passes as a test says: what each tells reaches the others, once or more often."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

from services.benefits import erasing as benefits_erasing
from services.benefits.account import BindAccount, Holding, binding
from services.benefits.policy import react as benefits_policy
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.log import Answer, EventLog, Origin
from services.eventlog.memory import MemoryLog
from services.handover import erasing as handover_erasing
from services.handover.commands import FormTeam, JoinStaff
from services.handover.office import Office as HandoverOffice
from services.handover.reaction import react as handover_reaction
from services.handover.rules import installed as handover_rules
from services.handover.waking import on_due as handover_on_due
from services.handover.work import Asked as HandoverAsked
from services.handover.work import forming, joining
from services.intake import likeness, term_rules
from services.intake.bodies import HouseholdBody, IncomeBody
from services.intake.changes import income
from services.intake.desk import Asked, Desk, Hashes
from services.intake.erasing import Eraser
from services.intake.erasure import ERASE, Erasure, stream_of
from services.intake.registration import Registration
from services.intake.waking import on_due
from services.vault import retention
from services.vault.keyed_hash import KeyedHash
from services.vault.keys import KeyStore, MemoryKeys
from services.vault.vault import Vault
from tests.benefits.a_region import KEYED, iban
from tests.benefits.a_region import region as benefits_region
from tests.intake.stories import NOW, People, household_body, member_body

GM, TEAM = "GM0399", "team-1"
YEARS = timedelta(days=366)
HASHES = Hashes(KeyedHash(b"b" * 32), KeyedHash(b"a" * 32))
Logs = Callable[[str], EventLog]
Keys = Callable[[str], KeyStore]


def in_memory(service: str) -> EventLog:
    return MemoryLog(service, published())


class Region:
    """Intake, benefits and handover on logs of their own."""

    def __init__(self, folder: Path, logs: Logs = in_memory, keys: Keys = lambda _service: MemoryKeys()) -> None:
        self.time, self.people, self._ids, self._life = NOW, People(), count(1), token_hex(4)
        self.logs = {service: logs(service) for service in ("intake", "benefits", "handover")}
        self.vaults = {service: Vault(keys(service), at_once=8) for service in self.logs}
        self._read = dict.fromkeys(self.logs, 0)
        terms = retention.installed()
        self.desk = Desk(self.vaults["intake"], HASHES, self.people.new_ref, likeness.installed())
        self.eraser, self.rules = Eraser(self.desk, terms, self.now), term_rules.installed()
        self.benefits = benefits_region(folder, self.logs["benefits"], vault=self.vaults["benefits"])
        new_ref = self.people.new_ref
        self.handover = HandoverOffice(self.logs["handover"], None, self.vaults["handover"], b"s", handover_rules(), self.now, new_ref)  # type: ignore[arg-type]  # nobody reads here
        self.clearances = {
            "benefits": replace(benefits_erasing.clearance(self.benefits.office, terms), now=self.now),
            "handover": handover_erasing.clearance(self.handover, terms),
        }
        self._reactions: dict[str, list[Callable[[Any], Sequence[Any]]]] = {
            "intake": [self.eraser.react],
            "benefits": [benefits_policy(self.now), self.clearances["benefits"].react],
            "handover": [handover_reaction(self.now), self.clearances["handover"].react],
        }
        self._has_team()

    def now(self) -> datetime:
        return self.time

    @property
    def today(self) -> date:
        return self.time.date()

    def origin(self, actor: str = "s-0001") -> Origin:
        return Origin(actor, f"command-{self._life}-{next(self._ids)}", self.time, "c")

    def asked(self, expected: int | None = None, origin: Origin | None = None) -> Asked:
        return Asked(origin or self.origin(), b"", lambda _municipality: None, expected)

    def does(self, service: str, work: Callable[[Any], Any]) -> Answer:
        answer: Answer = self.logs[service].submit(work).result(10)
        return answer

    def _has_team(self) -> None:
        asked = HandoverAsked(self.origin(), b"")
        self.does("handover", forming(FormTeam(TEAM, GM, "werk", self.today), asked))
        for staff in ("s-a", "s-b"):
            asked = HandoverAsked(self.origin(), b"")
            self.does("handover", joining(JoinStaff(TEAM, staff, self.today, self.today, ()), GM, asked))

    def registers(self, **other: Any) -> str:  # noqa: ANN401 - any field that a test names
        """A household of one; the reference of the client."""
        body = HouseholdBody.model_validate_json(orjson.dumps(household_body(member_body(self.people.bsn()), **other)))
        answer = self.does("intake", Registration(self.desk, self.asked(), body).work())
        self.carries()
        return answer.refs["client"]

    def leaves_benefit(self, household_ref: str) -> None:
        """The household lives on wages from now on."""
        body = {"on": self.today.isoformat(), "income_cents_per_month": 250_000, "income_source": "wages", "benefit": "none"}
        self.does("intake", income(self.desk, self.asked(), household_ref, IncomeBody.model_validate_json(orjson.dumps(body))))
        self.carries()

    def binds(self, client: str, number: int = 1) -> Answer:
        """The client is paid on test account `number`."""
        command = BindAccount(client, GM, self.people.new_ref("acc-"), KEYED.of(iban(number)), self.today)
        return self.does("benefits", binding(command, Holding(iban(number), "J. Testgeval"), self.vaults["benefits"], self.origin(), b""))

    def asks(self, client: str, *, expected: int | None = None, origin: Origin | None = None) -> Answer:
        """A manager asks to erase a client."""
        return self.does("intake", self.eraser.requested(self.asked(expected, origin), client, "client-asked"))

    def erases(self, client: str) -> Erasure:
        """Asks, and lets everybody answer."""
        self.asks(client)
        self.carries()
        return self.erasure(client)

    def erasure(self, client: str) -> Erasure:
        return ERASE.fold(envelope.event for envelope in self.logs["intake"].read(stream_of(client)))

    def carries(self, times: int = 1) -> None:
        """Everything told reaches who reacts to it, each record so many times, until nobody says more."""
        while any(self._read[service] < log.head() for service, log in self.logs.items()):
            for source in self.logs:
                self.carries_from(source, times)

    def carries_from(self, source: str, times: int = 1) -> None:
        """What one service told reaches the others."""
        log = self.logs[source]
        records = log.after(self._read[source], 10_000)
        self._read[source] = log.head()
        for record in records:
            envelope = published().from_record(source, record)
            for other in self.logs.keys() - {source}:
                for reaction in self._reactions[other] * times:
                    for work in reaction(envelope):
                        self.does(other, work)

    def passes(self, time: timedelta) -> None:
        """Time passes, and the clocks of intake and handover do what is due."""
        self.time += time
        guard = JumpGuard(self.now, self.time.timestamp, 1)
        intake = Clock(self.logs["intake"], self.now, on_due(self.desk, self.rules, self.eraser), guard)
        handover = Clock(self.logs["handover"], self.now, handover_on_due(handover_rules()), guard)
        while intake.round() + handover.round():
            self.carries()
        self.carries()

    def told(self, service: str, kind: type[Event]) -> list[Event]:
        """Every fact of a kind that a service told."""
        return [envelope.event for envelope in self.logs[service].scan("") if isinstance(envelope.event, kind)]
