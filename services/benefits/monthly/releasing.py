"""Release a month: what was approved for each client is decided in one transaction, or held where the dossier changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.benefits.completing import complete
from services.benefits.manifest import EntitledLine, Manifests
from services.benefits.monthly.ask import Plan
from services.benefits.monthly.benefit import benefit_stream
from services.benefits.monthly.commands import Whose
from services.benefits.monthly.entitling import ENTITLING, Books, DecideEntitlement, Read
from services.benefits.monthly.recovery import recovery_stream
from services.benefits.portions import SYSTEM, Progress, carry_out
from services.benefits.request import Stuck
from services.benefits.run_commands import CompleteRelease
from services.benefits.run_state import Releasing
from services.contracts.monthly_money import EntitlementHeld
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Answer, EventLog, Origin

HELD, GIVEN = "held", "given"
OUTCOME_REF = "outcome"


@dataclass(frozen=True, slots=True)
class ReleasingMonth:
    """Where such a release reads and writes."""

    log: EventLog
    manifests: Manifests
    now: Callable[[], datetime]

    def release(self, run: Releasing, progress: Progress) -> None:
        """Decide every line, then record that all were. Raises `Stuck` where a line cannot be decided.

        A crash at any point: the next call gives the same commands, which are answered as before, and goes on.
        """
        prepared = run.prepared
        works = (self._deciding(line, prepared) for line in self._lines(prepared))
        sums = {GIVEN: [0, 0], HELD: [0, 0]}
        for line, answer in zip(self._lines(prepared), carry_out(self.log, works, progress), strict=True):
            counts = sums[self._outcome(answer, line, prepared.run_ref)]
            counts[0], counts[1] = counts[0] + len(line.rights), counts[1] + line.amount_cents
        given, held = sums[GIVEN], sums[HELD]
        complete(self.log, CompleteRelease(prepared.run_ref, given[0], 0, held[0], given[1], held[1]), self.now())

    def _lines(self, prepared: RunPrepared) -> Iterator[EntitledLine]:
        return (line for line in self.manifests.read(prepared.manifest_hash) if isinstance(line, EntitledLine))

    def _deciding(self, line: EntitledLine, prepared: RunPrepared) -> Work[DecideEntitlement, Books]:
        whose = Whose(line.client, line.household_ref, line.municipality)
        due = Plan((*line.months, *line.reclaims, *line.holidays, *line.advances, *line.refunds), line.rights, line.offsets, line.opened)
        command = DecideEntitlement(whose, prepared.run_ref, line.seen_version, due, _read(line))
        return Work(
            decider=ENTITLING,
            command=lambda _tx: command,
            origin=Origin(SYSTEM, f"{prepared.run_ref}:{line.client}:{line.municipality}", self.now(), prepared.run_ref),
            body_hash=bytes.fromhex(prepared.manifest_hash),
            refs=lambda recorded: {OUTCOME_REF: _outcome(recorded)},
        )

    def _outcome(self, answer: Answer, line: EntitledLine, run_ref: str) -> str:
        if answer.outcome == "refused":
            raise Stuck(answer.reason)
        # Without refs the decision was there, but not the answer to it: a log that was restored from its events.
        told = answer.refs.get(OUTCOME_REF)
        held = told == HELD if told else any(_held(e.event, line, run_ref) for e in self.log.read(answer.stream))
        return HELD if held else GIVEN


def _read(line: EntitledLine) -> dict[str, Read]:
    """What the line was worked out from."""
    claims = {recovery_stream(each.claim_ref): Read(each.upto, each.open_cents) for each in line.read_claims}
    return {benefit_stream(line.client): Read(line.read_upto), **claims} if line.read_upto else {}


def _outcome(recorded: Recorded) -> str:
    return HELD if isinstance(recorded[0].event, EntitlementHeld) else GIVEN


def _held(event: object, line: EntitledLine, run_ref: str) -> bool:
    return isinstance(event, EntitlementHeld) and (event.run_ref, event.municipality) == (run_ref, line.municipality)
