"""Commands as callers give them: sent until there is an answer, now and then once more, and every answer is held to its word."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from deploy.simulation.nature import Nature
from deploy.simulation.rooms import Room
from services.eventlog.log import Answer, Conflict, LogUnavailable, Origin, OtherBody, Transaction

OTHER = b"other"

Work = Callable[[Transaction], Any]


class Violated(Exception):
    """An invariant does not hold; the text names stream, command or row."""

    def __init__(self, invariant: str, sentence: str) -> None:
        super().__init__(f"{invariant}: {sentence}")
        self.invariant = invariant


class Unanswered(Exception):
    """The caller does not know what became of a command, and sends it again later."""


@dataclass(frozen=True, eq=False)
class Command:
    """`make` gives the work anew for every time that it is sent, as a route of the service would."""

    room: Room
    actor: str
    command_id: str
    make: Callable[[Origin, bytes], Work]
    said: bytes = b"said"

    @property
    def name(self) -> tuple[str, str, str]:
        """By which the service knows it."""
        return self.room.name, self.actor, self.command_id

    def work(self, said: bytes) -> Work:
        """As it comes in now."""
        return self.make(Origin(self.actor, self.command_id, self.room.now(), self.command_id), said)


Told = Answer | str
"""An answer, or the code of what refused the command before it was one: `conflict`."""


class Callers:
    """Everybody who gives commands; remembers each first answer, and counts what came `without` one."""

    def __init__(self, nature: Nature) -> None:
        self._nature = nature
        self.answers: dict[tuple[str, str, str], Answer] = {}
        self.without = Counter[str]()
        self._given: list[Command] = []

    def give(self, command: Command) -> Told:
        """Send a command; raises `Unanswered`, `Violated` or `Crashed`."""
        said = self._sent(command)
        if isinstance(said, Answer):
            self._given.append(command)
        return said

    def _sent(self, command: Command) -> Told:
        self._require_up(command)
        try:
            waiting = list(self._submitted(command))
        except OSError:
            raise Unanswered from None
        told = [self._told(future) for future in waiting]
        for each in told:
            if isinstance(each, Answer):
                self._keeps_its_word(command, each)
        return told[-1]

    def _submitted(self, command: Command) -> "Iterator[Future[Any]]":
        if self._nature.faults.strikes("sent-twice"):
            yield command.room.log.submit(command.work(command.said))
        yield command.room.log.submit(command.work(command.said))

    def _told(self, future: "Future[Any]") -> Told:
        try:
            told: Told = future.result(30.0)
        except Conflict:
            self.without["conflict"] += 1
            return "conflict"
        except (LogUnavailable, TimeoutError):
            self.without["unanswered"] += 1
            raise Unanswered from None
        return told

    def _require_up(self, command: Command) -> None:
        if not command.room.is_up:
            raise Unanswered

    def _keeps_its_word(self, command: Command, answer: Answer) -> None:
        first = self.answers.setdefault(command.name, answer)
        if first != answer:
            raise Violated("I6", f"{command.name} was answered {first.outcome} at {first.position}, and again {answer}")

    def bother(self) -> None:
        """Somebody sends again what was answered long ago, or another command under an id that was used."""
        if not self._given:
            return
        command, faults = self._nature.chance.choice(self._given), self._nature.faults
        if faults.strikes("sent-again"):
            self._sent(command)
        if faults.strikes("other-body"):
            self._sent_otherwise(command)

    def _sent_otherwise(self, command: Command) -> None:
        self._require_up(command)
        try:
            answer = command.room.log.submit(command.work(OTHER)).result(30.0)
        except OtherBody:
            self.without["other-body"] += 1
            return
        except (LogUnavailable, TimeoutError):
            raise Unanswered from None
        raise Violated("I6", f"{command.name} was accepted with another body: {answer}")
