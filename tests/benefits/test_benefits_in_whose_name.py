"""Every fact says in whose name it was recorded, under which command and for which run: what the service does itself too."""

from dataclasses import dataclass
from hashlib import sha256

from services.benefits.portions import SYSTEM
from services.benefits.references import right_ref
from services.contracts.benefits import AllowanceGranted, AllowanceRefused, ClaimReserved, PaymentInstructed
from services.contracts.codec import Record
from services.contracts.envelope import Event
from services.contracts.monthly_money import MonthDecided
from services.contracts.runs import PaymentFileWritten, RunPrepared, RunReleased
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, OFFICER, Home, person
from tests.benefits.monthly.test_monthly_run import on_benefit
from tests.benefits.monthly.test_monthly_run import prepared as month_prepared
from tests.benefits.test_benefits_pay_again import another_account, confirm


@dataclass(frozen=True)
class Named:
    """In whose name, under which command, about what."""

    actor: str
    command_id: str
    about: str


def named(house: House, kind: type[Event]) -> list[Named]:
    records: list[Record] = house.region.log.after(0, 100_000)
    return [Named(each.actor, each.command_id, each.correlation_id) for each in records if each.type == kind.TYPE]


def first(number: int) -> str:
    return right_ref("energy-allowance", Home(number).ref, 2023, 1, 1)


def test_a_run_is_prepared_in_the_name_of_who_asked_and_carried_out_by_the_service(house: House) -> None:
    house.region.knows(Home(1), Home(2, income_cents=900_000))
    run = house.paid_out().rpartition("/")[2]

    assert named(house, RunPrepared) == [Named(OFFICER, f"{run}:prepare", run)]
    assert named(house, AllowanceGranted) == [Named(SYSTEM, f"{run}:{first(1)}", run)]
    assert named(house, AllowanceRefused) == [Named(SYSTEM, f"{run}:{first(2)}", run)]
    assert named(house, RunReleased) == [Named(SYSTEM, f"{run}:complete", run)]
    assert named(house, PaymentFileWritten) == [Named(SYSTEM, f"{run}-001:written", run)]
    assert named(house, PaymentInstructed) == [Named(SYSTEM, f"{first(1)}-1:instruct", f"{run}-001")]


def test_what_is_paid_again_is_instructed_by_the_run_that_pays_it(house: House) -> None:
    house.region.knows(Home(1), Home(2), Home(3))
    run = house.paid_out()
    for number in (1, 2):
        house.bank_sends_back(run, number, "AC04" if number == 1 else "ED05")
    another_account(house)
    confirm(house)
    again = house.released(house.pays_again(run)).rpartition("/")[2]
    prepared = house.shown(f"/v1/runs/{again}")["prepared"]

    assert named(house, PaymentInstructed)[-1] == Named(SYSTEM, f"{again}:{first(1)}-2:instruct", again)
    assert named(house, RunReleased)[-1] == Named(SYSTEM, f"{again}:complete", again)
    assert [prepared[name] for name in ("households", "candidates", "granted", "held", "excluded", "refused")] == [2, 1, 1, 1, 0, 0]


def test_a_month_is_decided_by_the_service_for_each_client_and_municipality(house: House) -> None:
    on_benefit(house, 1)
    run = house.released(month_prepared(house, house.as_("payments-officer", OFFICER))).rpartition("/")[2]

    assert named(house, MonthDecided) == [Named(SYSTEM, f"{run}:{person(1)}:{ALKMAAR}", run)]
    assert named(house, RunReleased) == [Named(SYSTEM, f"{run}:complete", run)]


def test_what_adults_had_before_is_claimed_by_the_service_under_the_names_of_these_adults(house: House) -> None:
    family = Home(4, bands=("27-pension", "27-pension", "21-26"), household_type="couple-with-children")
    house.region.knows(family)
    house.region.paid_before(family, 10_000)
    house.prepared()
    claims = [each.event for each in house.region.log.scan("benefits/") if isinstance(each.event, ClaimReserved)]
    others = sorted(claim.person_ref for claim in claims if claim.person_ref != family.client)
    persons = sha256("|".join(others).encode()).hexdigest()[:16]

    assert len(others) == 2
    assert named(house, ClaimReserved).count(Named(SYSTEM, f"{claims[0].right_ref}:claims:{persons}", claims[0].right_ref)) == 2
