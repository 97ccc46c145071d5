"""Thousands of clients with months of past in a log, each a copy of one of a few lives under names of its own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count, cycle
from typing import Final

from deploy.bench.lives import KINDS, Kind, Life
from deploy.region.chance import dice
from deploy.region.identifiers import ordinary_ibans
from services.benefits.monthly.client_book import CARRIED
from services.benefits.monthly.norms import Norms
from services.benefits.portions import ANSWER_SECONDS, portions
from services.benefits.references import monthly_right_ref
from services.contracts.codec import Record, published
from services.contracts.monthly_money import MonthlyRightGranted
from services.eventlog.identity import event_ids
from services.eventlog.log import EventLog, Transaction
from services.vault.keyed_hash import KeyedHash
from services.vault.vault import Vault

MODEL: Final = 0xFACADE0000000001
SEED: Final = 1
CLIENTS_AT_ONCE: Final = 200
_NAMES = re.compile(r"(fp-own-[0-9a-f]{16}|fp-third-[0-9a-f]{16}|facade0000000001|r[0-9a-f]{26})")


@dataclass(frozen=True, slots=True)
class Text:
    """Text about the client of the model, cut where a name stands."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Text":
        """Names stand at every second place."""
        return cls(tuple(_NAMES.split(text)))

    def about(self, names: Mapping[str, str]) -> str:
        """The same about another client."""
        pieces = list(self.pieces)
        pieces[1::2] = [names.get(name, name) for name in self.pieces[1::2]]
        return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Model:
    """A life to be copied: its facts, each with its stream, key, client and content as text; its rights; what was carried forward."""

    facts: tuple[tuple[Record, Text], ...]
    rights: tuple[MonthlyRightGranted, ...]
    carried: Text

    @classmethod
    def of(cls, kind: Kind, norms: Norms, until: date) -> "Model":
        """A life of this kind up to, and without, the month that begins on `until`."""
        life, codec = Life(MODEL, kind, norms), published()
        records = life.lived(until)
        told = [Text.of("\n".join((each.stream, each.key, each.client or "", each.data.decode()))) for each in records]
        granted = (codec.event(each.type, each.data) for each in records)
        rights = tuple(each for each in granted if isinstance(each, MonthlyRightGranted))
        return cls(tuple(zip(records, told, strict=True)), rights, Text.of((life.carried() or b"").decode()))

    def names(self, life: Life, own: str, third: str) -> dict[str, str]:
        """The names of another client, whose accounts have these fingerprints, by those of the model."""
        model, client = f"{MODEL:016x}", life.whose.client
        rights = {
            each.right_ref: monthly_right_ref(
                (client, life.whose.municipality), each.month, each.kind, each.sequence, each.payee.replace(model, life.ref)
            )
            for each in self.rights
        }
        return {model: life.ref, f"fp-own-{model}": own, f"fp-third-{model}": third, **rights}

    def records(self, names: Mapping[str, str], place: Callable[[], tuple[int, str]]) -> list[Record]:
        """Every fact of another client; `place` gives the next position and event id."""
        return [_renamed(record, text.about(names), *place()) for record, text in self.facts]


def _renamed(record: Record, told: str, position: int, event_id: str) -> Record:
    stream, key, client, data = told.split("\n")
    return record._replace(position=position, event_id=event_id, stream=stream, key=key, client=client or None, data=data.encode())


@dataclass(frozen=True, slots=True)
class Population:
    """Where clients are put, with their account numbers in the vault."""

    log: EventLog
    vault: Vault
    fingerprints: KeyedHash
    norms: Norms

    def settle(self, clients: int, until: date) -> None:
        """So many clients with every month up to, and without, that which begins on `until`."""
        models = {kind: Model.of(kind, self.norms, until) for kind in dict.fromkeys(KINDS)}
        positions, new_id, ibans = count(self.log.head() + 1), event_ids(), ordinary_ibans(dice(SEED, "iban"))
        kinds = cycle(KINDS)
        for numbers in portions(range(1, clients + 1), CLIENTS_AT_ONCE):
            works = [
                self._settling(
                    models[kind], Life(number, kind, self.norms), (next(ibans), next(ibans)), lambda: (next(positions), new_id())
                )
                for number, kind in zip(numbers, kinds, strict=False)
            ]
            for settled in [self.log.submit(work) for work in works]:
                settled.result(ANSWER_SECONDS)

    def _settling(
        self, model: Model, life: Life, ibans: tuple[str, str], place: Callable[[], tuple[int, str]]
    ) -> Callable[[Transaction], None]:
        names = model.names(life, *map(self.fingerprints.of, ibans))
        records, client = model.records(names, place), life.whose.client

        def settling(tx: Transaction) -> None:
            for record in records:
                tx.take_back(record)
            for account, iban in zip(life.accounts, ibans, strict=True):
                value = {"iban": iban, "holder_name": f"Rekening {life.number}"}
                self.vault.seal(tx, account.account_ref, client, account.account_ref, value)
            tx.keep(CARRIED, client, model.carried.about(names).encode())

        return settling
