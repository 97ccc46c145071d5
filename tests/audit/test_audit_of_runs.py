"""I4 and I5: what the bank gets is what was approved, from another person, on the account that was bound."""

from pathlib import Path

import pytest

from services.audit.accounts import Accounts, Fingerprints
from services.audit.finding import Tally
from services.audit.orders import Orders, Tallies
from services.audit.rights import Attempt, Rights
from services.contracts import benefits, runs
from services.contracts.envelope import Event
from services.vault.keyed_hash import KeyedHash
from tests.audit.world import (
    CENTS,
    EXECUTION_ON,
    FILE,
    IBANS,
    ONE,
    REGION_IBAN,
    RUN,
    SECRET,
    TWO,
    World,
    fingerprint,
    xml,
)

OTHER = "run-00000000000000c2"
BOTH = [(ONE.end_to_end_id, CENTS, ONE.iban), (TWO.end_to_end_id, CENTS, TWO.iban)]


def test_a_run_approved_by_its_preparer_is_seen(bare: World) -> None:
    bare.standard({runs.RunApproved: {"approved_by": "s-3"}})
    assert f"{RUN} was approved by its preparer" in bare.verdict()["I4"].detail


@pytest.mark.parametrize(("name", "value"), [("granted", 3), ("total_cents", CENTS), ("manifest_hash", "00" * 32)])
def test_an_approval_of_something_else_is_seen(bare: World, name: str, value: object) -> None:
    bare.standard({runs.RunApproved: {name: value}})
    assert f"{RUN}: approved {name} is not the prepared one" in bare.verdict()["I4"].detail


ORDERED = runs.RunReleaseOrdered(run_ref=OTHER, ordered_by="s-3", execution_on=EXECUTION_ON)
RELEASED = runs.RunReleased(run_ref=OTHER, granted=0, refused=0, withheld=0, total_cents=0)
WRITTEN = runs.PaymentFileWritten(
    run_ref=OTHER, message_id=f"{OTHER}-001", part=1, parts=1, count=0, total_cents=0, sha256="ab", execution_on=EXECUTION_ON
)


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (ORDERED, "the run was ordered before it was approved"),
        (RELEASED, "the run was released before it was ordered"),
        (WRITTEN, f"writes {OTHER}-001 before the run was released"),
    ],
)
def test_a_step_of_a_run_before_the_one_that_it_rests_on_is_seen(recorded: World, fact: Event, told: str) -> None:
    recorded.record("benefits", fact)
    detail = recorded.verdict()["I4"].detail
    assert f"benefits/run/{OTHER}@1" in detail
    assert told in detail


def test_a_changed_manifest_is_seen(recorded: World) -> None:
    path = next((recorded.sources.data / "benefits" / "manifests").iterdir())
    path.write_bytes(path.read_bytes().replace(b"130000", b"130001"))
    detail = recorded.verdict()["I4"].detail
    assert f"{RUN}: the manifest on disk hashes to" in detail
    assert f"{RUN}: {ONE.right} was granted for {CENTS} cents, approved otherwise" in detail


def test_a_lost_manifest_is_seen(recorded: World) -> None:
    next((recorded.sources.data / "benefits" / "manifests").iterdir()).unlink()
    assert f"{RUN}: its manifest cannot be read: FileNotFoundError" in recorded.verdict()["I4"].detail


def test_households_that_were_passed_over_are_seen(bare: World) -> None:
    bare.standard({runs.RunPrepared: {"households": 3}})
    assert f"{RUN}: candidates, excluded and held are 2, households 3" in bare.verdict()["I4"].detail


def test_a_release_of_fewer_rights_than_were_decided_is_seen(bare: World) -> None:
    bare.standard({runs.RunReleased: {"granted": 1}})
    assert f"{RUN}: 2 rights are granted, released 1" in bare.verdict()["I4"].detail


def test_a_payment_file_changed_by_one_byte_is_seen(recorded: World) -> None:
    recorded.bank.write_text(recorded.bank.read_text() + "\n")
    assert f"payment file {FILE} is not the one that was recorded" in recorded.verdict()["I4"].detail


@pytest.mark.parametrize(("said", "told"), [({"count_said": 3}, "3 for 260000"), ({"cents_said": 26_000_000}, "2 for 26000000")])
def test_a_file_whose_header_miscounts_is_seen(recorded: World, said: dict[str, int], told: str) -> None:
    recorded.pay_by(BOTH, **said)
    assert f"payment file {FILE}: its header says {told} cents, it holds 2 for 260000" in recorded.verdict()["I4"].detail


def test_a_file_that_pays_euros_for_cents_is_seen(recorded: World) -> None:
    recorded.pay_by([(ONE.end_to_end_id, 100 * CENTS, ONE.iban), BOTH[1]])
    assert f"payment file {FILE} pays {ONE.end_to_end_id} otherwise than was instructed" in recorded.verdict()["I4"].detail


def test_a_file_with_fewer_payments_than_were_instructed_is_seen(recorded: World) -> None:
    recorded.record(
        "benefits", benefits.PaymentInstructed(**{**ONE.payment, "attempt": 2}, **ONE.account, message_id=FILE, execution_on=EXECUTION_ON)
    )
    assert f"{FILE}: 3 payments were instructed, the file has 2" in recorded.verdict()["I4"].detail


def test_a_payment_file_that_takes_its_money_from_another_account_is_seen(bare: World) -> None:
    bare.standard({runs.PaymentFileWritten: {"debtor_fingerprint": fingerprint(REGION_IBAN)}})
    assert f"payment file {FILE} is debited to another account than was recorded" in bare.verdict()["I4"].detail


def test_a_payment_file_from_before_its_account_was_recorded_is_read_without_it(bare: World) -> None:
    bare.standard({runs.PaymentFileWritten: {"debtor_fingerprint": ""}})
    assert bare.verdict()["I4"].holds


def test_a_batch_that_pays_for_two_municipalities_is_seen(tmp_path: Path) -> None:
    tally = Tally("I4", "")
    rights = Rights(tally, tally)
    payments = {name: Attempt(name, FILE, CENTS, "", code, "") for name, code in (("r1-1", "GM0361"), ("r2-1", "GM0373"))}
    orders = Orders(rights, Accounts(tally, rights), None, Tallies(tally, tally, tally), payments)
    (tmp_path / f"{FILE}.xml").write_text(xml([("r1-1", CENTS, ONE.iban), ("r2-1", CENTS, TWO.iban)]))
    orders.conclude(tmp_path, {FILE: {"sha256": "", "count": 2, "total_cents": 2 * CENTS}}, [])
    assert f"batch {FILE}-GM0361 pays for GM0361 and GM0373" in tally.finding().detail


def test_a_payment_file_that_nobody_recorded_is_seen(recorded: World) -> None:
    recorded.bank.with_name("by-hand.xml").write_text("<x/>")
    assert "payment file by-hand was recorded by nobody" in recorded.verdict()["I4"].detail


def test_a_payment_file_that_is_gone_is_seen(recorded: World) -> None:
    recorded.bank.unlink()
    assert f"payment file {FILE}.xml cannot be read: FileNotFoundError" in recorded.verdict()["I4"].detail


def test_a_payment_file_with_a_document_type_is_not_read(recorded: World) -> None:
    recorded.bank.write_text('<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>')
    assert f"payment file {FILE}.xml holds a document type declaration" in recorded.verdict()["I4"].detail


def test_a_file_handed_twice_to_one_person_is_seen(recorded: World) -> None:
    recorded.record("benefits", runs.FileHandedOver(run_ref=RUN, message_id=FILE, handover=2, handed_to="s-3"))
    assert f"hands {FILE} to the same person again" in recorded.verdict()["I4"].detail


def test_a_payment_instructed_on_another_account_than_decided_is_seen(bare: World) -> None:
    bare.standard({benefits.PaymentInstructed: {"account_fingerprint": fingerprint("NL02RABO0123456789")}})
    assert f"benefits/right/{ONE.right}@2 pays {ONE.end_to_end_id} on another account than was decided" in bare.verdict()["I5"].detail


def test_a_grant_on_an_account_of_another_client_is_seen(bare: World) -> None:
    bare.standard({benefits.AllowanceGranted: TWO.account, benefits.PaymentInstructed: TWO.account})
    detail = bare.verdict()["I5"].detail
    assert f"benefits/right/{ONE.right}@1 names account {TWO.account['account_ref']}, which was not bound so to {ONE.client}" in detail


def test_another_account_in_the_file_is_seen_and_never_shown(recorded: World) -> None:
    recorded.pay_by([(ONE.end_to_end_id, CENTS, TWO.iban), BOTH[1]])
    detail = recorded.verdict()["I5"].detail
    assert f"the file {FILE} pays {ONE.end_to_end_id} on another account than was decided" in detail
    assert not any(iban in detail for iban in IBANS)


def test_without_the_secret_accounts_are_not_known_to_be_right(recorded: World) -> None:
    (recorded.sources.data / "benefits" / "secrets" / "account").unlink()
    assert "there is no secret of the account fingerprints" in recorded.verdict()["I5"].detail


def test_the_audit_hashes_accounts_as_the_vault_does() -> None:
    assert Fingerprints([SECRET]).fits(ONE.iban, KeyedHash(SECRET).of(ONE.iban))
