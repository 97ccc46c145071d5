"""Clients and staff of a history: what they ask for, in which order, and what each waits for before going on."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

import orjson

from deploy.region.identifiers import bsns, failing_ibans, ordinary_ibans
from deploy.simulation.commands import Command
from deploy.simulation.nature import BEGIN, Nature
from deploy.simulation.rooms import FINGERPRINTS, Benefits, Handover, Intake, Room
from services.benefits.account import BindAccount, Holding, binding
from services.benefits.ledger import LEDGER, RecordOpeningBalance
from services.benefits.references import opening_right_ref
from services.contracts.intake import BenefitScheme, HouseholdRegistered
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from services.handover.commands import AssignContactPerson, FormTeam, JoinStaff, LeaveStaff
from services.handover.state import baton_stream, team_stream
from services.handover.work import Asked as AskedInHandover
from services.handover.work import assigning, forming, joining, leaving
from services.intake import changes
from services.intake.applications import acceptance, application
from services.intake.bodies import AcceptanceBody, ApplicationBody, HouseholdBody, IncomeBody, MoveBody, SplitBody
from services.intake.client import Route
from services.intake.desk import Asked
from services.intake.household import stream_of
from services.intake.registration import Registration

Condition = Callable[[], bool]
Script = Generator[Command | Condition, Any, None]
"""Gives commands and is sent their answers; gives conditions, and goes on once they hold."""

MUNICIPALITIES = ("GM0361", "GM0373")
TODAY = BEGIN.date()
MANY = 500
BSNS = tuple(islice(bsns(Random(1)), MANY))
IBANS = tuple(islice(ordinary_ibans(Random(1)), MANY))
RETURNED = tuple(islice(failing_ibans("account-closed", Random(1)), 50))
REJECTED = tuple(islice(failing_ibans("account-incorrect", Random(1)), 50))


def _allowed(_municipality: str) -> None:
    """Who may do what is no matter of a simulation."""


@dataclass
class Town:
    """The services as people meet them, and what they learnt so far.

    `known` has client, household and municipality of who was registered, `on_benefit` how many applied for a monthly benefit.
    """

    nature: Nature
    intake: Intake
    benefits: Benefits
    handover: Handover
    households: int
    settled: int = 0
    on_benefit: int = 0
    known: list[tuple[str, str, str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    commands: int = 0

    def command(self, room: Room, make: Callable[[Origin, bytes], Any], actor: str = "s-desk") -> Command:
        """A command under an id of its own, with the same body whenever it is sent."""
        self.commands += 1
        return Command(room, actor, f"c-{self.commands}", make)

    def number(self) -> int:
        """One that nobody had."""
        if not self.numbers:
            self.numbers = self.nature.chance.sample(range(MANY), 40)
        return self.numbers.pop()


def _asked(origin: Origin, said: bytes, expected: int | None = None) -> Asked:
    return Asked(origin, said, _allowed, expected)


def _seen(town: Town, room: Room, stream: str) -> int | None:
    """The version that stands on somebody's screen, which may be an old one; or they do not care."""
    version = len(room.disk.read(stream))
    return town.nature.chance.choice((None, version, max(0, version - 1)))


def household(town: Town) -> Script:
    """A household that comes in, and what becomes of it."""
    body = _household(town)
    registered = yield town.command(town.intake, lambda o, said: Registration(town.intake.desk, _asked(o, said), body).work())
    client, ref = registered.refs["client"], registered.refs["household_ref"]
    town.known.append((client, ref, body.municipality))
    chance = town.nature.chance
    deeds: dict[Callable[[], Script], float] = {
        lambda: _binds(town, client, body.municipality): 1.0,
        lambda: _applies(town, client): 1.0 if body.benefit == "none" else 0.3,
        lambda: _has_other_means(town, ref): 0.3,
        lambda: _moves(town, ref): 0.3,
        lambda: _is_registered_again(town, body): 0.2,
        lambda: _was_paid_before(town, client, ref, body.municipality): 0.15,
        lambda: _splits(town, ref, body): 0.4 if len(body.members) > 1 else 0.0,
    }
    done = [deed for deed, odds in deeds.items() if chance.random() < odds]
    chance.shuffle(done)
    for deed in done:
        yield from deed()
    town.settled += 1


def _household(town: Town) -> HouseholdBody:
    chance, number = town.nature.chance, town.number()
    benefit = chance.choice(("pw", "none"))
    with_partner = chance.random() < 0.4
    members = [_member(BSNS[number], "applicant", chance.choice(("1980-05-17", "2003-02-16", "1957-01-02")))]
    if with_partner:
        members.append(_member(BSNS[town.number()], "partner", "1982-03-01"))
    told = {
        "municipality": chance.choice(MUNICIPALITIES),
        "on": "2023-12-01",
        "household_type": "couple" if with_partner else "single",
        "living": "independent",
        "address": _address(number),
        "income_cents_per_month": chance.choice((90_000, 120_000, 400_000)),
        "income_source": "benefit" if benefit == "pw" else "wages",
        "benefit": benefit,
        "members": members,
    }
    return HouseholdBody.model_validate_json(orjson.dumps(told))


def _member(bsn: str, role: str, born: str) -> dict[str, object]:
    return {"bsn": bsn, "name": "Jannie Testgeval", "birth_date": born, "role": role, "student": False}


def _address(number: int) -> dict[str, str]:
    return {"street": "Wilgenmeenhof", "number": str(number + 1), "postcode": "1851 TV", "town": "Heiloo"}


def _binds(town: Town, client: str, municipality: str) -> Script:
    chance, room = town.nature.chance, town.benefits
    iban = chance.choice((IBANS, IBANS, IBANS, RETURNED, REJECTED))[town.number() % 50]
    drawn = town.nature.new_ref("acc-")

    def bind(origin: Origin, said: bytes) -> Any:  # noqa: ANN401 - work of whatever room
        account_ref = drawn if chance.random() < 0.5 else town.nature.new_ref("acc-")
        command = BindAccount(client, municipality, account_ref, FINGERPRINTS.of(iban), TODAY)
        return binding(command, Holding(iban, "Jannie Testgeval"), room.vault, origin, said)

    yield town.command(room, bind)


def _applies(town: Town, client: str) -> Script:
    received_on = TODAY - timedelta(days=town.nature.chance.randint(1, 30))
    body = ApplicationBody(
        client=client, scheme="energy-allowance", scheme_year=2023, channel="web-form", received_on=received_on, note="Tekst"
    )
    yield town.command(town.intake, lambda o, said: application(town.intake.desk, _asked(o, said), body))
    if town.nature.chance.random() < 0.3:
        route: Route = town.nature.chance.choice(("standard", "integral"))
        accepted = AcceptanceBody(route=route, accepted_on=TODAY)
        yield town.command(town.intake, lambda o, said: acceptance(_asked(o, said), client, accepted))


def _has_other_means(town: Town, ref: str) -> Script:
    benefit: BenefitScheme = town.nature.chance.choice(("pw", "none"))
    body = IncomeBody(on=date(2024, 1, 15), income_cents_per_month=110_000, income_source="wages", benefit=benefit)
    seen = _seen(town, town.intake, stream_of(ref))
    yield town.command(town.intake, lambda o, said: changes.income(town.intake.desk, _asked(o, said, seen), ref, body))


def _moves(town: Town, ref: str) -> Script:
    told = {"on": "2024-02-01", "municipality": town.nature.chance.choice(MUNICIPALITIES), "address": _address(town.number())}
    body = MoveBody.model_validate_json(orjson.dumps(told))
    seen = _seen(town, town.intake, stream_of(ref))
    yield town.command(town.intake, lambda o, said: changes.move(town.intake.desk, _asked(o, said, seen), ref, body))


def _is_registered_again(town: Town, body: HouseholdBody) -> Script:
    """Under another command id: somebody forgot that it was done."""
    yield town.command(town.intake, lambda o, said: Registration(town.intake.desk, _asked(o, said), body).work())


def _was_paid_before(town: Town, client: str, ref: str, municipality: str) -> Script:
    """By the system before this one."""
    opening = RecordOpeningBalance(
        household_ref=ref,
        municipality=municipality,
        scheme="energy-allowance",
        scheme_year=2023,
        right_ref=opening_right_ref("energy-allowance", ref, 2023, "old-1"),
        amount_cents=town.nature.chance.choice((50_000, 130_000)),
        source_ref="old-1",
        persons=(client,),
    )
    yield town.command(town.benefits, lambda o, said: Work(LEDGER, lambda _tx: opening, o, said))


def _splits(town: Town, ref: str, body: HouseholdBody) -> Script:
    """The partner leaves."""
    first = town.intake.disk.read(stream_of(ref))[0].event
    assert isinstance(first, HouseholdRegistered)
    told = {
        "on": "2023-12-15",
        "leavers": [first.facts.members[-1].person_ref],
        "municipality": body.municipality,
        "address": _address(town.number()),
        "household_type": "single",
        "remaining_household_type": "single",
        "benefit": town.nature.chance.choice(("pw", "none")),
    }
    split = SplitBody.model_validate_json(orjson.dumps(told))
    yield town.command(town.intake, lambda o, said: changes.split(town.intake.desk, _asked(o, said), ref, split))


def team(town: Town, municipality: str) -> Script:
    """A team is formed and staffed; somebody may leave, and a client may get another contact person."""
    formed = yield forming_team(town, municipality)
    ref: str = formed.refs["team_ref"]
    staff = [f"s-{ref[5:11]}-{number}" for number in range(town.nature.chance.randint(1, 3))]
    for one in staff:
        yield joining_staff(town, ref, municipality, one)
    if len(staff) > 1 and town.nature.chance.random() < 0.5:
        yield lambda: town.settled > 0
        yield _leaving(town, ref, staff[0])
    if len(staff) > 1 and town.nature.chance.random() < 0.5:
        yield from _reassigned(town, ref, staff[-1])


def forming_team(town: Town, municipality: str) -> Command:
    """A team without anybody in it yet."""
    drawn = town.nature.new_ref("team-")
    form = FormTeam(drawn, municipality, "werk", TODAY)
    return town.command(town.handover, lambda o, said: forming(form, AskedInHandover(o, said)))


def joining_staff(town: Town, ref: str, municipality: str, staff_ref: str) -> Command:
    """Somebody joins a team."""
    return town.command(
        town.handover, lambda o, said: joining(JoinStaff(ref, staff_ref, TODAY, TODAY), municipality, AskedInHandover(o, said))
    )


def _leaving(town: Town, ref: str, staff_ref: str) -> Command:
    expected = _seen(town, town.handover, team_stream(ref))
    command = LeaveStaff(ref, staff_ref, TODAY, TODAY)
    return town.command(town.handover, lambda o, said: leaving(command, AskedInHandover(o, said, expected)))


def _reassigned(town: Town, ref: str, staff_ref: str) -> Script:
    held = [e.event.client for e in town.handover.disk.scan(baton_stream("")) if getattr(e.event, "team_ref", "") == ref]  # type: ignore[attr-defined]  # facts of batons
    if held:
        command = AssignContactPerson(held[0], ref, staff_ref, TODAY, TODAY, "asked-by-client")
        yield town.command(town.handover, lambda o, said: assigning(command, AskedInHandover(o, said), None))
