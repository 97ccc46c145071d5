from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from services.benefits import payment_file, schemas
from services.benefits.debtor import Debtor, DebtorAccount
from services.benefits.payment_file import CreditTransfer, Fault, Header, RefusedPaymentFile, check, split, write

Pay = Callable[..., CreditTransfer]
ANY_FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def texts(body: bytes, name: str) -> list[str | None]:
    return [node.text for node in etree.fromstring(body).iter(f"{{*}}{name}")]


def faults(header: Header, *transfers: CreditTransfer) -> list[tuple[int, tuple[Fault, ...]]]:
    with pytest.raises(RefusedPaymentFile) as refused:
        write(header, transfers)
    return [(row.row, row.faults) for row in refused.value.rows]


def test_a_payment_file_is_valid_against_the_official_schema(header: Header, pay: Pay) -> None:
    root = etree.fromstring(write(header, [pay()]))
    assert etree.XMLSchema(etree.parse(str(schemas.path("pain.001.001.09")))).validate(root)


def test_each_municipality_has_one_batch_with_its_own_total(header: Header, pay: Pay) -> None:
    body = write(header, [pay("r1-1"), pay("r2-1", municipality="GM1980", amount_cents=80_001), pay("r3-1")])
    assert texts(body, "PmtInfId") == ["ET2023-1-0001-GM0361", "ET2023-1-0001-GM1980"]
    assert texts(body, "NbOfTxs") == ["3", "2", "1"]
    assert texts(body, "CtrlSum") == ["3400.01", "2600.00", "800.01"]
    assert texts(body, "Nm")[2] == "Gemeente Alkmaar"
    assert check(body) == []


def test_a_batch_is_a_sepa_transfer_booked_as_one_total(header: Header, pay: Pay) -> None:
    body = write(header, [pay()])
    told = {name: texts(body, name) for name in ("PmtMtd", "BtchBookg", "ChrgBr", "Dt", "Ustrd", "InstrId", "CreDtTm")}
    assert told == {
        "PmtMtd": ["TRF"],
        "BtchBookg": ["true"],
        "ChrgBr": ["SLEV"],
        "Dt": ["2024-02-16"],
        "Ustrd": ["Energietoeslag 2023"],
        "InstrId": ["r0000000000000000000000001-1"],
        "CreDtTm": ["2024-02-15T09:30:00Z"],
    }
    assert texts(body, "Cd") == ["SEPA", "GOVT"]


def test_the_debtors_bank_is_named_where_it_is_known(header: Header, debtor: Debtor, pay: Pay) -> None:
    assert "NOTPROVIDED" in texts(write(header, [pay()]), "Id")
    named = replace(header, debtor=replace(debtor, bic="ABNANL2A"))
    assert texts(write(named, [pay()]), "BICFI") == ["ABNANL2A"]
    assert check(write(named, [pay()])) == []


def test_each_municipality_pays_from_its_own_account_and_the_others_from_the_regions(header: Header, debtor: Debtor, pay: Pay) -> None:
    own = {"GM1980": DebtorAccount("NL20INGB0001234567", "INGBNL2A")}
    body = write(replace(header, debtor=replace(debtor, own=own)), [pay(), pay("r2-1", municipality="GM1980")])

    accounts = [node.findtext("{*}Id/{*}IBAN") for node in etree.fromstring(body).iter("{*}DbtrAcct")]
    assert accounts == ["NL91ABNA0417164300", "NL20INGB0001234567"]
    assert texts(body, "BICFI") == ["INGBNL2A"]
    assert check(body) == []


@given(st.permutations(range(6)))
@ANY_FIXTURES
def test_the_same_transfers_give_the_same_bytes_in_any_order(header: Header, pay: Pay, order: list[int]) -> None:
    transfers = [pay(f"r{n}-1", municipality=("GM0361", "GM1980")[n % 2], amount_cents=n + 1) for n in range(6)]
    assert write(header, [transfers[n] for n in order]) == write(header, transfers)


@given(st.lists(st.integers(1, 99_999_999_999), min_size=1, max_size=20))
@ANY_FIXTURES
def test_sums_are_exact_to_the_cent(header: Header, pay: Pay, amounts: list[int]) -> None:
    body = write(header, [pay(f"r{n}-1", amount_cents=cents) for n, cents in enumerate(amounts)])
    assert sorted(Decimal(text or "") * 100 for text in texts(body, "InstdAmt")) == sorted(amounts)
    assert Decimal(texts(body, "CtrlSum")[0] or "") * 100 == sum(amounts)
    assert check(body) == []


def test_ten_cents_and_twenty_cents_are_thirty_cents(header: Header, pay: Pay) -> None:
    body = write(header, [pay("r1-1", amount_cents=10), pay("r2-1", amount_cents=20)])
    assert (texts(body, "InstdAmt"), texts(body, "CtrlSum")) == (["0.10", "0.20"], ["0.30", "0.30"])


@pytest.mark.parametrize("amount", [0, -1, 100_000_000_000, 0.1 + 0.2, 1300.0, Decimal("1300.00"), "1300", True])
def test_what_is_no_number_of_cents_is_never_paid(header: Header, pay: Pay, amount: object) -> None:
    assert faults(header, pay(amount_cents=amount)) == [(1, ("amount",))]


@pytest.mark.parametrize("cents", [1, 99_999_999_999])
def test_a_cent_and_the_most_that_a_bank_takes_are_paid(header: Header, pay: Pay, cents: int) -> None:
    assert Decimal(texts(write(header, [pay(amount_cents=cents)]), "InstdAmt")[0] or "") * 100 == cents


@pytest.mark.parametrize(
    ("name", "written"),
    [("Ömer Çelik-d'Ancona & Zn", "Omer Celik-d'Ancona + Zn"), ("Łukasz Śledź", "Lukasz Sledz"), ("A " * 60, ("A " * 35).strip())],
)
def test_names_reach_the_bank_in_its_own_characters(header: Header, pay: Pay, name: str, written: str) -> None:
    body = write(header, [pay(creditor_name=name)])
    assert texts(body, "Nm")[-1] == written
    assert check(body) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"creditor_name": "\U0001f600"}, "creditor-name"),
        ({"creditor_name": "  "}, "creditor-name"),
        ({"creditor_iban": "NL40RABO0300065264"}, "creditor-iban"),
        ({"creditor_iban": "NL39 RABO 0300 0652 64"}, "creditor-iban"),
        ({"remittance": ""}, "remittance"),
        ({"remittance": "e" * 141}, "remittance"),
        ({"municipality": "GM0363"}, "municipality"),
        ({"reference": "/r1-1"}, "end-to-end-id"),
        ({"reference": "r1//1"}, "end-to-end-id"),
        ({"reference": "r1_1"}, "end-to-end-id"),
        ({"reference": "r" * 36}, "end-to-end-id"),
        ({"reference": "r1\n"}, "end-to-end-id"),
        ({"reference": ""}, "end-to-end-id"),
        ({"reference": "NOTPROVIDED"}, "end-to-end-id"),
    ],
)
def test_a_transfer_that_the_bank_would_refuse_is_refused_before(header: Header, pay: Pay, changes: dict[str, str], fault: Fault) -> None:
    assert faults(header, pay(**{"reference": "r1-1", **changes})) == [(1, (fault,))]


def test_all_wrong_rows_are_named_at_once(header: Header, pay: Pay) -> None:
    wrong = replace(header, message_id="x" * 29, execution_on=date(2024, 2, 14))
    transfers = [pay("r1-1"), pay("r2-1", amount_cents=0, remittance=""), pay("r1-1")]
    assert faults(wrong, *transfers) == [
        (0, ("message-id", "execution-date")),
        (1, ("repeated",)),
        (2, ("amount", "remittance")),
        (3, ("repeated",)),
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"execution_on": date(2025, 2, 14)}, "execution-date"),
        ({"message_id": "/ET"}, "message-id"),
        ({"message_id": ""}, "message-id"),
        ({"created_at": datetime(2024, 2, 15)}, "created-at"),  # noqa: DTZ001  # the mistake itself
        ({"created_at": datetime(2024, 2, 15, tzinfo=timezone(timedelta(hours=1)))}, "created-at"),
    ],
)
def test_a_wrong_header_is_refused(header: Header, pay: Pay, changes: dict[str, Any], fault: Fault) -> None:
    assert faults(replace(header, **changes), pay()) == [(0, (fault,))]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [({"iban": "NL92ABNA0417164300"}, "debtor-iban"), ({"name": ""}, "debtor-name"), ({"bic": "ABNA"}, "bic")],
)
def test_a_wrong_debtor_is_refused(header: Header, debtor: Debtor, pay: Pay, changes: dict[str, Any], fault: Fault) -> None:
    assert faults(replace(header, debtor=replace(debtor, **changes)), pay()) == [(0, (fault,))]


def test_a_file_without_transfers_is_refused(header: Header) -> None:
    assert faults(header) == [(0, ("no-transfers",))]


def test_a_file_above_the_size_agreed_with_the_bank_is_refused(header: Header, pay: Pay) -> None:
    with pytest.raises(RefusedPaymentFile) as refused:
        write(header, [pay()], max_bytes=1000)
    assert refused.value.rows[0].faults == ("too-large",)


def test_a_refusal_holds_no_name_and_no_account(header: Header, pay: Pay) -> None:
    with pytest.raises(RefusedPaymentFile) as refused:
        write(header, [pay(creditor_iban="NL40RABO0300065264", amount_cents=0)])
    told = f"{refused.value} {refused.value.rows!r}"
    assert "Vries" not in told
    assert "0300065264" not in told


@given(name=st.text(max_size=200), remittance=st.text(max_size=200), reference=st.text(max_size=40))
@ANY_FIXTURES
def test_whatever_the_texts_a_written_file_is_right(header: Header, pay: Pay, name: str, remittance: str, reference: str) -> None:
    transfer = pay(reference, creditor_name=name, remittance=remittance)
    try:
        found = check(write(header, [transfer]))
    except RefusedPaymentFile:
        assert faults(header, transfer)[0][0] == 1
    else:
        assert found == []


@given(st.integers(1, 40), st.integers(1, 12))
@ANY_FIXTURES
def test_parts_hold_every_transfer_once_and_no_more_than_agreed(pay: Pay, count: int, most: int) -> None:
    transfers = [pay(f"r{n:02d}-1", municipality=("GM0361", "GM1980")[n % 2]) for n in range(count)]
    parts = split(transfers, max_transfers=most)
    assert sorted(t.end_to_end_id for part in parts for t in part) == [t.end_to_end_id for t in transfers]
    assert all(0 < len(part) <= most for part in parts)
    assert all(before[-1].municipality <= after[0].municipality for before, after in pairwise(parts))


def test_parts_stay_within_the_size_agreed(header: Header, pay: Pay) -> None:
    widest = {"creditor_name": "W" * 70, "remittance": "W" * 140, "amount_cents": payment_file.MOST_CENTS}
    account = "MT84MALT011000012345MTLCAST001S"
    transfers = [pay(f"{n:035d}", creditor_iban=account, municipality=("GM0361", "GM1980")[n % 2], **widest) for n in range(50)]
    for part in split(transfers, max_bytes=20_000):
        assert len(write(header, part, max_bytes=20_000)) <= 20_000


def test_a_corrected_name_moves_nobody_to_another_file(pay: Pay) -> None:
    before = [pay(f"r{n}-1") for n in range(9)]
    after = [replace(transfer, creditor_name="B. Jansen-van den Berg") for transfer in before]
    borders = [[[t.end_to_end_id for t in part] for part in split(one, max_transfers=4)] for one in (before, after)]
    assert borders[0] == borders[1]


def test_no_transfers_need_no_file_and_no_room_is_said() -> None:
    assert split([]) == ()
    with pytest.raises(ValueError, match="not even one"):
        split([], max_bytes=1000)


def test_the_time_in_a_file_is_the_time_given(header: Header, pay: Pay) -> None:
    later = replace(header, created_at=datetime(2024, 2, 15, 9, 30, 59, 999_999, tzinfo=UTC))
    assert texts(write(later, [pay()]), "CreDtTm") == ["2024-02-15T09:30:59Z"]
