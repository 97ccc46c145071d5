"""How applications and acceptances come in: the client is found in the household where the client lives now."""

from collections.abc import Callable
from dataclasses import dataclass

from services.access.caller import NOWHERE
from services.contracts.intake import ApplicationReceived
from services.eventlog.decider import Refused
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Transaction
from services.intake.bodies import AcceptanceBody, ApplicationBody, ApplicationContent
from services.intake.client import AcceptIntake, Client, Command, ReceiveApplication, client
from services.intake.desk import Absent, Asked, Desk, household_of, person_of
from services.intake.household import Unknown, household, stream_of
from services.intake.lines import ApplicationLine
from services.intake.same_person import superseded
from services.vault.erasure import barred


@dataclass(frozen=True, slots=True)
class Found:
    """A client, and where the client lives now."""

    client: str
    household_ref: str
    municipality: str


Find = Callable[[Transaction], Found | Refused]


def application(desk: Desk, asked: Asked, body: ApplicationBody) -> Work[Command, Client]:
    """An application by a client who is known; `Absent` where the client is not."""
    return _Application(desk, asked, body, lambda tx: at_home(tx, asked, body.client)).work()


def application_line(desk: Desk, asked: Asked, line: ApplicationLine) -> Work[Command, Client]:
    """A line of a file of applications, by BSN; refused where nobody with it is known. Raises what `permit` raises."""

    def find(tx: Transaction) -> Found | Refused:
        person = person_of(tx, desk.hashes, line.bsn)
        if person is None:
            asked.permit(NOWHERE)
            return Refused("unknown-person")
        return at_home(tx, asked, person)

    return _Application(desk, asked, line, find).work()


def acceptance(asked: Asked, client_ref: str, body: AcceptanceBody) -> Work[Command, Client]:
    """A client comes into care; `Absent` where the client is not known."""

    def command(tx: Transaction) -> Command | Refused:
        found = at_home(tx, asked, client_ref)
        return (
            barred(tx, found.client)
            or superseded(tx, asked, found.client)
            or AcceptIntake(
                client=found.client,
                household_ref=found.household_ref,
                municipality=found.municipality,
                today=asked.today,
                route=body.route,
                accepted_on=body.accepted_on,
            )
        )

    return Work(client, command, asked.origin, asked.body_hash, asked.expected)


class _Application:
    """An application on its way into the log; its references are drawn there, so a repeat draws none."""

    def __init__(self, desk: Desk, asked: Asked, content: ApplicationContent, find: Find) -> None:
        self._desk, self._asked, self._content, self._find = desk, asked, content, find

    def work(self) -> Work[Command, Client]:
        """For the log."""
        asked = self._asked
        return Work(client, self._command, asked.origin, asked.body_hash, asked.expected, self._beside, _refs)

    def _command(self, tx: Transaction) -> Command | Refused:
        found = self._find(tx)
        if isinstance(found, Refused):
            return found
        refused = barred(tx, found.client) or superseded(tx, self._asked, found.client)
        if refused is not None:
            return refused
        content = self._content
        return ReceiveApplication(
            client=found.client,
            household_ref=found.household_ref,
            municipality=found.municipality,
            today=self._asked.today,
            application_ref=self._desk.new_ref("a-"),
            scheme=content.scheme,
            scheme_year=content.scheme_year,
            channel=content.channel,
            received_on=content.received_on,
            text_ref=None if content.note is None else self._desk.new_ref("t-"),
        )

    def _beside(self, tx: Transaction, recorded: Recorded) -> None:
        received = _received(recorded)
        if received.text_ref is not None:
            self._desk.vault.seal(tx, received.text_ref, received.client, recorded[0].event_id, {"note": self._content.note})


def _received(recorded: Recorded) -> ApplicationReceived:
    received = recorded[0].event
    assert isinstance(received, ApplicationReceived)
    return received


def _refs(recorded: Recorded) -> dict[str, str]:
    received = _received(recorded)
    return {"application_ref": received.application_ref, "client": received.client, "household_ref": received.household_ref}


def at_home(tx: Transaction, asked: Asked, client_ref: str) -> Found:
    """Where a client lives now; raises `Absent`, and what `permit` raises where the caller may not touch the municipality."""
    household_ref = household_of(tx, client_ref)
    if household_ref is None:
        raise Absent("client")
    state = household.fold(tx.read(stream_of(household_ref)))
    assert not isinstance(state, Unknown)
    asked.permit(state.facts.municipality)
    return Found(client_ref, household_ref, state.facts.municipality)
