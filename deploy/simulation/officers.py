"""Those who pay in a history: the officers of a run from its order to its close, those who approve, and the bank."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Literal

from deploy.bank import order, verdict
from deploy.bank.statement import statement
from deploy.bank.status_report import status_report
from deploy.simulation import months, paying_again
from deploy.simulation.commands import Command
from deploy.simulation.people import TODAY, Script, Town
from deploy.simulation.rooms import CODES, RULES
from services.benefits.jobs import BANK_DOCUMENTS, READ, take_in
from services.benefits.payments import cents_by_standing
from services.benefits.references import run_stream
from services.benefits.request import PROBLEMS, RunRequest, ordering, problem, requested
from services.benefits.run import RUN
from services.benefits.run_commands import AbortRun, ApproveRun, CloseRun, HandOverFile, JudgeRow, OrderRelease, RunCommand
from services.benefits.run_state import Aborted, Approved, Closed, Prepared, Released, Run
from services.eventlog.handle import Work
from services.eventlog.log import Origin, Transaction

OFFICER, SECOND_OFFICER, APPROVERS = "s-officer", "s-officer-2", ("s-approver-1", "s-approver-2")
EXECUTION = date(2024, 2, 20)
BANK_AT = datetime(2024, 2, 21, 18, tzinfo=UTC)


@dataclass
class Office:
    """A run as its officers see it."""

    town: Town
    run_ref: str = ""
    _seen: tuple[str, int, Run] | None = None

    def state(self) -> Run:
        """Where the run stands; the facts that were looked at before are not folded again."""
        facts = self.town.benefits.disk.read(run_stream(self.run_ref))
        run_ref, count, run = self._seen or ("", 0, RUN.initial)
        if run_ref != self.run_ref:
            count, run = 0, RUN.initial
        for envelope in facts[count:]:
            run = RUN.evolve(run, envelope.event)
        self._seen = self.run_ref, len(facts), run
        return run

    def is_stuck(self) -> bool:
        """Whether it waits for somebody."""
        return problem(self.town.benefits.disk, self.run_ref) is not None

    def has_nothing(self) -> bool:
        """Whether somebody else saw meanwhile to all that it was to pay again."""
        return problem(self.town.benefits.disk, self.run_ref) == "nothing-failed"

    def asks(self, command: Callable[[], RunCommand], actor: str = OFFICER) -> Command:
        """A command about the run, made when it is sent."""

        def make(origin: Origin, said: bytes) -> Work[RunCommand, Run]:
            given = command()
            return Work(decider=RUN, command=lambda _tx: given, origin=origin, body_hash=said)

        return self.town.command(self.town.benefits, make, actor)


def run(town: Town, tranche: int, promised_on: date) -> Script:
    """A run of the allowance from its order to its close."""
    wanted = town.nature.chance.randint(1, town.households)
    yield lambda: town.settled >= wanted
    office = Office(town)
    yield from _prepared(office, _request(tranche, promised_on, town.intake.disk.head()))
    yield from _from_prepared_on(office)


def month(town: Town, number: int, decided_on: date) -> Script:
    """A month is run and, where something is new since, run again some days later; what came back meets its claim."""
    wanted = town.nature.chance.randint(1, town.households)
    yield lambda: town.on_benefit >= wanted
    for later in range(town.nature.chance.randint(1, 2)):
        yield from _month_run(town, number, decided_on + timedelta(days=2 * later))
        yield from months.claims_are_met(town)
        yield from months.something_new(town)


def _month_run(town: Town, number: int, decided_on: date) -> Script:
    """From its order to its close; nobody who had a benefit when it was ordered is forgotten."""
    office, known = Office(town), months.entitled(town)
    yield from _prepared(office, _month_request(number, decided_on))
    if isinstance(state := office.state(), Prepared):
        months.require_lines(town, state.prepared, known)
    yield from _from_prepared_on(office)


def _from_prepared_on(office: Office) -> Script:
    town = office.town
    if town.nature.chance.random() < 0.1:
        yield office.asks(partial(_same, AbortRun(office.run_ref, "sample-failed", OFFICER)))
    yield from _approved(office)
    if isinstance(office.state(), Aborted):
        return
    yield from _to_its_close(office)
    yield from paying_again.paid_again(town, office.run_ref, partial(_follows, town))


def _to_its_close(office: Office) -> Script:
    yield from _released(office)
    yield from _paid(office)
    yield from _closed(office)


def _follows(town: Town, run_ref: str) -> Script:
    """A run that pays again what another one could not pay."""
    before = requested(town.benefits.disk, run_ref)
    assert before is not None
    again = Office(town)
    yield from _prepared(again, before.model_copy(update={"kind": "pay-again", "corrects": run_ref, "run_ref": ""}))
    if again.has_nothing():
        yield again.asks(partial(_same, AbortRun(again.run_ref, "other", OFFICER)))
        return
    yield from _approved(again)
    yield from _to_its_close(again)


def _prepared(office: Office, request: RunRequest) -> Script:
    while not isinstance(office.state(), Prepared | Approved) or office.is_stuck():
        if _begun(office.state()) or office.has_nothing():
            return
        ordered = yield _ordering(office.town, request)
        office.run_ref = ordered.stream.rpartition("/")[2]
        yield lambda: office.is_stuck() or _begun(office.state())


def _begun(state: Run) -> bool:
    return hasattr(state, "prepared") or isinstance(state, Closed)


def _request(tranche: int, promised_on: date, position: int) -> RunRequest:
    return RunRequest(
        run_ref="",
        scheme="energy-allowance",
        scheme_year=2023,
        tranche=tranche,
        decided_on=TODAY,
        promised_on=promised_on,
        intake_position=position,
        municipalities=tuple(sorted(CODES)),
        prepared_by=OFFICER,
    )


def _month_request(number: int, decided_on: date) -> RunRequest:
    return RunRequest(
        run_ref="",
        scheme="monthly-benefit",
        scheme_year=2024,
        tranche=number,
        decided_on=decided_on,
        promised_on=date(2024, number, 28),
        intake_position=0,
        municipalities=tuple(sorted(CODES)),
        prepared_by=OFFICER,
        kind="month",
    )


def _ordering(town: Town, request: RunRequest) -> Command:
    return town.command(town.benefits, lambda origin, said: ordering(request, origin, said), OFFICER)


def _approved(office: Office) -> Script:
    """Approvers at the same time, and an officer who tries to be one; then every drawn row is judged."""
    state = office.state()
    if not isinstance(state, Prepared):
        return
    ceiling_cents, seen = RULES[0].run_ceiling.amount_cents, state.prepared
    actors = office.town.nature.chance.sample((OFFICER, *APPROVERS), 3)
    for actor in actors:
        approve = ApproveRun(office.run_ref, seen.manifest_hash, seen.granted, seen.total_cents, actor, ceiling_cents)
        yield office.asks(partial(_same, approve), actor)
    for row in state.safeguards.rows:
        judge = JudgeRow(office.run_ref, row.right_ref, "right", APPROVERS[0])
        yield office.asks(partial(_same, judge), APPROVERS[0])


def _same(command: RunCommand) -> RunCommand:
    return command


def _released(office: Office) -> Script:
    until = RULES[0].pay_until.on
    for _ in range(20):
        yield _releasing(office, OrderRelease(office.run_ref, OFFICER, EXECUTION, TODAY, until))
        yield lambda: office.is_stuck() or _is_written(office.state())
        if not office.is_stuck():
            return


def _releasing(office: Office, command: OrderRelease) -> Command:
    def make(origin: Origin, said: bytes) -> Work[RunCommand, Run]:
        def again(tx: Transaction) -> OrderRelease:
            tx.drop(PROBLEMS, command.run_ref)
            return command

        return Work(decider=RUN, command=again, origin=origin, body_hash=said)

    return office.town.command(office.town.benefits, make, OFFICER)


def _is_written(state: Run) -> bool:
    if isinstance(state, Closed):
        return True
    return isinstance(state, Released) and sum(file.count for file in state.files) == state.released.granted


def _paid(office: Office) -> Script:
    """Each file is taken by somebody, perhaps by two; what the bank answers comes in any order, and again."""
    town, state = office.town, office.state()
    released = state.run if isinstance(state, Closed) else state
    assert isinstance(released, Released)
    messages: list[bytes] = []
    for file in released.files:
        for actor in town.nature.chance.choice(((OFFICER,), (OFFICER, OFFICER), (SECOND_OFFICER, OFFICER))):
            taken = HandOverFile(office.run_ref, file.message_id, actor)
            told = yield office.asks(partial(_same, taken), actor)
            yield partial(_is_copied, office, told.position)
        body = town.benefits.office.bank.place(file.message_id).read_bytes()
        messages += bank_messages(body, "first")
        messages += bank_messages(body, "restated")[1:] if _again(town) else []
        messages += bank_messages(body, "repeated") if _again(town) else []
    town.nature.chance.shuffle(messages)
    for message in messages:
        yield from _heard(town, message)
        if _again(town):
            yield from _heard(town, message)
    yield lambda: all(town.benefits.disk.kept(BANK_DOCUMENTS, sha256(m).hexdigest()) == READ for m in messages)


def _is_copied(office: Office, position: int) -> bool:
    """A file is not given away before a second place knows that it was."""
    return office.town.benefits.is_up and office.town.benefits.office.copied(position)


def _again(town: Town) -> bool:
    """A bank may always say a thing twice: no fault that ever stops."""
    is_again = town.nature.chance.random() < 0.2
    town.nature.faults.struck["bank-again"] += is_again
    return is_again


def bank_messages(body: bytes, occasion: Literal["first", "restated", "repeated"]) -> list[bytes]:
    """What the bank answers to a file, the report first; `restated` are other messages with the same bookings."""
    incoming = order.read(body)
    if occasion == "repeated":
        incoming = replace(incoming, batches=(), refusal="AM05", explanation="DUPL: this message id came before")
    judged = verdict.judge(incoming, frozenset())
    own_id = sha256(f"{occasion}{incoming.message_id}".encode()).hexdigest()[:24]
    messages = (status_report(judged, "pain.002.001.12", f"S{own_id}", BANK_AT), statement(judged, f"B{own_id}", BANK_AT))
    return [message for message in messages if message]


def _heard(town: Town, message: bytes) -> Script:
    def take(_origin: Origin, _said: bytes) -> Callable[[Transaction], Any]:
        return take_in(town.benefits.office.inbox, sha256(message).hexdigest(), message)

    yield town.command(town.benefits, take, OFFICER)


def _closed(office: Office) -> Script:
    def close() -> RunCommand:
        cents = cents_by_standing(office.town.benefits.office.payments.of_run(office.run_ref))
        return CloseRun(office.run_ref, cents["paid"], cents["returned"], cents["rejected"], OFFICER)

    yield office.asks(close)
