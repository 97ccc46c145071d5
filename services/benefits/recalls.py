"""Payments of a run that the bank is asked to get back: gathered per debtor's account into files that leave once."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from services.benefits.debtor import Debtor, DebtorAccount
from services.benefits.payment import PAYMENT
from services.benefits.recall_file import Recall, RecallHeader, write
from services.benefits.references import right_stream
from services.benefits.right import Attempt, Granted
from services.contracts.benefits import PaymentInstructed
from services.contracts.envelope import Event
from services.contracts.payouts import PaymentRecallAsked, RecallFileHandedOver
from services.eventlog.decider import Decider, Refused
from services.eventlog.log import EventLog
from services.vault.keyed_hash import KeyedHash

STREAMS = "benefits/recall-file/"
Files = tuple[RecallFileHandedOver, ...]


def recall_files_stream(run_ref: str) -> str:
    """Stream of the recall files of a run."""
    return STREAMS + run_ref


@dataclass(frozen=True, slots=True)
class HandOverRecalls:
    """Let this person take a recall file; `file` says what is in it, as of its first handover."""

    file: RecallFileHandedOver


def _decide(state: Files, command: HandOverRecalls) -> list[Event] | Refused:
    file = command.file
    before = [each for each in state if each.number == file.number]
    if not before and file.number != 1 + max((each.number for each in state), default=0):
        return Refused("not-the-next-file")
    if any(each.sha256 != file.sha256 for each in before):
        return Refused("recall-file-differs")
    if file.handed_to in {each.handed_to for each in before}:
        return Refused("handed-over-already", "a second time takes another person")
    return [file.model_copy(update={"handover": 1 + len(before)})]


RECALL_FILES: Decider[HandOverRecalls, Files] = Decider(
    initial=(),
    reads=lambda command: (recall_files_stream(command.file.run_ref),),
    decide=_decide,
    evolve=lambda state, event: (*state, cast("RecallFileHandedOver", event)),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A recall with the position and the moment at which it was recorded."""

    recall: Recall
    position: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RecallFiles:
    """Where recalls are gathered; `run_ref` is the run whose files the payments stand in, `rights` all rights of it."""

    log: EventLog
    debtor: Debtor
    fingerprints: KeyedHash
    run_ref: str
    rights: tuple[str, ...]

    def handed_over(self) -> Files:
        """What left already."""
        return RECALL_FILES.fold(envelope.event for envelope in self.log.read(recall_files_stream(self.run_ref)))

    def waiting(self) -> list[Asked]:
        """Recalls that no file holds yet."""
        upto: dict[str, int] = defaultdict(int)
        for file in self.handed_over():
            upto[file.debtor_fingerprint] = max(upto[file.debtor_fingerprint], file.upto_position)
        return [each for each in self._asked(self.log.head()) if each.position > upto[self._fingerprint(each)]]

    def answers(self) -> list[dict[str, Any]]:
        """Every payment of the run whose money was asked back, with the bank's word on it: `asked` where there is none yet."""
        return [_told(attempt, attempt.recalled) for attempt in self._recalled() if attempt.recalled is not None]

    def _recalled(self) -> Iterator[Attempt]:
        for right in self.rights:
            state = PAYMENT.fold(envelope.event for envelope in self.log.read(right_stream(right)))
            attempts = state.attempts if isinstance(state, Granted) else ()
            yield from (each for each in attempts if each.payment.message_id.startswith(f"{self.run_ref}-"))

    def file(self, number: int, taker: str) -> tuple[RecallFileHandedOver, bytes] | None:
        """The file of this number, for somebody to take: as it left before, or the next one; None where nothing waits for it."""
        before = next((each for each in self.handed_over() if each.number == number), None)
        return self._next(number, taker) if before is None else self._again(before, taker)

    def _again(self, before: RecallFileHandedOver, taker: str) -> tuple[RecallFileHandedOver, bytes]:
        within = [
            each
            for each in self._asked(before.upto_position)
            if each.position > before.after_position and self._fingerprint(each) == before.debtor_fingerprint
        ]
        return self._made(before.number, (before.after_position, before.upto_position), within, taker)

    def _next(self, number: int, taker: str) -> tuple[RecallFileHandedOver, bytes] | None:
        head = self.log.head()
        waiting = [each for each in self.waiting() if each.position <= head]
        if not waiting:
            return None
        account = self._fingerprint(waiting[0])
        after = max((each.upto_position for each in self.handed_over() if each.debtor_fingerprint == account), default=0)
        return self._made(number, (after, head), [each for each in waiting if self._fingerprint(each) == account], taker)

    def _made(self, number: int, window: tuple[int, int], asked: list[Asked], taker: str) -> tuple[RecallFileHandedOver, bytes]:
        name, account = f"{self.run_ref}-rc{number}", self._account(asked[0])
        header = RecallHeader(name, self.debtor.name, account, max(each.recorded_at for each in asked))
        body = write(header, [each.recall for each in asked])
        fact = RecallFileHandedOver(
            run_ref=self.run_ref,
            message_id=name,
            number=number,
            after_position=window[0],
            upto_position=window[1],
            debtor_fingerprint=self._fingerprint(asked[0]),
            count=len(asked),
            total_cents=sum(each.recall.payment.amount_cents for each in asked),
            sha256=sha256(body).hexdigest(),
            handover=1,
            handed_to=taker,
        )
        return fact, body

    def _asked(self, upto: int) -> Iterator[Asked]:
        """Every recall up to a position, of payments in files of this run."""
        for right in self.rights:
            sent: dict[int, PaymentInstructed] = {}
            for envelope in self.log.read(right_stream(right)):
                event = envelope.event
                if isinstance(event, PaymentInstructed):
                    sent[event.attempt] = event
                elif isinstance(event, PaymentRecallAsked) and envelope.position <= upto:
                    payment = sent[event.attempt]
                    if payment.message_id.startswith(f"{self.run_ref}-"):
                        yield Asked(Recall(payment, event.reason_code), envelope.position, envelope.recorded_at)

    def _account(self, asked: Asked) -> DebtorAccount:
        return self.debtor.account_of(asked.recall.payment.municipality)

    def _fingerprint(self, asked: Asked) -> str:
        return self.fingerprints.of(self._account(asked).iban)


def _told(attempt: Attempt, asked: PaymentRecallAsked) -> dict[str, Any]:
    answer = attempt.recall_answer
    return {
        "right_ref": asked.right_ref,
        "attempt": asked.attempt,
        "cents": asked.amount_cents,
        "reason_code": asked.reason_code,
        "outcome": "asked" if answer is None else answer.outcome,
        "answer_code": None if answer is None else answer.reason_code,
        "payment": attempt.outcome,
    }
