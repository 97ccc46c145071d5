"""The rights and offsets that the parts of one decision come to, each under its own name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from services.benefits.assessment import Account
from services.benefits.monthly.ask import Ask, Client
from services.benefits.monthly.distribution import Wanted
from services.benefits.monthly.periods import last_day, month_of
from services.benefits.monthly.shares import attachments
from services.benefits.references import monthly_right_ref
from services.contracts.monthly import AttachmentServed, FixedChargeArranged
from services.contracts.monthly_money import MonthlyRightGranted, Part, RecoveryOffset, RightKind

UNBOUND = Account("", "")
"""Stands in a plan that is never recorded: a client without an account is held (`entitlement.py`)."""


def whose(client: Client) -> dict[str, Any]:
    """The client, household and municipality of a fact."""
    return {"client": client.client, "household_ref": client.household_ref, "municipality": client.municipality}


@dataclass(slots=True)
class Orders:
    """What one decision on one month comes to; nothing is ordered for nothing."""

    ask: Ask
    client: Client
    month: str
    sequence: int
    facts_hash: str
    rests_on: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)
    rights: list[MonthlyRightGranted] = field(default_factory=list)
    offsets: list[RecoveryOffset] = field(default_factory=list)

    @property
    def said(self) -> dict[str, Any]:
        """The fields of every decision about money."""
        return {
            **whose(self.client),
            "run_ref": self.ask.run_ref,
            "month": self.month,
            "sequence": self.sequence,
            "parts": tuple(self.parts),
            "rule_version": self.ask.norms.rule_version,
            "facts_hash": self.facts_hash,
            "decided_on": self.ask.decided_on,
            "rests_on": self.rests_on,
        }

    def to_client(self, kind: RightKind, cents: int) -> None:
        """A right of the client, on the client's own account."""
        if cents:
            right = self._right(kind, cents, self.client.account or UNBOUND, "")
            self.parts.append(Part(kind="client", ref=right.right_ref, cents=cents))

    def to_charges(self, taken: Sequence[Wanted]) -> None:
        """A right for each third party that is paid for the client."""
        payees = {e.charge_ref: _account(e) for e in self.client.own.decisions if isinstance(e, FixedChargeArranged)}
        for each in taken:
            right = self._right("fixed-charge", each.cents, payees[each.ref], each.ref)
            self.parts.append(Part(kind="fixed-charge", ref=right.right_ref, cents=each.cents, payee=each.ref))

    def to_attachments(self, taken: Sequence[Wanted]) -> None:
        """A right for each creditor's bailiff, on the account that holds in the month."""
        held = attachments(self.client.own, last_day(month_of(self.month)))
        payees = {each.attachment_ref: _account(each) for each in held}
        for each in taken:
            right = self._right("attachment", each.cents, payees[each.ref], each.ref)
            self.parts.append(Part(kind="attachment", ref=right.right_ref, cents=each.cents, payee=each.ref))

    def to_claims(self, taken: Sequence[Wanted]) -> None:
        """An offset on each recovery claim."""
        for each in taken:
            self.parts.append(Part(kind="recovery", ref=each.ref, cents=each.cents))
            self.offsets.append(
                RecoveryOffset(
                    claim_ref=each.ref,
                    client=self.client.client,
                    municipality=self.client.municipality,
                    amount_cents=each.cents,
                    run_ref=self.ask.run_ref,
                    month=self.month,
                )
            )

    def kept(self, kind: Literal["advance", "reserve"], cents: int) -> None:
        """What is not paid now."""
        if cents:
            self.parts.append(Part(kind=kind, ref="", cents=cents))

    def _right(self, kind: RightKind, cents: int, account: Account, payee: str) -> MonthlyRightGranted:
        right = MonthlyRightGranted(
            **whose(self.client),
            right_ref=monthly_right_ref((self.client.client, self.client.municipality), self.month, kind, self.sequence, payee),
            run_ref=self.ask.run_ref,
            amount_cents=cents,
            month=self.month,
            kind=kind,
            payee=payee,
            sequence=self.sequence,
            rule_version=self.ask.norms.rule_version,
            facts_hash=self.facts_hash,
            decided_on=self.ask.decided_on,
            account_ref=account.account_ref,
            account_fingerprint=account.fingerprint,
            promised_on=self.ask.promised_on,
        )
        self.rights.append(right)
        return right


def _account(payee: FixedChargeArranged | AttachmentServed) -> Account:
    return Account(payee.account_ref, payee.account_fingerprint)
