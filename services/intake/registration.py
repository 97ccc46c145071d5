"""How a household comes in: persons recognised by BSN, facts in the log, everything personal in the vault."""

from collections.abc import Iterator, Mapping
from datetime import date

from services.contracts.intake import HouseholdFacts, HouseholdRegistered, Member
from services.contracts.persons import PossibleDuplicateFound
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Transaction
from services.intake import nameless
from services.intake.bands import band_on
from services.intake.bodies import HouseholdBody, MemberBody, personal
from services.intake.composition import applicant_of
from services.intake.desk import BSN, Asked, Desk
from services.intake.dwelling import dwelling_of
from services.intake.household import State, household
from services.intake.household_commands import Command, RecogniseHousehold, RegisterHousehold
from services.intake.likeness import Described
from services.intake.look_alikes import Somebody, found, remember
from services.intake.open_pairs import note
from services.intake.settling import keep_households
from services.web.problem import Problem


class Registration:
    """One registration on its way into the log; its references are drawn there, so a repeat draws none."""

    def __init__(self, desk: Desk, asked: Asked, body: HouseholdBody) -> None:
        self._desk, self._asked, self._body = desk, asked, body
        self._hashes: list[str | None] = []
        self._persons: list[str] = []
        self._standing: dict[str, str] = {}

    def work(self) -> Work[Command, State]:
        """For the log; raises what `permit` raises."""
        self._asked.permit(self._body.municipality)
        asked = self._asked
        return Work(household, self._command, asked.origin, asked.body_hash, asked.expected, self._beside, _refs, lambda: self._standing)

    def _command(self, tx: Transaction) -> Command:
        self._hashes = [None if member.bsn is None else self._desk.hashes.bsn.of(member.bsn) for member in self._body.members]
        numbers = [bsn_hash for bsn_hash in self._hashes if bsn_hash is not None]
        # A person who stands in the household twice gets one reference, so that the decision sees it.
        drawn = {bsn_hash: self._desk.new_ref("p-") for bsn_hash in dict.fromkeys(numbers)}
        self._persons = [self._desk.new_ref("p-") if bsn_hash is None else drawn[bsn_hash] for bsn_hash in self._hashes]
        known = frozenset(bsn_hash for bsn_hash in numbers if tx.kept(BSN, bsn_hash) is not None)
        facts = self._facts()
        if not known and nameless.number(tx):
            return self._named_again(tx, facts)
        return RegisterHousehold(
            household_ref=self._desk.new_ref("h-"),
            today=self._asked.today,
            born=self._born(),
            on=self._body.on,
            facts=facts,
            known=known,
            alike=tuple(self._alike(tx, facts.dwelling_ref)),
        )

    def _alike(self, tx: Transaction, dwelling_ref: str) -> Iterator[PossibleDuplicateFound]:
        """Whom the members are like among those who are known."""
        for ref, member in zip(self._persons, self._body.members, strict=True):
            described = Described(member.name, member.birth_date, dwelling_ref)
            somebody = Somebody(ref, described, self._body.municipality, member.bsn is not None)
            yield from found(tx, self._desk, somebody, frozenset())

    def _named_again(self, tx: Transaction, facts: HouseholdFacts) -> Command:
        """After a restore: whoever seems new may be a client whose name was lost, and would become a second client.

        Raises `Problem` 409, which is no answer that is kept: the same command may come again once everybody has a name.
        """
        fact = nameless.recognised(tx, facts, self._body.on)
        if fact is None:
            waiting = nameless.number(tx)
            said = f"{waiting} clients lost their names by a restore; bring their households again first"
            raise Problem(409, "clients-without-name", said)
        for member, body in zip(fact.facts.members, self._body.members, strict=True):
            told = personal(body.bsn, body.name, body.birth_date, self._body.address)
            nameless.name(self._desk, tx, member.person_ref, told, self._asked.today)
        self._standing = {"household_ref": fact.household_ref, "client": applicant_of(fact.facts.members)}
        return RecogniseHousehold(household_ref=fact.household_ref, today=self._asked.today, born={})

    def _facts(self) -> HouseholdFacts:
        body = self._body
        return HouseholdFacts(
            municipality=body.municipality,
            household_type=body.household_type,
            living=body.living,
            dwelling_ref=dwelling_of(self._desk, body.address),
            income_cents_per_month=body.income_cents_per_month,
            income_source=body.income_source,
            benefit=body.benefit,
            members=tuple(_member(ref, member, body.on) for ref, member in zip(self._persons, body.members, strict=True)),
        )

    def _born(self) -> dict[str, date]:
        return {ref: member.birth_date for ref, member in zip(self._persons, self._body.members, strict=True)}

    def _beside(self, tx: Transaction, recorded: Recorded) -> None:
        event_id, address = recorded[0].event_id, self._body.address
        for ref, bsn_hash, member in zip(self._persons, self._hashes, self._body.members, strict=True):
            if bsn_hash is not None:
                tx.keep(BSN, bsn_hash, ref.encode())
            remember(tx, self._desk.hashes, ref, member.birth_date, has_bsn=bsn_hash is not None)
            self._desk.vault.seal(tx, ref, ref, event_id, personal(member.bsn, member.name, member.birth_date, address))
        keep_households(tx, recorded, self._born(), self._asked.today)
        note(tx, recorded)


def _refs(recorded: Recorded) -> Mapping[str, str]:
    registered = recorded[0].event
    assert isinstance(registered, HouseholdRegistered)
    return {"household_ref": registered.household_ref, "client": applicant_of(registered.facts.members)}


def _member(person_ref: str, member: MemberBody, on: date) -> Member:
    return Member(person_ref=person_ref, role=member.role, age_band=band_on(member.birth_date, on), student=member.student)
