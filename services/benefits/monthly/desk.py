"""How a decision of a person becomes work for the log: its terms, and its words and account numbers in the vault."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Protocol

from services.access.caller import Caller
from services.benefits.monthly.benefit import BENEFIT, benefit_stream, concerned
from services.benefits.monthly.bodies import DecisionBody, PayeeBody
from services.benefits.monthly.commands import BenefitCommand, Payee, Terms, Whose
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.letters import Letters
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.one_benefit import Dossiers, dossier_in
from services.benefits.payments import Payments
from services.benefits.residents import Residents
from services.contracts.monthly import BenefitApplied, BenefitDecision, BenefitFact, ObjectionLodged
from services.contracts.monthly_money import BenefitTakenOver
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import EventLog, Origin, Transaction
from services.vault.erasure import barred
from services.vault.keyed_hash import KeyedHash

Words = Mapping[str, Mapping[str, Any]]
"""What goes into the vault, by reference."""


class Sealing(Protocol):
    """What the vault does for decisions."""

    def seal(self, tx: Transaction, ref: str, owner: str, event_id: str, value: Mapping[str, Any]) -> None:
        """Write a value under `ref` for its owner, bound to the fact `event_id`."""


@dataclass(frozen=True, slots=True)
class MonthlyDesk:
    """Where decisions on the monthly benefit are made; `new_ref("t-")` gives a random reference behind a prefix."""

    log: EventLog
    vault: Sealing
    fingerprints: KeyedHash
    norms: Norms
    letters: Letters
    residents: Residents
    payments: Payments
    now: Callable[[], datetime]
    new_ref: Callable[[str], str]

    @property
    def today(self) -> date:
        """The day on which something is decided."""
        return self.now().date()

    def whose(self, client: str, within: Collection[str] = ()) -> Whose | None:
        """The client and household where they applied last, of these municipalities if any are named; None where they never did.

        Who only shares in somebody else's benefit is known where that was last told.
        """
        told = [fact for fact in self._told(client) if not within or fact.municipality in within]
        applied = [fact for fact in told if isinstance(fact, BenefitApplied | BenefitTakenOver)]
        last = next(reversed(applied or told), None)
        return None if last is None else Whose(client, last.household_ref, last.municipality)

    def place_of(self, client: str, ref: str) -> str | None:
        """The municipality that took a decision, or that an objection was lodged with; None for a name that is not known."""
        return next((fact.municipality for fact in self._told(client) if ref in _names(fact)), None)

    def _told(self, client: str) -> list[BenefitFact]:
        return [e.event for e in self.log.read(benefit_stream(client)) if isinstance(e.event, BenefitFact)]

    def dossier(self, client: str, municipality: str) -> Dossier:
        """Everything that a municipality decided about a client, and was reported to it, up to now."""
        history = (envelope.event for envelope in self.log.read(benefit_stream(client)))
        return dossier_in(BENEFIT.fold(history), client, municipality)

    def terms(self, caller: Caller, key: str, whose: Whose, body: DecisionBody) -> tuple[Terms, Words]:
        """What the decision says, and its motive for the vault."""
        text_ref = self.new_ref("t-") if body.motive else None
        terms = Terms(
            **whose.said,
            decision_ref=decision_ref(caller.actor, key),
            effective_on=body.effective_on,
            decided_on=self.today,
            decided_by=caller.actor,
            rule_version=self.norms.rule_version,
            reason_code=body.reason_code,
            text_ref=text_ref,
        )
        return terms, {text_ref: {"text": body.motive}} if text_ref else {}

    def payee(self, body: DecisionBody) -> tuple[Payee | None, Words]:
        """A third party, its account for the vault; None for a decision that pays nobody else."""
        if not isinstance(body, PayeeBody):
            return None, {}
        ref = self.new_ref("acc-")
        return Payee(ref, self.fingerprints.of(body.iban)), {ref: {"iban": body.iban, "holder_name": body.holder_name}}

    def work(
        self, command: BenefitCommand, origin: Origin, said: bytes, words: Words, expected: int | None = None
    ) -> Work[BenefitCommand, Dossiers]:
        """The command with what belongs in the vault, in one transaction."""

        def seal(tx: Transaction, recorded: Recorded) -> None:
            for ref, value in words.items():
                self.vault.seal(tx, ref, str(recorded[0].client), recorded[0].event_id, value)

        def refs(recorded: Recorded) -> Mapping[str, str]:
            named = getattr(recorded[0].event, "decision_ref", None)
            return {"decision_ref": named} if named else {}

        def unless_barred(tx: Transaction) -> BenefitCommand | Refused:
            refusals = (barred(tx, client) for client in concerned(command))
            return next((refused for refused in refusals if refused is not None), command)

        return Work(BENEFIT, unless_barred, origin, said, expected, beside=seal, refs=refs)


def _names(fact: BenefitFact) -> tuple[str, ...]:
    match fact:
        case BenefitDecision():
            return (fact.decision_ref,)
        case ObjectionLodged():
            return (fact.objection_ref,)
        case _:
            return ()


def decision_ref(actor: str, key: str) -> str:
    """Name of a decision, from who took it under which key, so that a repeat names the same one."""
    return "dec-" + sha256(f"{actor}|{key}".encode()).hexdigest()[:16]
