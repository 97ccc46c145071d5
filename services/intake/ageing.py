"""What the clock does on a birthday: the household is looked at again, and looked forward to the next one."""

from collections.abc import Callable

from services.eventlog.handle import Work
from services.eventlog.log import Answer, Due, Origin, Transaction
from services.intake.desk import Absent, Desk, births, local_day
from services.intake.household import State, Unknown, household
from services.intake.household_commands import Command, ReachAgeBand
from services.intake.settling import AGE_BAND, await_age

STREAM = "intake/household/"


def on_due(desk: Desk) -> Callable[[Due, Origin], Callable[[Transaction], Answer]]:
    """For the clock (services/eventlog/clock.py): the work that belongs to a moment of kind `AGE_BAND`."""

    def work_at(due: Due, origin: Origin) -> Callable[[Transaction], Answer]:
        assert due.kind == AGE_BAND
        return lambda tx: _age(desk, due.stream.removeprefix(STREAM), origin, tx)

    return work_at


def _age(desk: Desk, household_ref: str, origin: Origin, tx: Transaction) -> Answer:
    """The next birthday is set whether or not this one changed anything, or the household would never be looked at again."""
    state = household.fold(tx.read(f"{STREAM}{household_ref}"))
    if isinstance(state, Unknown):
        raise Absent("household")
    born, today = births(tx, desk.vault, state.facts.members), local_day(origin.at)
    reach = ReachAgeBand(household_ref=household_ref, today=today, born=born)
    work: Work[Command, State] = Work(household, lambda _tx: reach, origin, origin.command_id.encode())
    answer = work(tx)
    await_age(tx, household_ref, born, today)
    return answer
