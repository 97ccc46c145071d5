"""What a run asks of each client, what is known of the client, and what the answer is made of."""

from dataclasses import dataclass, field, replace
from datetime import date

from services.benefits.assessment import Account
from services.benefits.monthly.dossier import Dossier, Money
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.recovery import Claim
from services.contracts.monthly_money import MonthlyRightGranted, RecoveryOffset, RecoveryOpened


@dataclass(frozen=True, slots=True)
class Ask:
    """A run: every month up to and including `month` (its first day), decided on one day, promised on another.

    `worked` keeps for the run what months come to by now, by their first day and the facts that they were decided on.
    """

    run_ref: str
    month: date
    decided_on: date
    promised_on: date
    norms: Norms
    worked: dict[tuple[date, str], tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """One client as the log knows them: dossier, account to be paid on, and open claims, the oldest first.

    `read_upto` is the version of the client's stream that the dossier was read to.
    """

    client: str
    household_ref: str
    municipality: str
    own: Dossier
    account: Account | None
    claims: tuple[Claim, ...] = ()
    read_upto: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a client is due in a run, as the facts that will tell it; `reasons` say what is not due, by month where there is one."""

    money: tuple[Money, ...] = ()
    rights: tuple[MonthlyRightGranted, ...] = ()
    offsets: tuple[RecoveryOffset, ...] = ()
    opened: tuple[RecoveryOpened, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def amount_cents(self) -> int:
        """What is paid."""
        return sum(right.amount_cents for right in self.rights)

    def and_then(self, other: "Plan") -> "Plan":
        """The plan with another after it."""
        return Plan(
            (*self.money, *other.money),
            (*self.rights, *other.rights),
            (*self.offsets, *other.offsets),
            (*self.opened, *other.opened),
            (*self.reasons, *other.reasons),
        )

    def because(self, reason: str) -> "Plan":
        """The plan with one more reason why something is not due."""
        return replace(self, reasons=(*self.reasons, reason))


def after(client: Client, due: Plan) -> Client:
    """The client once the plan is recorded."""
    own = replace(client.own, money=(*client.own.money, *due.money))
    taken = {claim.opened.claim_ref: 0 for claim in client.claims}
    for offset in due.offsets:
        taken[offset.claim_ref] += offset.amount_cents
    claims = tuple(replace(claim, open_cents=claim.open_cents - taken[claim.opened.claim_ref]) for claim in client.claims)
    return replace(client, own=own, claims=claims)
