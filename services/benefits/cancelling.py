"""Cancel a released run whose files did not leave: every payment is withdrawn and every grant revoked, portion by portion.

What a month decided stands in the dossiers: its payments are withdrawn, and a run that pays again makes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.benefits.budget import BUDGETED, RunWithBudgets, Share, WithBudgets
from services.benefits.decision import Books
from services.benefits.manifest import AgainLine, EntitledLine, GrantedLine, Line, Manifests
from services.benefits.payment import PAYMENT
from services.benefits.portions import SYSTEM, Progress, carried_out, carry_out
from services.benefits.references import right_stream, run_of
from services.benefits.release import DWELLINGS
from services.benefits.request import Stuck, requested
from services.benefits.right import Granted
from services.benefits.run_commands import CompleteCancellation
from services.benefits.run_state import Cancelling
from services.benefits.withdrawal import WITHDRAWAL, RevokeAllowance, WithdrawalCommand, WithdrawPayment
from services.contracts.payouts import ClaimReleased
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import EventLog, Origin, Transaction


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Where a cancellation reads and writes."""

    log: EventLog
    manifests: Manifests
    now: Callable[[], datetime]

    def cancel(self, run: Cancelling, progress: Progress) -> None:
        """Withdraw everything, then say so. Raises `Stuck` where the bank answered a payment: then a file did leave.

        A crash at any point: the next call gives the same commands, which are answered as before, and goes on.
        """
        prepared = run.run.prepared
        for answer in carry_out(self.log, self._works(run), progress):
            if answer.outcome == "refused":
                raise Stuck(answer.reason)
        request = requested(self.log, prepared.run_ref)
        nothing_paid = {code: Share(0) for code in (() if request is None else request.municipalities)}
        command = WithBudgets(CompleteCancellation(prepared.run_ref), prepared.scheme, prepared.scheme_year, nothing_paid)
        work: Work[WithBudgets, RunWithBudgets] = Work(
            decider=BUDGETED,
            command=lambda _tx: command,
            origin=Origin(SYSTEM, f"{prepared.run_ref}:cancelled", self.now(), prepared.run_ref),
            body_hash=b"",
        )
        carried_out(self.log, work)

    def _works(self, run: Cancelling) -> Iterator[Work[WithdrawalCommand, Books]]:
        prepared, reason = run.run.prepared, run.ordered.reason_code
        for line in self.manifests.read(prepared.manifest_hash):
            if isinstance(line, GrantedLine) and self._granted_by(line.right_ref, prepared.run_ref):
                yield _revoking(line, prepared, reason, self.now())
            else:
                made = [payment for payment in _payments(line) if self._made_by(*payment, prepared.run_ref)]
                yield from (_withdrawing(*payment, prepared, reason, self.now()) for payment in made)

    def _granted_by(self, right_ref: str, run_ref: str) -> bool:
        history = [envelope.event for envelope in self.log.read(right_stream(right_ref))]
        state = PAYMENT.fold(history[:1])
        return isinstance(state, Granted) and state.run_ref == run_ref

    def _made_by(self, right_ref: str, attempt: int, run_ref: str) -> bool:
        state = PAYMENT.fold(envelope.event for envelope in self.log.read(right_stream(right_ref)))
        made = state.attempts[attempt - 1 :][:1] if isinstance(state, Granted) else ()
        return any(run_of(each.payment.message_id) == run_ref for each in made)


def _payments(line: Line) -> Iterator[tuple[str, int]]:
    """Right and attempt of every payment that a line may have led to, where no grant of an allowance did."""
    if isinstance(line, AgainLine):
        yield line.right_ref, line.attempt
    elif isinstance(line, EntitledLine):
        yield from ((right.right_ref, 1) for right in line.rights)


def _revoking(line: GrantedLine, prepared: RunPrepared, reason: str, at: datetime) -> Work[WithdrawalCommand, Books]:
    command = RevokeAllowance(
        right_ref=line.right_ref,
        household_ref=line.household_ref,
        scheme=prepared.scheme,
        scheme_year=prepared.scheme_year,
        run_ref=prepared.run_ref,
        adults=line.adults,
        reason_code=reason,
    )

    def free_dwelling(tx: Transaction, recorded: Recorded) -> None:
        if line.dwelling_ref and any(isinstance(envelope.event, ClaimReleased) for envelope in recorded):
            tx.drop(DWELLINGS, f"{prepared.scheme_year}/{line.dwelling_ref}")

    origin = Origin(SYSTEM, f"{prepared.run_ref}:{line.right_ref}:revoke", at, prepared.run_ref)
    return Work(decider=WITHDRAWAL, command=lambda _tx: command, origin=origin, body_hash=b"", beside=free_dwelling)


def _withdrawing(right_ref: str, attempt: int, prepared: RunPrepared, reason: str, at: datetime) -> Work[WithdrawalCommand, Books]:
    command = WithdrawPayment(right_ref, attempt, reason)
    origin = Origin(SYSTEM, f"{prepared.run_ref}:{right_ref}:withdraw", at, prepared.run_ref)
    return Work(decider=WITHDRAWAL, command=lambda _tx: command, origin=origin, body_hash=b"")
