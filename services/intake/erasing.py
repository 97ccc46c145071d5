"""How a client is erased: asked for by a person or by the clock, answered by the other services, and ended here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args

import orjson

from services.contracts.envelope import Envelope, Event
from services.contracts.erasure import (
    Asked as Ground,
)
from services.contracts.erasure import (
    BenefitsErasure,
    ClientErased,
    ErasureCalledOff,
    ErasureCleared,
    ErasureHindered,
    ErasureOrdered,
    ErasureRequested,
    HandoverErasure,
    Hindrance,
    VaultErased,
)
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Answer, Due, Origin, Transaction
from services.intake import look_alikes, nameless, waiting
from services.intake.client import stream_of as client_stream
from services.intake.desk import BSN, Absent, Asked, Desk, begin_of, local_day
from services.intake.erasure import (
    ERASE,
    OTHERS,
    Command,
    Erased,
    Erasure,
    FinishErasure,
    RequestErasure,
    UnderWay,
    WeighAnswers,
    stream_of,
)
from services.intake.keeping import hindrances, home_of
from services.intake.settling import RETENTION
from services.vault.erasure import bar, destroy, unbar
from services.vault.retention import Retention

TOLD = tuple(fact.TYPE for fact in (*get_args(BenefitsErasure), *get_args(HandoverErasure)))
"""The only facts of other services that matter to intake."""
ANSWERS, DONE = "erasure-answers", "erasure-done"
ACTOR = "reactor:intake"
CLOCK = "clock"
"""Who asks by itself (services/eventlog/clock.py), and so asks again by itself."""
LOOK_AGAIN = timedelta(days=30)
"""A client who is needed for as long as nobody knows is looked at again after so long."""

NOWHERE = Refused("unknown-client", "this client lives in no household that is known here")

ErasureWork = Work[Command, Erasure]


@dataclass(frozen=True, slots=True)
class Eraser:
    """What erasing needs beside its decision; `now` gives the time in UTC."""

    desk: Desk
    retention: Retention
    now: Callable[[], datetime]

    def requested(self, asked: Asked, client: str, ground: Ground) -> ErasureWork:
        """A person asks; `Absent` where the client is not known."""

        def command(tx: Transaction) -> Command:
            home = home_of(tx, client)
            if home is None:
                raise Absent("client")
            asked.permit(home[1].municipality)
            request = self._request(tx, client, home[1].municipality, ground, asked.origin)
            self._refused(tx, request, asked.origin.at)
            return request

        return Work(ERASE, command, asked.origin, asked.body_hash, asked.expected, self.note)

    def fallen_due(self, due: Due, origin: Origin) -> Callable[[Transaction], Answer]:
        """The clock asks: a client whose term is over is erased, another one is looked at again on the day that it will be."""
        client = due.stream.removeprefix(client_stream(""))

        def fall_due(tx: Transaction) -> Answer:
            home = home_of(tx, client)
            municipality = "" if home is None else home[1].municipality
            request = self._request(tx, client, municipality, "retention-ended", origin)
            if waiting.of(tx, client) is not None:
                self._refused(tx, request, origin.at)
            else:
                self._look_again(tx, client, request.hindrances, request.today)
            command: Command | Refused = NOWHERE if home is None else request
            work: ErasureWork = Work(ERASE, lambda _tx: command, origin, origin.command_id.encode(), beside=self.note)
            return work(tx)

        return fall_due

    def _refused(self, tx: Transaction, request: RequestErasure, at: datetime) -> None:
        """What somebody asked for is not forgotten where intake needs the client: the clock asks again, and metrics tell."""
        if not request.hindrances or isinstance(ERASE.fold(tx.read(stream_of(request.client))), UnderWay | Erased):
            return
        again_at = self._look_again(tx, request.client, request.hindrances, request.today)
        waiting.moved(tx, waiting.asked(tx, request.client, "refused", at, request.requested_by), "refused", again_at)

    def _request(self, tx: Transaction, client: str, municipality: str, ground: Ground, origin: Origin) -> RequestErasure:
        today = local_day(origin.at)
        return RequestErasure(client, municipality, ground, origin.actor, today, hindrances(tx, client, self.retention, today))

    def react(self, envelope: Envelope[Event]) -> list[ErasureWork]:
        """For the reactor: what the other services answer."""
        told = envelope.event
        origin = Origin(ACTOR, f"{envelope.event_id}:erasure", self.now(), envelope.correlation_id, envelope.event_id)
        match told:
            case ErasureCleared() | ErasureHindered():
                said = told.hindrances if isinstance(told, ErasureHindered) else ()
                return [Work(ERASE, lambda tx: _weighed(tx, envelope.service, told, said), origin, b"", beside=self.note)]
            case VaultErased():
                today = local_day(origin.at)
                return [Work(ERASE, lambda tx: _finished(tx, envelope.service, told, today), origin, b"", beside=self.note)]
            case _:
                return []

    def note(self, tx: Transaction, recorded: Recorded) -> None:
        """What these facts mean beside them, now and again after a restore, which may have brought name and BSN back."""
        for envelope in recorded:
            event = envelope.event
            match event:
                case ErasureRequested():
                    bar(tx, event.client)
                    waiting.asked(tx, event.client, "asked", envelope.recorded_at, event.requested_by)
                case ErasureOrdered():
                    waiting.asked(tx, event.client, "ordered", envelope.recorded_at, ACTOR)
                case ErasureCalledOff():
                    self._called_off(tx, event, envelope.recorded_at)
                case ClientErased():
                    self._destroy(tx, event.client)
                case _:
                    pass

    def _called_off(self, tx: Transaction, event: ErasureCalledOff, at: datetime) -> None:
        unbar(tx, event.client)
        again_at = self._look_again(tx, event.client, event.hindrances, local_day(at))
        waits = waiting.of(tx, event.client)
        if waits is not None and waits.asked_by != CLOCK:
            waiting.moved(tx, waits, "refused", again_at)
        else:
            waiting.over(tx, event.client)

    def _look_again(self, tx: Transaction, client: str, found: tuple[Hindrance, ...], today: date) -> datetime | None:
        if not found:
            return None
        known = [hindrance.until for hindrance in found if hindrance.until is not None and hindrance.until > today]
        again_at = begin_of(max(known, default=today + LOOK_AGAIN))
        tx.schedule(Due(client_stream(client), RETENTION, again_at))
        return again_at

    def _destroy(self, tx: Transaction, client: str) -> None:
        for bsn_hash in tx.keys_of(BSN, client.encode()):
            tx.drop(BSN, bsn_hash)
        nameless.forget(tx, client)
        look_alikes.forget(tx, self.desk, client)
        tx.unschedule(client_stream(client), RETENTION)
        waiting.over(tx, client)
        destroy(tx, self.desk.vault, client)


def _key(client: str, service: str) -> str:
    return f"{client}/{service}"


def _weighed(tx: Transaction, service: str, told: ErasureCleared | ErasureHindered, said: tuple[Hindrance, ...]) -> WeighAnswers:
    """The answer is kept also where it decides nothing yet; after a restore the services' topics are read again from the start."""
    content = [hindrance.model_dump(mode="json") for hindrance in said]
    tx.keep(ANSWERS, _key(told.client, service), orjson.dumps({"erasure": told.erasure, "hindrances": content}))
    return WeighAnswers(told.client, told.erasure, answers(tx.kept, told.client, told.erasure))


def answers(kept: Callable[[str, str], bytes | None], client: str, erasure: int) -> dict[str, tuple[Hindrance, ...]]:
    """What each service answered to an attempt so far; nothing in the way says that it cleared the client."""
    rows = {service: orjson.loads(row) for service in OTHERS if (row := kept(ANSWERS, _key(client, service))) is not None}
    return {
        service: tuple(Hindrance.model_validate_json(orjson.dumps(each)) for each in row["hindrances"])
        for service, row in rows.items()
        if row["erasure"] == erasure
    }


def _finished(tx: Transaction, service: str, told: VaultErased, today: date) -> FinishErasure:
    tx.keep(DONE, _key(told.client, service), str(told.erasure).encode())
    return FinishErasure(told.client, told.erasure, done(tx.kept, told.client, told.erasure), today)


def done(kept: Callable[[str, str], bytes | None], client: str, erasure: int) -> frozenset[str]:
    """The services that destroyed what they held."""
    return frozenset(service for service in OTHERS if kept(DONE, _key(client, service)) == str(erasure).encode())
