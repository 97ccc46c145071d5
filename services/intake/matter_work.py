"""Commands about matters as work for the log: the client is found at home, the open matter in the index, words go to the vault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from services.contracts.intake import HouseholdFacts
from services.contracts.matters import MatterEvent, Subject
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Due, Origin, Transaction
from services.intake.desk import Absent, Asked, Desk, household_of, local_day
from services.intake.household import Unknown, household, stream_of
from services.intake.matter import Ended, Matter, Matters, matter_stream
from services.intake.matter_commands import Command, PassMoment, Whose
from services.intake.matters import MATTERS
from services.intake.open_matters import PAPERS, STEPS, note, open_matter_of
from services.intake.same_person import superseded
from services.intake.term_rules import TermRules
from services.vault.erasure import barred

PREFIX = matter_stream("")
REFS = frozenset({"matter_ref", "report_ref", "application_ref"})
YOUNG = ("18-20", "21-26")

Telling = Callable[["Told", "str | None"], Command]
"""Makes a command of what is known of the client at home, and where words lie."""

MatterWork = Work[Command, Matters]


class Together(Protocol):
    """Makes a command from whether clients live together."""

    def __call__(self, *, together: bool) -> Command:
        """The command."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells something, at home: those with whom it is one matter, the client first, and the open matter if there is one."""

    whose: Whose
    asking: tuple[str, ...]
    is_young: bool
    matter_ref: str | None


@dataclass(frozen=True, slots=True)
class MatterDesk:
    """Where matters are dealt with."""

    desk: Desk
    rules: TermRules

    def new_ref(self, prefix: str) -> str:
        """A random reference behind a prefix."""
        return self.desk.new_ref(prefix)

    def telling(
        self, asked: Asked, client: str, subject: Subject, make: Callable[[Told, str | None], Command], words: str | None
    ) -> MatterWork:
        """A report or an application of a client; `Absent` where the client is not known here."""

        def command(tx: Transaction) -> Command | Refused:
            told = self._at_home(tx, asked, client, subject)
            return barred(tx, client) or superseded(tx, asked, client) or make(told, None if words is None else self.desk.new_ref("t-"))

        return Work(MATTERS, command, asked.origin, asked.body_hash, asked.expected, self._beside(words), _refs)

    def on_matter(self, asked: Asked, matter_ref: str, make: Callable[[str | None], Command], words: str | None = None) -> MatterWork:
        """A command on a matter; `Absent` where there is none, and what `permit` raises for its municipality."""

        def command(tx: Transaction) -> Command | Refused:
            client = permitted(asked, matter_ref, MATTERS.fold(tx.read(matter_stream(matter_ref)))).whose.client
            return barred(tx, client) or make(None if words is None else self.desk.new_ref("t-"))

        return Work(MATTERS, command, asked.origin, asked.body_hash, asked.expected, self._beside(words), _refs)

    def merging(self, asked: Asked, refs: tuple[str, str], make: Together) -> MatterWork:
        """A matter that goes on in another, both in municipalities of the caller; made with whether their clients live together now."""

        def command(tx: Transaction) -> Command:
            found = [permitted(asked, ref, MATTERS.fold(tx.read(matter_stream(ref)))).whose.client for ref in refs]
            return make(together=len({household_of(tx, client) for client in found}) == 1)

        return Work(MATTERS, command, asked.origin, asked.body_hash, asked.expected, note)

    def passing(self, due: Due, origin: Origin) -> MatterWork:
        """What the clock asks at a moment of a matter."""
        moment, _, step = due.kind.partition(":")
        command = PassMoment(
            matter_ref=due.stream.removeprefix(PREFIX),
            today=local_day(origin.at),
            rules=self.rules,
            moment="papers" if moment == PAPERS else "near" if moment == "near" else "passed",
            step=next((each for each in STEPS if each == step), "decision"),
        )
        return Work(MATTERS, lambda _tx: command, origin, origin.command_id.encode(), beside=note)

    def _at_home(self, tx: Transaction, asked: Asked, client: str, subject: Subject) -> Told:
        household_ref = household_of(tx, client)
        if household_ref is None:
            raise Absent("client")
        state = household.fold(tx.read(stream_of(household_ref)))
        assert not isinstance(state, Unknown), "a client lives in a household"
        asked.permit(state.facts.municipality)
        asking = self._asking(state.facts, client, subject, asked)
        bands = {member.person_ref: member.age_band for member in state.facts.members}
        whose = Whose(client, household_ref, state.facts.municipality)
        found = (open_matter_of(tx, replace(whose, client=each), subject) for each in asking)
        return Told(
            whose=whose,
            asking=asking,
            is_young=all(bands.get(each) in YOUNG for each in asking),
            matter_ref=next((ref for ref in found if ref is not None), None),
        )

    def _asking(self, facts: HouseholdFacts, client: str, subject: Subject, asked: Asked) -> tuple[str, ...]:
        rule = self.rules.subject(subject, asked.today)
        couple = [member.person_ref for member in facts.members if member.role in ("applicant", "partner")]
        if rule is None or not rule.together or client not in couple:
            return (client,)
        return (client, *(each for each in couple if each != client))

    def _beside(self, words: str | None) -> Callable[[Transaction, Recorded], None]:
        def beside(tx: Transaction, recorded: Recorded) -> None:
            note(tx, recorded)
            for envelope in recorded:
                text_ref = getattr(envelope.event, "text_ref", None)
                if text_ref is not None and isinstance(envelope.event, MatterEvent):
                    self.desk.vault.seal(tx, text_ref, envelope.event.client, envelope.event_id, {"note": words})

        return beside


def permitted(asked: Asked, matter_ref: str, state: Matters) -> Matter:
    """A matter, open or ended, whose municipality the caller works for; raises `Absent`, and what `permit` raises."""
    known = state.known.get(matter_ref)
    if known is None:
        raise Absent("matter")
    matter = known.matter if isinstance(known, Ended) else known
    asked.permit(matter.whose.municipality)
    return matter


def _refs(recorded: Recorded) -> Mapping[str, str]:
    """Which matter, and what was told, by the names of the fields that say so."""
    told = {name: value for each in recorded[:2] for name, value in vars(each.event).items() if name in REFS}
    return {name: str(value) for name, value in told.items()}
