"""Each municipality pays from its own account: a file is debited to one, and its statement speaks of that one only."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.benefits.debited_account import DebitedAccount
from services.benefits.debtor import DebtorAccount, accounts
from services.benefits.files import Bank
from services.benefits.iban import InvalidIban
from services.benefits.payments import Standing, cents_by_standing
from services.contracts.bank import BankLineUnmatched
from services.contracts.runs import PaymentFileWritten
from tests.bank.bank_messages import details, entry, statement, transaction
from tests.benefits.a_region import ALKMAAR, BERGEN, DEBTOR, KEYED, Home, Region, region

OF_BERGEN = "NL20INGB0001234567"


@pytest.fixture
def paying(tmp_path: Path) -> Region:
    """Two households in Alkmaar, which pays from the region's account, and one in Bergen, which pays from its own."""
    debtor = replace(DEBTOR, own={BERGEN: DebtorAccount(OF_BERGEN)})
    made = region(tmp_path, bank=Bank(debtor, tmp_path / "bank", 1_000))
    made.knows(Home(1), Home(2), Home(3, municipality=BERGEN))
    return made


@pytest.fixture
def run(paying: Region) -> str:
    return paying.pays_out()


def standings(paying: Region, run: str) -> dict[Standing, int]:
    return {name: cents for name, cents in cents_by_standing(paying.office.payments.statement(run)).items() if cents}


def test_a_run_comes_to_a_file_for_each_account_with_its_own_sums(paying: Region, run: str) -> None:
    files = sorted(paying.facts(PaymentFileWritten), key=lambda file: file.part)

    assert [(file.part, file.parts, file.count, file.total_cents) for file in files] == [(1, 2, 2, 260_000), (2, 2, 1, 130_000)]
    assert [file.debtor_fingerprint for file in files] == [KEYED.of(DEBTOR.iban), KEYED.of(OF_BERGEN)]
    assert OF_BERGEN.encode() not in paying.message(run, 1)
    assert paying.message(run, 2).count(OF_BERGEN.encode()) == 1


def test_the_statement_of_each_account_settles_its_own_payments_and_the_run_closes(paying: Region, run: str, tmp_path: Path) -> None:
    paying.hears(*paying.bank_answers(run, tmp_path))

    assert standings(paying, run) == {"paid": 390_000}
    assert paying.closes(run).outcome == "accepted"


def test_what_one_accounts_statement_says_of_a_payment_from_another_is_listed_and_not_applied(paying: Region, run: str) -> None:
    name = next(f"{p.right_ref}-1" for p in paying.office.payments.of_run(run) if p.municipality == BERGEN)
    paying.hears(statement(entry("DBIT", "1300.00", details(transaction(name, "1300.00")))))

    assert standings(paying, run) == {"sent": 390_000}
    assert [(e.end_to_end_id, e.reason_code) for e in paying.facts(BankLineUnmatched)] == [(name, "other-debtor-account")]


def test_accounts_are_written_by_municipality_with_the_bank_where_it_is_asked_for() -> None:
    told = accounts(f"{ALKMAAR}=NL91 ABNA 0417 1643 00/ABNANL2A, {BERGEN}={OF_BERGEN}")

    assert told == {ALKMAAR: DebtorAccount("NL91ABNA0417164300", "ABNANL2A"), BERGEN: DebtorAccount(OF_BERGEN)}
    assert accounts("") == {}


@pytest.mark.parametrize("text", [OF_BERGEN, f"{BERGEN}={OF_BERGEN},{BERGEN}={OF_BERGEN}"])
def test_an_account_of_nobody_and_two_accounts_of_one_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^write each municipality once, as GM0361=IBAN or GM0361=IBAN/BIC$"):
        accounts(text)


def test_an_account_with_a_slip_is_refused() -> None:
    for slip in (f"{BERGEN}=NL21INGB0001234567", f"{ALKMAAR}={BERGEN}={OF_BERGEN}"):
        with pytest.raises(InvalidIban):
            accounts(slip)


def test_of_a_file_from_before_accounts_were_recorded_no_statement_is_that_of_another_account(paying: Region, run: str) -> None:
    office = paying.office
    sent = office.payments.of_run(run)[0]
    told: tuple[dict[str, str], ...] = (
        {},
        {sent.message_id: ""},
        {sent.message_id: KEYED.of(DEBTOR.iban)},
        {sent.message_id: KEYED.of("other")},
    )
    found = [DebitedAccount(office.log, office.payments, KEYED, {run: each}).is_another(DEBTOR.iban, sent.right_ref, 1) for each in told]

    assert found == [False, False, False, True]
