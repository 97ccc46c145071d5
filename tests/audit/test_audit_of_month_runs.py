"""I1 to I5 of a month as a run: one that went from prepare to close over HTTP holds, and a fault planted in it is told by its name."""

import shutil
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from services.contracts.benefits import AccountBound, PaymentInstructed, PaymentPaid
from services.contracts.envelope import Event
from services.contracts.monthly_money import MonthlyRightGranted
from services.contracts.runs import FileHandedOver, PaymentFileWritten, RunApproved, RunClosed, RunPrepared, RunReleased
from tests.audit.test_audit_of_months import Fields
from tests.audit.world import World
from tests.benefits.a_house import House
from tests.benefits.a_region import ALKMAAR, OFFICER, iban, person
from tests.benefits.monthly.test_monthly_run import on_benefit, prepared

CENTS = 121_964
KEY = b"k" * 32
PAYING = (PaymentInstructed, PaymentFileWritten, FileHandedOver, PaymentPaid, RunClosed)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Three clients whose February went from prepare to bank statement and close."""
    house = House(tmp_path_factory.mktemp("month"))
    officer = house.as_("payments-officer", OFFICER)
    for number in (1, 2, 3):
        on_benefit(house, number)
    run = house.released(prepared(house, officer))
    name = run.rpartition("/")[2]
    officer.post(f"{run}/files/{name}-001/handovers", "take-1")
    house.region.hears(*house.region.bank_answers(name, house.folder))
    assert officer.post(f"{run}/closings", "close-1").status_code == 201
    yield house
    house.processing.close()


def tell(world: World, house: House, otherwise: Fields | None = None, without: Collection[type[Event]] = ()) -> None:
    """The facts, manifests and files of the house, command by command; `otherwise` changes fields of the first fact of a kind."""
    data = world.sources.data
    shutil.copytree(house.folder / "manifests", data / "benefits" / "manifests")
    shutil.copytree(house.folder / "bank" / "out", data / "bank" / "out", dirs_exist_ok=True)
    (data / "benefits" / "secrets" / "account").write_bytes(KEY)
    wanted, log = dict(otherwise or {}), house.region.log
    for _, group in groupby(log.after(0, 10_000), key=lambda record: record.command_id):
        facts = [log.read(record.stream)[record.version - 1].event for record in group]
        kept = [fact.model_copy(update=dict(wanted.pop(type(fact), {}))) for fact in facts if type(fact) not in without]
        if kept:
            world.record("benefits", *kept)
    assert not wanted


def run_of(house: House) -> str:
    return house.region.facts(RunPrepared)[0].run_ref


def test_a_month_from_prepare_to_close_holds(bare: World, month: House) -> None:
    tell(bare, month)
    found = bare.verdict()

    assert {name: found[name].detail for name in ("I1", "I2", "I3", "I4", "I5") if not found[name].holds} == {}
    assert all(found[name].checked for name in ("I1", "I2", "I3", "I4", "I5"))


def test_a_cancelled_month_whose_payments_another_run_made_holds(bare: World, tmp_path: Path) -> None:
    house = House(tmp_path)
    officer, client = house.as_("payments-officer", OFFICER), on_benefit(house, 1)
    run = house.released(prepared(house, officer))
    officer.post(f"{run}/cancellations", "c-1", json={"reason_code": "wrong-dates"})
    house.region.works()
    again = house.pays_again(run)
    house.released(again)
    officer.post(f"{again}/files/{again.rpartition('/')[2]}-001/handovers", "take-1")
    house.region.hears(*house.region.bank_answers(again.rpartition("/")[2], house.folder))
    closed = officer.post(f"{again}/closings", "close-1")
    house.processing.close()
    tell(bare, house)

    assert (closed.status_code, [fact.client for fact in house.region.facts(PaymentPaid)]) == (201, [client])
    assert {name: bare.verdict()[name].detail for name in ("I1", "I2", "I4", "I5") if not bare.verdict()[name].holds} == {}


FAULTS: list[tuple[Fields, str, str]] = [
    ({RunClosed: {"paid_cents": CENTS, "returned_cents": 2 * CENTS}}, "I1", f"{{run}} was closed with {CENTS} cents paid"),
    ({PaymentPaid: {"amount_cents": CENTS + 1}}, "I1", "{right}"),
    ({PaymentInstructed: {"attempt": 2}}, "I2", "{right}"),
    ({RunPrepared: {"households": 4}}, "I4", "{run}: candidates, excluded and held are 3, households 4"),
    ({RunApproved: {"approved_by": OFFICER}}, "I4", "{run} was approved by its preparer"),
    ({RunApproved: {"total_cents": CENTS}}, "I4", "{run}: approved total_cents is not the prepared one"),
    ({RunReleased: {"granted": 2}}, "I4", "{run}: 3 rights are granted, released 2"),
    (
        {MonthlyRightGranted: {"account_fingerprint": "thief"}},
        "I4",
        f"{{run}}: the rights of {person(1)} were decided otherwise than approved",
    ),
    ({PaymentInstructed: {"account_fingerprint": "thief"}}, "I5", "{right}"),
]


@pytest.mark.parametrize(("otherwise", "invariant", "said"), FAULTS)
def test_a_fault_in_a_run_of_a_month_is_seen(bare: World, month: House, otherwise: Fields, invariant: str, said: str) -> None:
    tell(bare, month, otherwise)
    finding = bare.verdict()[invariant]
    right = next(fact for fact in month.region.facts(MonthlyRightGranted))

    assert not finding.holds
    assert said.format(run=run_of(month), right=right.right_ref) in finding.detail


def dear(file: Path) -> None:
    """Cents as euros: Amsterdam."""
    file.write_bytes(file.read_bytes().replace(b"1219.64", b"121964.00", 1))


def diverted(file: Path) -> None:
    """One transfer on the account of another client: Groningen."""
    file.write_bytes(file.read_bytes().replace(iban(1).encode(), iban(2).encode(), 1))


@pytest.mark.parametrize(
    ("changed", "invariant", "said"),
    [(dear, "I4", "otherwise than was instructed"), (diverted, "I5", "on another account than was decided")],
)
def test_a_file_of_a_month_that_was_changed_is_seen(
    bare: World, month: House, changed: Callable[[Path], None], invariant: str, said: str
) -> None:
    tell(bare, month)
    changed(bare.sources.data / "bank" / "out" / f"{run_of(month)}-001.xml")
    detail = bare.verdict()[invariant].detail

    assert f"{run_of(month)}-001 pays r" in detail
    assert said in detail


def test_lines_of_a_month_that_were_changed_after_approval_are_seen(bare: World, month: House) -> None:
    tell(bare, month)
    lines = next((bare.sources.data / "benefits" / "manifests").iterdir())
    lines.write_bytes(lines.read_bytes().replace(b"121964", b"121965", 1))

    assert f"{run_of(month)}: the manifest on disk hashes to" in bare.verdict()["I4"].detail


def forgotten(world: World, month: House, days: int) -> str:
    """Nobody instructed the month; so many days later, a right of it."""
    tell(world, month, without=PAYING)
    world.record(
        "benefits",
        AccountBound(client=person(9), municipality=ALKMAAR, account_ref="acc-9", fingerprint="x", on=date(2024, 2, 15)),
        after=timedelta(days=days),
    )
    return month.region.facts(MonthlyRightGranted)[0].right_ref


def test_a_month_that_nobody_instructed_in_time_is_seen(bare: World, month: House) -> None:
    late = forgotten(bare, month, 14)

    assert f"{late}, promised on 2024-02-28, is late and on no exception list" in bare.verdict()["I3"].detail


def test_a_late_month_on_the_exception_list_is_no_fault(bare: World, month: House) -> None:
    forgotten(bare, month, 14)
    bare.exceptions.extend(fact.right_ref for fact in month.region.facts(MonthlyRightGranted))

    assert bare.verdict()["I3"].holds


def test_a_month_is_not_late_before_its_last_working_day(bare: World, month: House) -> None:
    forgotten(bare, month, 7)

    assert bare.verdict()["I3"].holds
