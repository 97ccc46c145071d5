"""A caseworker says again who a client is whose name was lost with a disk."""

from services.eventlog.decider import Refused
from services.eventlog.handle import Work
from services.eventlog.log import Transaction
from services.intake.bodies import IdentityBody
from services.intake.desk import Absent, Asked, Desk, household_of, person_of
from services.intake.household import State, Unknown, household, stream_of
from services.intake.household_commands import Command, RecogniseHousehold
from services.intake.nameless import name, nameless


def identification(desk: Desk, asked: Asked, client: str, body: IdentityBody) -> Work[Command, State]:
    """Work that records no fact, as nothing new is true; `Absent` where the client is not known.

    Refused where the client has a name, and where the BSN is that of another client: then two clients are one person.
    """

    def command(tx: Transaction) -> Command | Refused:
        home = household_of(tx, client)
        state = household.fold(tx.read(stream_of(home))) if home is not None else Unknown()
        if home is None or isinstance(state, Unknown):
            raise Absent("client")
        asked.permit(state.facts.municipality)
        if nameless(tx, client) is None:
            return Refused("client-has-a-name")
        if person_of(tx, desk.hashes, body.bsn) is not None:
            return Refused("duplicate-person", "another client has this citizen service number")
        name(desk, tx, client, body.personal(), asked.today)
        return RecogniseHousehold(household_ref=home, today=asked.today, born={})

    return Work(household, command, asked.origin, asked.body_hash)
