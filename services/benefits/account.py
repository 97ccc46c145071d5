"""The account that a client is paid on: bound once, the number in the vault, and recognised by a keyed hash."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, cast

from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction
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


Bound = AccountBound | None


def _decide(state: Bound, command: BindAccount) -> list[Event] | Refused:
    if state is not None and state.fingerprint == command.fingerprint:
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


ACCOUNT: Decider[BindAccount, Bound] = Decider(
    initial=None,
    reads=lambda command: (STREAMS + command.client,),
    decide=_decide,
    evolve=lambda _state, event: cast("AccountBound", event),
)


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


def binding(command: BindAccount, holding: Holding, vault: Sealing, origin: Origin, body_hash: bytes) -> Work[BindAccount, Bound]:
    """The command with its number, which goes into the vault in the same transaction.

    A number that a restore lost comes back so: the same account again is no new fact, and fills the vault for the old one.
    """
    value = {"iban": holding.iban, "holder_name": holding.holder_name}

    def binds(tx: Transaction) -> BindAccount:
        bound = ACCOUNT.fold(tx.read(STREAMS + command.client))
        if bound is not None and bound.fingerprint == command.fingerprint and not vault.holds(tx, bound.account_ref):
            # The id of the old fact is not known in a transaction; the reference is as unique, and is sealed in as well.
            with suppress(Unopened):
                vault.seal(tx, bound.account_ref, command.client, bound.account_ref, value)
        return command

    def seal(tx: Transaction, recorded: Recorded) -> None:
        vault.seal(tx, command.account_ref, command.client, recorded[0].event_id, value)

    return Work(
        decider=ACCOUNT,
        command=binds,
        origin=origin,
        body_hash=body_hash,
        beside=seal,
        refs=lambda _recorded: {"account_ref": command.account_ref},
    )
