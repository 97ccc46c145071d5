"""Release a run: every approved line becomes a decision, portion by portion, and again from the start after a crash."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from services.benefits.account import account_of
from services.benefits.completing import complete
from services.benefits.decision import DECISION, Books, DecisionCommand, GrantAllowance, RefuseAllowance, Terms
from services.benefits.ledger import LEDGER, Ledger, LedgerCommand, ReserveAgain
from services.benefits.manifest import GrantedLine, Manifests, RefusedLine
from services.benefits.portions import SYSTEM, Progress, carry_out
from services.benefits.references import right_ref, right_stream
from services.benefits.request import Stuck
from services.benefits.run_commands import CompleteRelease
from services.benefits.run_state import Releasing
from services.contracts.benefits import AccountBound, AllowanceGranted, AllowanceRefused, AllowanceWithheld, DecidedEvent
from services.contracts.envelope import Event
from services.contracts.payouts import AllowanceRevoked
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Answer, EventLog, Origin, Transaction

DWELLINGS = "dwelling-granted"
"""Beside a grant: the household that a dwelling's allowance of the year went to."""
DECISION_REF = "decision"


@dataclass(frozen=True, slots=True)
class Releasement:
    """Where a release reads and writes."""

    log: EventLog
    manifests: Manifests
    now: Callable[[], datetime]

    def release(self, run: Releasing, progress: Progress) -> None:
        """Record every decision, then that all were. Raises `Stuck` when a line cannot be decided as approved.

        A crash at any point: the next call gives the same commands, which are answered as before, and goes on.
        """
        prepared, tally = run.prepared, Tally()
        works = (_deciding(line, prepared, self.now()) for line in self._decided(prepared))
        answers = carry_out(self.log, works, progress)
        for line, answer in zip(self._decided(prepared), answers, strict=True):
            tally.add(self._decision(answer), line.amount_cents)
        complete(self.log, tally.command(prepared.run_ref), self.now())

    def _decided(self, prepared: RunPrepared) -> Iterator[GrantedLine | RefusedLine]:
        lines = self.manifests.read(prepared.manifest_hash)
        return (line for line in lines if isinstance(line, GrantedLine | RefusedLine))

    def _decision(self, answer: Answer) -> str:
        if answer.outcome == "refused":
            raise Stuck(answer.reason)
        # Without refs the decision was there, but not the answer to it: a log that was restored from its events.
        return answer.refs.get(DECISION_REF) or self.log.read(answer.stream)[0].event.TYPE


def made_good(log: EventLog, manifests: Manifests, prepared: RunPrepared, now: Callable[[], datetime]) -> None:
    """What stood beside the grants of a run, put there again for a log that was read back; a repeat changes nothing.

    Raises `OSError` and `ManifestChanged` where the lines of the run are gone.
    """
    lines = (line for line in manifests.read(prepared.manifest_hash) if isinstance(line, GrantedLine))
    for _ in carry_out(log, (_standing_again(line, prepared, now()) for line in lines)):
        pass


def _standing_again(line: GrantedLine, prepared: RunPrepared, at: datetime) -> Callable[[Transaction], Answer]:
    def again(tx: Transaction) -> Answer:
        named, _ = _free_right(tx, line, prepared)
        history = tx.read(right_stream(named))
        granted = history[0] if history else None
        if not isinstance(granted, AllowanceGranted) or isinstance(history[-1], AllowanceRevoked):
            return Answer("unchanged", right_stream(named), len(history), tx.head())
        if line.dwelling_ref:
            tx.keep(DWELLINGS, _dwelling_key(line, prepared), line.household_ref.encode())
        return _reserving_again(granted, line, at)(tx)

    return again


def _reserving_again(grant: AllowanceGranted, line: GrantedLine, at: datetime) -> Work[LedgerCommand, Ledger]:
    command = ReserveAgain(
        household_ref=grant.household_ref,
        municipality=grant.municipality,
        scheme=grant.scheme,
        scheme_year=grant.scheme_year,
        right_ref=grant.right_ref,
        amount_cents=grant.amount_cents,
        run_ref=grant.run_ref,
        persons=line.adults,
    )
    origin = Origin(SYSTEM, f"{grant.right_ref}:reserve-again", at, grant.run_ref)
    return Work(decider=LEDGER, command=lambda _tx: command, origin=origin, body_hash=b"")


class Tally:
    """How many lines became which decision, and for how many cents."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()
        self._cents: Counter[str] = Counter()

    def add(self, decision: str, amount_cents: int) -> None:
        """Count one line; `decision` is the type of its event."""
        self._lines[decision] += 1
        self._cents[decision] += amount_cents

    def command(self, run_ref: str) -> CompleteRelease:
        """What it came to."""
        return CompleteRelease(
            run_ref=run_ref,
            granted=self._lines[AllowanceGranted.TYPE],
            refused=self._lines[AllowanceRefused.TYPE],
            withheld=self._lines[AllowanceWithheld.TYPE],
            total_cents=self._cents[AllowanceGranted.TYPE],
            withheld_cents=self._cents[AllowanceWithheld.TYPE],
        )


def _deciding(line: GrantedLine | RefusedLine, prepared: RunPrepared, at: datetime) -> Work[DecisionCommand, Books]:
    def command(tx: Transaction) -> DecisionCommand:
        terms = _terms(tx, line, prepared)
        if isinstance(line, RefusedLine):
            return RefuseAllowance(terms, line.reasons)
        return _grant(line, terms, prepared, _dwelling_holder(tx, line, prepared), account_of(tx, line.client))

    def hold_dwelling(tx: Transaction, recorded: Recorded) -> None:
        if isinstance(line, GrantedLine) and line.dwelling_ref and isinstance(recorded[0].event, AllowanceGranted):
            tx.keep(DWELLINGS, _dwelling_key(line, prepared), line.household_ref.encode())

    return Work(
        decider=DECISION,
        command=command,
        origin=Origin(SYSTEM, f"{prepared.run_ref}:{line.right_ref}", at, prepared.run_ref),
        body_hash=bytes.fromhex(prepared.manifest_hash),
        beside=hold_dwelling,
        refs=lambda recorded: {DECISION_REF: recorded[0].event.TYPE},
    )


def _terms(tx: Transaction, line: GrantedLine | RefusedLine, prepared: RunPrepared) -> Terms:
    named, sequence = _free_right(tx, line, prepared)
    return Terms(
        right_ref=named,
        sequence=sequence,
        client=line.client,
        household_ref=line.household_ref,
        municipality=line.municipality,
        run_ref=prepared.run_ref,
        scheme=prepared.scheme,
        scheme_year=prepared.scheme_year,
        tranche=prepared.tranche,
        rule_version=line.rule_version,
        facts_hash=line.facts_hash,
        decided_on=prepared.decided_on,
    )


def _free_right(tx: Transaction, line: GrantedLine | RefusedLine, prepared: RunPrepared) -> tuple[str, int]:
    """The right that was approved, or the next one that no other run has decided since."""
    for sequence in count(line.sequence):
        named = right_ref(prepared.scheme, line.household_ref, prepared.scheme_year, prepared.tranche, sequence)
        history = tx.read(right_stream(named))
        if not history or _run_of(history[0]) == prepared.run_ref:
            return named, sequence
    raise AssertionError("numbers do not end")


def _run_of(decision: Event) -> str:
    assert isinstance(decision, DecidedEvent)
    return decision.run_ref


def _dwelling_key(line: GrantedLine, prepared: RunPrepared) -> str:
    return f"{prepared.scheme_year}/{line.dwelling_ref}"


def _dwelling_holder(tx: Transaction, line: GrantedLine, prepared: RunPrepared) -> str:
    kept = tx.kept(DWELLINGS, _dwelling_key(line, prepared)) if line.dwelling_ref else None
    return "" if kept is None else kept.decode()


def _grant(line: GrantedLine, terms: Terms, prepared: RunPrepared, dwelling_held_by: str, account: AccountBound | None) -> GrantAllowance:
    return GrantAllowance(
        terms=terms,
        approved_sequence=line.sequence,
        amount_cents=line.amount_cents,
        account_ref=line.account_ref,
        account_fingerprint=line.account_fingerprint,
        promised_on=prepared.promised_on,
        adults=line.adults,
        year_amount_cents=line.year_amount_cents,
        ceiling_cents=line.ceiling_cents,
        dwelling_held_by=dwelling_held_by,
        fingerprint_now="" if account is None else account.fingerprint,
    )
