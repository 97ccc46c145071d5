import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from deploy.bank import NotAnOrder, Receipt, accounts, answer, receive
from deploy.bank.outcomes import Outcomes, read_outcomes
from deploy.bank.status_report import Version
from deploy.region.identifiers import BANK_ENDINGS
from services.benefits import schemas
from services.benefits.bank_answers import Debit, Payment, Rejection, Return, Statement, StatusReport
from services.benefits.bank_reading import read
from services.benefits.payment_file import CreditTransfer, Header, write
from tests.bank.conftest import CREDITORS

Pay = Callable[..., CreditTransfer]


@pytest.fixture
def order(header: Header, pay: Pay) -> bytes:
    """One household of each kind, all in Alkmaar, and one that is paid in Dijk en Waard."""
    transfers = [pay(f"r-{kind}-1", creditor_iban=account) for kind, account in CREDITORS.items()]
    return write(header, [*transfers, pay("r-other-1", municipality="GM1980", amount_cents=80_000)])


def report(receipt: Receipt) -> StatusReport:
    (place,) = (place for place in receipt.answers if "pain.002" in place.name)
    (told,) = read(place.read_bytes())
    assert isinstance(told, StatusReport)
    return told


def statements(receipt: Receipt) -> list[Statement]:
    places = [place for place in receipt.answers if "camt.053" in place.name]
    return [told for place in places for told in read(place.read_bytes()) if isinstance(told, Statement)]


def test_the_bank_and_the_region_mean_the_same_accounts() -> None:
    reasons = {ending: outcome.reason for ending, outcome in accounts.BY_LAST_THREE.items()}
    assert {str(ending): meaning for meaning, ending in BANK_ENDINGS.items()}.keys() == reasons.keys()
    assert {meaning: reasons[str(ending)] for meaning, ending in BANK_ENDINGS.items()} == {
        "account-closed": "AC04",
        "holder-deceased": "MD07",
        "account-incorrect": "AC01",
    }


def test_payments_leave_in_batches_and_some_come_back_a_banking_day_later(order: bytes, tmp_path: Path) -> None:
    friday, monday = date(2024, 2, 16), date(2024, 2, 19)
    out, back = statements(receive(order, tmp_path))
    assert out.entries == (
        Debit("ET2023-1-0001", "ET2023-1-0001-GM0361", 3, 390_000, 3, friday),
        *(Payment(f"r-{kind}-1", 130_000, friday) for kind in ("closed", "deceased", "paid")),
        Debit("ET2023-1-0001", "ET2023-1-0001-GM1980", 1, 80_000, 1, friday),
        Payment("r-other-1", 80_000, friday),
    )
    assert back.entries == (Return("r-closed-1", 130_000, "AC04", monday), Return("r-deceased-1", 130_000, "MD07", monday))


@pytest.mark.parametrize("version", ["pain.002.001.03", "pain.002.001.12"])
def test_an_account_that_does_not_exist_is_rejected(order: bytes, tmp_path: Path, version: Version) -> None:
    told = report(receive(order, tmp_path, version=version))
    assert told.rejections == (Rejection("r-unknown-1", "RJCT", "AC01", 130_000),)
    assert (told.original_message_id, told.group_status) == ("ET2023-1-0001", "PART")


def test_the_bank_that_reports_rejections_only_is_silent_when_all_is_well(header: Header, pay: Pay, tmp_path: Path) -> None:
    order = write(header, [pay()])
    silent = receive(order, tmp_path / "silent", version="pain.002.001.03")
    assert [place.name for place in silent.answers] == ["ET2023-1-0001.camt.053.xml"]
    assert report(receive(order, tmp_path / "telling")).group_status == "ACSC"


def test_payments_can_be_rejected_on_request(order: bytes, tmp_path: Path) -> None:
    receipt = receive(order, tmp_path, frozenset({"r-paid-1", "r-other-1"}))
    assert {one.end_to_end_id: one.reason_code for one in report(receipt).rejections} == {
        "r-paid-1": "MS03",
        "r-other-1": "MS03",
        "r-unknown-1": "AC01",
    }
    assert receipt.outcomes == Outcomes(0, 0, 2, 260_000, 3, 340_000)
    assert [status.status for status in report(receipt).payment_info_statuses] == ["PART", "RJCT"]


def test_every_cent_of_the_order_has_one_outcome(order: bytes, tmp_path: Path) -> None:
    outcomes = receive(order, tmp_path).outcomes
    assert outcomes == Outcomes(2, 210_000, 2, 260_000, 1, 130_000)
    assert outcomes.paid_cents + outcomes.returned_cents + outcomes.rejected_cents == 4 * 130_000 + 80_000


def test_the_bank_counts_over_all_files_and_repeats_do_not_count(header: Header, order: bytes, pay: Pay, tmp_path: Path) -> None:
    assert read_outcomes(tmp_path / "nowhere") == Outcomes()
    for body in (order, order, write(replace(header, message_id="ET2023-1-0002"), [pay("r-new-1")])):
        receive(body, tmp_path)
    assert read_outcomes(tmp_path) == Outcomes(3, 340_000, 2, 260_000, 1, 130_000)


def test_answers_can_be_fetched_again_without_bringing_the_file_again(order: bytes, tmp_path: Path) -> None:
    file = tmp_path / "order.xml"
    file.write_bytes(order)
    first = answer(file, tmp_path / "bank")
    before = {place: place.read_bytes() for place in (tmp_path / "bank").iterdir()}
    assert answer(file, tmp_path / "bank") == first
    assert {place: place.read_bytes() for place in (tmp_path / "bank").iterdir()} == before
    assert [place.name for place in first] == ["ET2023-1-0001.pain.002.xml", "ET2023-1-0001.camt.053.xml"]


def test_the_same_file_twice_is_rejected_as_a_duplicate_and_moves_no_money(order: bytes, tmp_path: Path) -> None:
    first = receive(order, tmp_path)
    before = {place.name: place.read_bytes() for place in tmp_path.iterdir()}
    again = receive(order, tmp_path)
    told = report(again)
    assert (told.group_status, told.group_reason_code, told.rejections) == ("RJCT", "AM05", ())
    assert statements(again) == []
    assert not set(again.answers) & set(first.answers)
    assert before.items() <= {place.name: place.read_bytes() for place in tmp_path.iterdir()}.items()


def test_another_file_under_the_same_message_id_is_a_duplicate_too(header: Header, order: bytes, pay: Pay, tmp_path: Path) -> None:
    receive(order, tmp_path)
    assert receive(write(header, [pay("r-new-1")]), tmp_path).status == "RJCT"
    assert receive(write(replace(header, message_id="ET2023-1-0002"), [pay("r-new-1")]), tmp_path).status == "ACSC"


def test_the_same_order_gives_the_same_bytes(order: bytes, tmp_path: Path) -> None:
    receive(order, tmp_path / "a")
    receive(order, tmp_path / "b")
    made = [{place.name: place.read_bytes() for place in (tmp_path / folder).iterdir()} for folder in "ab"]
    assert made[0] == made[1]


def test_a_bank_that_stopped_before_it_remembered_answers_the_same_again(order: bytes, tmp_path: Path) -> None:
    receive(order, tmp_path)
    before = {place.name: place.read_bytes() for place in tmp_path.iterdir()}
    (tmp_path / "received.json").unlink()
    receive(order, tmp_path)
    assert {place.name: place.read_bytes() for place in tmp_path.iterdir()} == before


@pytest.mark.parametrize("version", ["pain.002.001.03", "pain.002.001.12"])
def test_answers_are_valid_against_their_official_schemas(order: bytes, tmp_path: Path, version: Version) -> None:
    receive(order, tmp_path, version=version)
    receive(order, tmp_path, version=version)
    laid_ready = sorted(tmp_path.glob("*.xml"))
    assert len(laid_ready) == 3
    for place in laid_ready:
        root = etree.parse(place).getroot()
        message = schemas.message_of(root)
        assert message is not None
        etree.XMLSchema(etree.parse(str(schemas.path(message)))).assertValid(root)


def test_the_balance_of_each_day_follows_from_the_day_before(order: bytes, tmp_path: Path) -> None:
    place = receive(order, tmp_path).answers[1]
    balances = etree.parse(place).getroot().iterfind(".//{*}Bal/{*}Amt")
    assert [balance.text for balance in balances] == ["1000000000.00", "999995300.00", "999995300.00", "999997900.00"]


def test_answers_can_be_read_by_their_owner_only(order: bytes, tmp_path: Path) -> None:
    receive(order, tmp_path / "bank")
    assert {place.stat().st_mode & 0o777 for place in (tmp_path / "bank").iterdir()} == {0o600}
    assert (tmp_path / "bank").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (b"<NbOfTxs>5<", b"<NbOfTxs>6<", "AM10"),
        (b"<CtrlSum>6000.00<", b"<CtrlSum>6000.01<", "AM10"),
        (b"<CtrlSum>800.00<", b"<CtrlSum>801.00<", "AM10"),
        (b">800.00</InstdAmt>", b">800.001</InstdAmt>", "FF01"),
        (b'Ccy="EUR">800', b'Ccy="USD">800', "FF01"),
        (b"A. de Vries", b"A. de Vri\xc3\xabs", "FF01"),
        (b"<PmtMtd>TRF", b"<PmtMtd>XXX", "FF01"),
        (b"<Dt>2024-02-16</Dt>", b"<Dt>12024-02-16</Dt>", "FF01"),
        (b"<Dt>2024-02-16</Dt>", b"<DtTm>2024-02-16T00:00:00Z</DtTm>", "FF01"),
        (b"<EndToEndId>r-other-1", b"<EndToEndId>r-paid-1", "AM05"),
    ],
)
def test_a_wrong_order_is_refused_as_a_whole(order: bytes, tmp_path: Path, right: bytes, wrong: bytes, reason: str) -> None:
    receipt = receive(order.replace(right, wrong), tmp_path)
    assert right in order
    assert (receipt.status, statements(receipt)) == ("RJCT", [])
    assert report(receipt).group_reason_code == reason


def test_an_account_with_wrong_check_digits_is_rejected(order: bytes, tmp_path: Path) -> None:
    receipt = receive(order.replace(b"NL39RABO0300065264", b"NL40RABO0300065264"), tmp_path)
    assert {one.reason_code for one in report(receipt).rejections} == {"AC01"}
    assert receipt.outcomes.rejected == 3


@pytest.mark.parametrize("body", [b"", b"no xml", b"<Document/>", b"\xff"])
def test_what_is_no_order_gets_no_answer(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotAnOrder):
        receive(body, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_bank_is_a_command(order: bytes, tmp_path: Path) -> None:
    (tmp_path / "order.xml").write_bytes(order)
    command = [sys.executable, "-m", "deploy.bank", "--in", "order.xml", "--out", "bank", "--reject", "r-paid-1"]
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=60, check=False)
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 1]
    assert runs[0].stdout.splitlines()[0] == "ET2023-1-0001: PART: 1 paid, 2 returned, 2 rejected"
    assert all((tmp_path / line).is_file() for line in runs[0].stdout.splitlines()[1:])


def test_fifteen_thousand_payments_are_written_and_answered_within_seconds(header: Header, pay: Pay, tmp_path: Path) -> None:
    accounts = list(CREDITORS.values())
    transfers = [
        pay(f"{hashlib.sha256(str(n).encode()).hexdigest()[:30]}-1", creditor_iban=accounts[0 if n % 100 else n // 100 % 4])
        for n in range(15_000)
    ]
    body = write(header, transfers)
    started = time.process_time()
    receipt = receive(body, tmp_path)
    assert time.process_time() - started < 3
    paid, returned, rejected = receipt.outcomes.paid, receipt.outcomes.returned, receipt.outcomes.rejected
    assert (paid + returned + rejected, rejected) == (15_000, 37)
    out, back = statements(receipt)
    assert (sum(isinstance(line, Payment) for line in out.entries), len(back.entries)) == (paid + returned, returned)
