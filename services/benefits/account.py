"""The account that a client is paid on: bound once, the number in the vault, and recognised by a keyed hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, cast

from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction

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

    def seal(self, tx: Transaction, ref: str, owner: str, event_id: str, value: Mapping[str, Any]) -> None:
        """Write a value under `ref` for its owner, bound to the fact `event_id`."""


def binding(command: BindAccount, holding: Holding, vault: Sealing, origin: Origin, body_hash: bytes) -> Work[BindAccount, Bound]:
    """The command with its number, which goes into the vault in the same transaction."""

    def seal(tx: Transaction, recorded: Recorded) -> None:
        value = {"iban": holding.iban, "holder_name": holding.holder_name}
        vault.seal(tx, command.account_ref, command.client, recorded[0].event_id, value)

    return Work(
        decider=ACCOUNT,
        command=lambda _tx: command,
        origin=origin,
        body_hash=body_hash,
        beside=seal,
        refs=lambda _recorded: {"account_ref": command.account_ref},
    )
