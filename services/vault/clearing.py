"""A service that is asked to let a client go: it clears the client or says what hinders, and destroys only what it cleared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, assert_never

from services.contracts.envelope import Envelope, Event
from services.contracts.erasure import (
    ErasureCalledOff,
    ErasureCleared,
    ErasureEvent,
    ErasureHindered,
    ErasureOrdered,
    ErasureRequested,
    Hindrance,
    VaultErased,
)
from services.eventlog.decider import Decider, Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Origin, Transaction
from services.vault.erasure import bar, destroy, unbar
from services.vault.vault import Vault

Hinders = Callable[[Transaction, str, date], Sequence[Hindrance]]
"""Everything for which a service still needs a client on a day."""


@dataclass(frozen=True, slots=True)
class Language:
    """The facts in which one service answers."""

    cleared: type[ErasureCleared]
    hindered: type[ErasureHindered]
    called_off: type[ErasureEvent]
    erased: type[VaultErased]


@dataclass(frozen=True, slots=True)
class About:
    """Whom an attempt is about; attempts count from 1 per client."""

    client: str
    municipality: str
    erasure: int


@dataclass(frozen=True, slots=True)
class ClearClient:
    """Intake asks whether the client is still needed; `hindrances` is what was found."""

    about: About
    hindrances: tuple[Hindrance, ...]


@dataclass(frozen=True, slots=True)
class DestroyClient:
    """Every service cleared the client."""

    about: About
    today: date


@dataclass(frozen=True, slots=True)
class KeepClient:
    """Another service needs the client: go on."""

    about: About


ClearingCommand = ClearClient | DestroyClient | KeepClient
Stage = Literal["never-asked", "cleared", "hindered", "called-off", "erased"]


@dataclass(frozen=True, slots=True)
class Clearing:
    """The last attempt that the service answered, and where it stands."""

    erasure: int = 0
    stage: Stage = "never-asked"


@dataclass(frozen=True, slots=True)
class Clearance:
    """How one service answers. `hinders` looks inside the transaction; `gone` drops what lies beside the facts of a client."""

    service: str
    language: Language
    vault: Vault
    hinders: Hinders
    gone: Callable[[Transaction, str], None]
    now: Callable[[], datetime]
    day: Callable[[datetime], date]

    def react(self, envelope: Envelope[Event]) -> list[Work[ClearingCommand, Clearing]]:
        """For the reactor: the command that follows from a fact of intake, if one does."""
        asked = envelope.event
        if not isinstance(asked, ErasureRequested | ErasureOrdered | ErasureCalledOff):
            return []
        at = self.now()
        origin = Origin(f"reactor:{self.service}", f"{envelope.event_id}:erasure", at, envelope.correlation_id, envelope.event_id)
        return [Work(self.decider, lambda tx: self._command(tx, asked, at), origin, b"", beside=self.note)]

    def _command(self, tx: Transaction, asked: ErasureRequested | ErasureOrdered | ErasureCalledOff, at: datetime) -> ClearingCommand:
        about, today = About(asked.client, asked.municipality, asked.erasure), self.day(at)
        match asked:
            case ErasureRequested():
                return ClearClient(about, tuple(self.hinders(tx, asked.client, today)))
            case ErasureOrdered():
                return DestroyClient(about, today)
            case ErasureCalledOff():
                return KeepClient(about)
            case _:
                assert_never(asked)

    def note(self, tx: Transaction, recorded: Recorded) -> None:
        """What an answer means beside the facts, now and again after a restore, which may have brought the vault rows back."""
        for envelope in recorded:
            event = envelope.event
            if isinstance(event, self.language.cleared):
                bar(tx, event.client)
            elif isinstance(event, self.language.called_off):
                unbar(tx, event.client)
            elif isinstance(event, self.language.erased):
                destroy(tx, self.vault, event.client)
                self.gone(tx, event.client)

    @property
    def decider(self) -> Decider[ClearingCommand, Clearing]:
        """How the service decides on an attempt."""
        return Decider(Clearing(), lambda command: (self._stream(command),), self._decide, self._evolve)

    def _stream(self, command: ClearingCommand) -> str:
        return self.language.erased.STREAMS + command.about.client

    def _decide(self, state: Clearing, command: ClearingCommand) -> Sequence[Event] | Refused:
        about = command.about
        said: dict[str, Any] = {"client": about.client, "municipality": about.municipality, "erasure": about.erasure}
        if state.stage == "erased":
            return []
        match command:
            case ClearClient():
                return [] if about.erasure <= state.erasure else [self._answer(command, said)]
            case DestroyClient():
                is_cleared = state == Clearing(about.erasure, "cleared")
                return [self.language.erased(**said, erased_on=command.today)] if is_cleared else Refused("not-cleared")
            case KeepClient():
                return [self.language.called_off(**said)] if state == Clearing(about.erasure, "cleared") else []
            case _:
                assert_never(command)

    def _answer(self, command: ClearClient, said: dict[str, Any]) -> Event:
        answer = self.language.hindered.model_validate({**said, "hindrances": command.hindrances})
        return answer if command.hindrances else self.language.cleared.model_validate(said)

    def _evolve(self, state: Clearing, event: Event) -> Clearing:
        told, language = event, self.language
        stages: tuple[tuple[type[ErasureEvent], Stage], ...] = (
            (language.cleared, "cleared"),
            (language.hindered, "hindered"),
            (language.called_off, "called-off"),
            (language.erased, "erased"),
        )
        return next((Clearing(told.erasure, stage) for kind, stage in stages if isinstance(told, kind)), state)
