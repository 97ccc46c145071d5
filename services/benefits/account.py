"""The account that a client is paid on: the number in the vault, recognised by a keyed hash; near a payment two people change it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, assert_never, cast

from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.contracts.payouts import AccountChangeProposed
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction
from services.vault.erasure import barred
from services.vault.vault import Unopened

STREAMS = "benefits/account/"


@dataclass(frozen=True, slots=True)
class BindAccount:
    """Pay this client on the account with this fingerprint from `on`."""

    client: str
    municipality: str
    account_ref: str
    fingerprint: str
    on: date


@dataclass(frozen=True, slots=True)
class ProposeAccount:
    """Money for this client is near: a first account is bound, another one waits for a second person."""

    account: BindAccount
    proposed_by: str

    @property
    def client(self) -> str:
        """Whose account."""
        return self.account.client


@dataclass(frozen=True, slots=True)
class ConfirmAccount:
    """A second person typed the number from the evidence, and it came to this fingerprint."""

    client: str
    municipality: str
    fingerprint: str
    on: date
    confirmed_by: str


AccountCommand = BindAccount | ProposeAccount | ConfirmAccount
AccountFact = AccountBound | AccountChangeProposed


@dataclass(frozen=True, slots=True)
class Bound:
    """The account that counts, and the change that waits for a second person; a later proposal takes the earlier one's place."""

    account: AccountBound | None = None
    proposed: AccountChangeProposed | None = None


def evolve(state: Bound, fact: AccountFact) -> Bound:
    """The account after one more fact."""
    match fact:
        case AccountBound():
            return Bound(fact)
        case AccountChangeProposed():
            return replace(state, proposed=fact)
        case _:
            assert_never(fact)


def _decide(state: Bound, command: AccountCommand) -> list[Event] | Refused:
    match command:
        case BindAccount():
            return _bind(state, command)
        case ProposeAccount():
            return _propose(state, command)
        case ConfirmAccount():
            return _confirm(state, command)
        case _:
            assert_never(command)


def _bind(state: Bound, command: BindAccount) -> list[Event]:
    if state.account is not None and state.account.fingerprint == command.fingerprint:
        return []
    return [
        AccountBound(
            client=command.client,
            municipality=command.municipality,
            account_ref=command.account_ref,
            fingerprint=command.fingerprint,
            on=command.on,
        )
    ]


def _propose(state: Bound, command: ProposeAccount) -> list[Event]:
    account = command.account
    if state.account is None or state.account.fingerprint == account.fingerprint:
        return _bind(state, account)
    if state.proposed is not None and state.proposed.fingerprint == account.fingerprint:
        return []
    return [
        AccountChangeProposed(
            client=account.client,
            municipality=account.municipality,
            account_ref=account.account_ref,
            fingerprint=account.fingerprint,
            on=account.on,
            proposed_by=command.proposed_by,
        )
    ]


def _confirm(state: Bound, command: ConfirmAccount) -> list[Event] | Refused:
    proposed = state.proposed
    if proposed is None or proposed.municipality != command.municipality:
        known = state.account is not None and state.account.fingerprint == command.fingerprint
        return [] if known else Refused("nothing-proposed")
    if proposed.proposed_by == command.confirmed_by:
        return Refused("proposer-cannot-confirm", "a second person confirms a change of account")
    if proposed.fingerprint != command.fingerprint:
        return Refused("account-differs", "this is not the account number that was proposed")
    return [
        AccountBound(
            client=proposed.client,
            municipality=proposed.municipality,
            account_ref=proposed.account_ref,
            fingerprint=proposed.fingerprint,
            on=command.on,
        )
    ]


ACCOUNT: Decider[AccountCommand, Bound] = Decider(
    initial=Bound(),
    reads=lambda command: (STREAMS + command.client,),
    decide=_decide,
    evolve=lambda state, event: evolve(state, cast("AccountFact", event)),
)


def account_of(source: Transaction, client: str) -> AccountBound | None:
    """The account that counts for a client; a change that waits for a second person does not."""
    return ACCOUNT.fold(source.read(STREAMS + client)).account


def bound_in(source: Transaction, client: str) -> str | None:
    """The municipality under which a client's account was bound last."""
    bound = account_of(source, client)
    return None if bound is None else bound.municipality


@dataclass(frozen=True, slots=True)
class Holding:
    """An account as people know it: personal data, for the vault and the bank only."""

    iban: str
    holder_name: str

    def __repr__(self) -> str:
        return "Holding()"


class Sealing(Protocol):
    """What the vault does for accounts."""

    def holds(self, source: Transaction, ref: str) -> bool:
        """Whether a value was written under `ref`."""

    def seal(self, tx: Transaction, ref: str, owner: str, event_id: str, value: Mapping[str, Any]) -> None:
        """Write a value under `ref` for its owner, bound to the fact `event_id`."""


def binding(
    command: BindAccount | ProposeAccount, holding: Holding, vault: Sealing, origin: Origin, body_hash: bytes
) -> Work[AccountCommand, Bound]:
    """The command with its number, which goes into the vault in the same transaction.

    A number that a restore lost comes back so: the same account again is no new fact, and fills the vault for the old one.
    """
    account = command.account if isinstance(command, ProposeAccount) else command
    value = {"iban": holding.iban, "holder_name": holding.holder_name}

    def binds(tx: Transaction) -> AccountCommand | Refused:
        refused = barred(tx, account.client)
        if refused is not None:
            return refused
        bound = account_of(tx, account.client)
        if bound is not None and bound.fingerprint == account.fingerprint and not vault.holds(tx, bound.account_ref):
            # The id of the old fact is not known in a transaction; the reference is as unique, and is sealed in as well.
            with suppress(Unopened):
                vault.seal(tx, bound.account_ref, account.client, bound.account_ref, value)
        return command

    def seal(tx: Transaction, recorded: Recorded) -> None:
        vault.seal(tx, account.account_ref, account.client, recorded[0].event_id, value)

    return Work(
        decider=ACCOUNT,
        command=binds,
        origin=origin,
        body_hash=body_hash,
        beside=seal,
        refs=lambda recorded: _refs(recorded, account.account_ref),
    )


def confirming(command: ConfirmAccount, origin: Origin, body_hash: bytes) -> Work[AccountCommand, Bound]:
    """The second person's command."""
    return Work(ACCOUNT, lambda tx: barred(tx, command.client) or command, origin, body_hash)


def _refs(recorded: Recorded, account_ref: str) -> Mapping[str, str]:
    waits = isinstance(recorded[0].event, AccountChangeProposed)
    return {"account_ref": account_ref, **({"waits_for": "second-person"} if waits else {})}
