"""I1 and half of I2: follows every right through its facts, cent by cent, and never has more than one payment open or paid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally

OPEN = ("instructed", "paid")
PERIOD = ("scheme", "household_ref", "scheme_year", "tranche", "sequence")
"""What makes a right, whatever its name (design.md D10)."""
MONTHLY = ("client", "month", "kind", "payee", "sequence")
"""The same for the monthly benefit."""

UNPAID = ("returned", "rejected", "withdrawn")
BUCKETS = ("pending", "instructed", "paid", "returned", "rejected", "withheld", "withdrawn")


@dataclass(slots=True)
class Attempt:
    """One payment: what the bank knows it by, in which file it stands, and what became of it."""

    end_to_end_id: str
    message_id: str
    amount_cents: int
    fingerprint: str
    municipality: str
    recorded_at: str
    state: str = "instructed"


@dataclass(slots=True)
class Right:
    """One right and where its cents are; of the monthly benefit where `scheme_year` is 0.

    `standing` is granted, refused, withheld or revoked.
    """

    right_ref: str
    client: str
    household_ref: str
    run_ref: str
    scheme_year: int
    standing: str
    decided_cents: int
    account_ref: str
    fingerprint: str
    promised_on: str
    cents: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    attempts: list[Attempt] = field(default_factory=list)
    is_set_off: bool = False
    """What came back of it met a claim: it is paid to nobody any more."""

    @property
    def decided_as(self) -> str:
        """How it was decided, whatever became of it later."""
        return "granted" if self.standing == "revoked" else self.standing

    @property
    def state(self) -> str:
        """What a view must show: where the last attempt stands, or the decision before any."""
        if self.standing == "revoked":
            return "withdrawn"
        if self.attempts:
            return "pending" if self.attempts[-1].state == "withdrawn" else self.attempts[-1].state
        return "pending" if self.standing == "granted" else self.standing


class Rights:
    """Every right of the benefits log, as far as it was read."""

    def __init__(self, money: Tally, attempts: Tally) -> None:
        self._money, self._attempts = money, attempts
        self.by_ref: dict[str, Right] = {}
        self._named: dict[tuple[Any, ...], str] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            "benefits.allowance-granted": self._decided,
            "benefits.allowance-refused": self._decided,
            "benefits.allowance-withheld": self._decided,
            "benefits.monthly-right-granted": self._decided,
            "benefits.payment-instructed": self._instructed,
            "benefits.payment-paid": self._answered,
            "benefits.payment-rejected": self._answered,
            "benefits.payment-returned": self._answered,
            "benefits.payment-withdrawn": self._withdrawn,
            "benefits.allowance-revoked": self._revoked,
            "benefits.monthly-right-set-off": self._set_off,
        }

    def granted(self) -> Iterator[Right]:
        """Every right that was granted."""
        return (right for right in self.by_ref.values() if right.standing == "granted")

    def payments(self) -> Iterator[tuple[Right, Attempt]]:
        """Every payment that was ever instructed."""
        return ((right, attempt) for right in self.by_ref.values() for attempt in right.attempts)

    def _decided(self, fact: Fact, content: Content) -> None:
        standing = fact.type.split(".")[-2].rpartition("-")[2]
        amount_cents, ref = content["amount_cents"], content["right_ref"]
        self._money.looked_at()
        self._attempts.looked_at()
        if ref in self.by_ref:
            self._money.fault(f"{fact.name} decides a right that was decided before")
            return
        period = tuple(content[name] for name in (MONTHLY if "month" in content else PERIOD))
        other = self._named.setdefault(period, ref)
        self._attempts.require(other == ref, f"{fact.name} decides what {other} decided: the same household, period and sequence")
        right = self.by_ref[ref] = Right(
            right_ref=ref,
            client=content["client"],
            household_ref=content["household_ref"],
            run_ref=content["run_ref"],
            scheme_year=content.get("scheme_year", 0),
            standing=standing,
            decided_cents=amount_cents,
            account_ref=content.get("account_ref", ""),
            fingerprint=content.get("account_fingerprint", ""),
            promised_on=content.get("promised_on", ""),
        )
        right.cents[{"granted": "pending", "withheld": "withheld", "refused": "pending"}[standing]] = amount_cents
        self._money.require(standing != "refused" or amount_cents == 0, f"{fact.name} refuses and yet decides {amount_cents} cents")
        self._add_up(fact, right)

    def _instructed(self, fact: Fact, content: Content) -> None:
        right = self._of(fact, content)
        if right is None:
            return
        number, before = content["attempt"], right.attempts
        named = f"{right.right_ref}-{number}"
        self._attempts.require(content["end_to_end_id"] == named, f"{fact.name} names its payment {content['end_to_end_id']}, not {named}")
        self._attempts.require(
            number == len(before) + 1, f"{fact.name} instructs attempt {number} of {right.right_ref} after {len(before)} attempts"
        )
        for earlier in before:
            self._attempts.require(
                earlier.state not in OPEN, f"{fact.name} instructs {right.right_ref} again while {earlier.end_to_end_id} is {earlier.state}"
            )
        source = before[-1].state if before and before[-1].state != "withdrawn" else "pending"
        right.attempts.append(
            Attempt(
                content["end_to_end_id"],
                content["message_id"],
                content["amount_cents"],
                content["account_fingerprint"],
                content["municipality"],
                fact.recorded_at,
            )
        )
        self._move(fact, right, source, "instructed", content["amount_cents"])

    def _answered(self, fact: Fact, content: Content) -> None:
        right = self._of(fact, content)
        if right is None:
            return
        known = next((a for a in right.attempts if a.end_to_end_id == content["end_to_end_id"]), None)
        if known is None:
            self._money.fault(f"{fact.name} settles {content['end_to_end_id']}, which was never instructed")
            return
        state, before = fact.type.split(".")[-2].removeprefix("payment-"), known.state
        # A return may come in a message before the one that books the payment.
        allowed = OPEN if state == "returned" else ("instructed",)
        self._money.require(before in allowed, f"{fact.name} makes {known.end_to_end_id} {state} after it was {before}")
        known.state = state
        self._move(fact, right, before, state, content["amount_cents"])

    def _withdrawn(self, fact: Fact, content: Content) -> None:
        """A payment that never left: its cents wait again."""
        right = self._of(fact, content)
        last = right.attempts[-1] if right and right.attempts else None
        if right is None or last is None or last.state != "instructed":
            self._money.fault(f"{fact.name} withdraws a payment of {content['right_ref']} that is not on its way")
            return
        last.state = "withdrawn"
        self._move(fact, right, "instructed", "pending", content["amount_cents"])

    def _revoked(self, fact: Fact, content: Content) -> None:
        right = self._of(fact, content)
        if right is not None:
            right.standing = "revoked"
            self._move(fact, right, "pending", "withdrawn", content["amount_cents"])

    def _set_off(self, fact: Fact, content: Content) -> None:
        """A payment that failed is made to nobody any more; the claim that it met is looked at among the months."""
        right = self._of(fact, content)
        last = right.attempts[-1].state if right and right.attempts else ""
        if right is None or last not in UNPAID:
            self._money.fault(f"{fact.name} sets off {content['right_ref']}, which did not come back")
            return
        right.is_set_off = True

    def _of(self, fact: Fact, content: Content) -> Right | None:
        right = self.by_ref.get(content["right_ref"])
        if right is None or right.standing != "granted":
            self._money.fault(f"{fact.name} pays {content['right_ref']}, which was not granted")
            return None
        self._money.require(not right.is_set_off, f"{fact.name} is about {right.right_ref}, which was set off")
        to_whom = (content["client"], content["household_ref"])
        self._money.require(
            to_whom == (right.client, right.household_ref), f"{fact.name} is of another client or household than was decided"
        )
        return right

    def _move(self, fact: Fact, right: Right, source: str, target: str, amount_cents: int) -> None:
        right.cents[source] -= amount_cents
        right.cents[target] += amount_cents
        self._add_up(fact, right)

    def _add_up(self, fact: Fact, right: Right) -> None:
        below = [bucket for bucket in BUCKETS if right.cents[bucket] < 0]
        self._money.require(not below, f"{fact.name} makes {' and '.join(below)} of {right.right_ref} negative")
        total_cents = sum(right.cents.values())
        self._money.require(
            total_cents == right.decided_cents,
            f"{fact.name}: {right.right_ref} decided {right.decided_cents} cents, accounts for {total_cents}",
        )
