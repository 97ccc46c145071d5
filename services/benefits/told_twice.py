"""Many banks tell a booking twice, in a camt.054 of the day and in the camt.053 after it; that is no second movement of money."""

from dataclasses import dataclass, field

from services.benefits.bank_document import STREAMS
from services.benefits.payment import PAYMENT, BankCommand, BookPayment, ReturnPayment
from services.benefits.references import right_stream
from services.benefits.right import Granted
from services.contracts.bank import BankAnswerRead
from services.contracts.benefits import PaymentPaid, PaymentReturned
from services.eventlog.log import Answer, EventLog

PAIR = frozenset({"camt.053", "camt.054"})


@dataclass(slots=True)
class ToldTwice:
    """What a message of this kind repeats of the other kind; each payment once, so that money that moved twice is seen."""

    log: EventLog
    kind: str
    excused: set[tuple[str, int, type[BankCommand]]] = field(default_factory=set)

    def excuses(self, command: BankCommand, answer: Answer) -> bool:
        """Whether a line that settled nothing only repeats, to the day and the cent, what the other kind of message said."""
        if answer.reason != "already-settled" or not isinstance(command, BookPayment | ReturnPayment):
            return False
        key = command.right_ref, command.attempt, type(command)
        repeats = key not in self.excused and self._told_by_the_other(command)
        self.excused.add(key)
        return repeats

    def _told_by_the_other(self, command: BookPayment | ReturnPayment) -> bool:
        state = PAYMENT.fold(envelope.event for envelope in self.log.read(right_stream(command.right_ref)))
        answers = state.attempts[command.attempt - 1].answers if isinstance(state, Granted) else ()
        wanted = PaymentPaid if isinstance(command, BookPayment) else PaymentReturned
        said = (command.amount_cents, command.booked_on)
        same = [each for each in answers if isinstance(each, wanted) and (each.amount_cents, each.booked_on) == said]
        return any({self.kind, self._kind_of(each.document_ref)} == PAIR for each in same)

    def _kind_of(self, document_ref: str) -> str:
        facts = (envelope.event for envelope in self.log.read(STREAMS + document_ref))
        return next((fact.kind for fact in facts if isinstance(fact, BankAnswerRead)), "")
