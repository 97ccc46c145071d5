"""I12: personal data outside vaults and bank files is found wherever it lies, and never repeated."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from services.access.processing_lines import Processing
from services.access.processing_log import ProcessingLog
from services.audit.personal_data import Forms, Planted, is_bsn, is_iban
from services.contracts import benefits, erasure
from services.contracts.codec import headers_of
from tests.audit.world import AT, GM, IBANS, ON, ONE, World, producing

BSN, NAME = "999990019", "Grietje van der Meulen-Zoë"
FOUND = "holds a citizen service number"


def place(world: World, name: str, text: str) -> Path:
    path = world.sources.data / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_citizen_service_number_in_a_fact_is_found_and_not_repeated(bare: World) -> None:
    bare.standard({benefits.AllowanceGranted: {"rule_version": f"for {BSN}"}})
    detail = bare.verdict()["I12"].detail
    assert f"of benefits {FOUND}" in detail
    assert BSN not in detail


def test_an_account_number_in_a_value_beside_the_facts_is_found(recorded: World) -> None:
    recorded.logs["intake"].submit(lambda tx: tx.keep("notes", "n-1", IBANS[0].encode())).result(5)
    assert "value beside the facts, of kind notes of intake holds an account number" in recorded.verdict()["I12"].detail


def test_what_is_left_of_an_erased_client_is_found(recorded: World) -> None:
    gone = erasure.ClientErased(client=ONE.client, municipality=GM, erasure=1, erased_on=ON)
    recorded.record("intake", gone)
    recorded.logs["intake"].submit(lambda tx: tx.keep("bsn", "ab" * 32, ONE.client.encode())).result(5)
    recorded.logs["intake"].submit(lambda tx: tx.keep("vault-owner", ONE.client, b"k-1\nt-1")).result(5)
    detail = recorded.verdict()["I12"].detail
    assert f"intake/erasure/{ONE.client}@1: the link from the citizen service number is left" in detail
    assert f"intake/erasure/{ONE.client}@1: 1 vault rows are left" in detail


def test_what_the_vault_sealed_is_left_alone(recorded: World) -> None:
    recorded.logs["intake"].submit(lambda tx: tx.keep("vault", "n-1", IBANS[0].encode())).result(5)
    assert "account number" not in recorded.verdict()["I12"].detail


def test_a_citizen_service_number_on_kafka_alone_is_found(backbone: World) -> None:
    backbone.publish()
    record = backbone.logs["benefits"].records_of(f"benefits/right/{ONE.right}")[0]
    tagged = [*headers_of(record, "urn:x"), ("note", f"bsn {BSN}".encode())]
    with producing(backbone.sources.kafka) as send:
        send(backbone.sources.topics["benefits"], record.key, record.data.replace(b"granted", b"given"), tagged)
        send(backbone.sources.topics["benefits"], record.key, record.data, tagged)
        send(backbone.sources.topics["benefits"], BSN, b"{}", tagged)
    assert "the record at " in backbone.verdict()["I12"].detail
    assert FOUND in backbone.verdict()["I12"].detail


@pytest.mark.parametrize("name", ["logs/intake.log", "processing/views/audit.ndjson", "benefits/manifests/other.ndjson", "report.csv"])
def test_a_citizen_service_number_in_a_file_is_found(recorded: World, name: str) -> None:
    place(recorded, name, f'a line\n{{"what": "asked for {BSN}"}}\n')
    assert f"file {name} {FOUND}" in recorded.verdict()["I12"].detail


@pytest.mark.parametrize(
    "name", ["views/000012.sst", "kafka/records/intake.events-0/0.log", "clickhouse/data.bin", "benefits/log.sqlite-old"]
)
def test_a_planted_name_is_found_in_any_file(recorded: World, tmp_path: Path, name: str) -> None:
    planted = tmp_path / "planted"
    planted.write_text(f"{BSN}\n{NAME}\nJan\n", encoding="utf-8")
    place(recorded, name, f"\x00\x01 Jan {NAME} \x02")
    detail = recorded.verdict(planted=planted)["I12"].detail
    assert f"file {name} holds a planted value of {len(NAME.encode())} bytes" in detail
    assert "Grietje" not in detail


def test_a_reading_that_was_changed_is_seen(recorded: World) -> None:
    folder = recorded.sources.data / "processing" / "intake"
    with closing(ProcessingLog(folder)) as log:
        for _ in range(2):
            log.record(Processing("urn:read", ONE.client, "0" * 32, AT, AT, "ok"), "s-1").result(5)
    whole = (folder / "audit.ndjson").read_text()
    (folder / "audit.ndjson").write_text(whole.replace("s-1", "s-2", 1))
    assert "line 1 of intake/audit.ndjson is not the one that line 2 followed on" in recorded.verdict()["I12"].detail


def test_bank_files_secrets_and_keys_hold_such_data_and_must_be_closed_to_others(recorded: World) -> None:
    recorded.bank.chmod(0o644)
    place(recorded, "benefits/keys.sqlite", "").chmod(0o640)
    detail = recorded.verdict()["I12"].detail
    assert f"bank/out/{recorded.bank.name} can be read by others" in detail
    assert "benefits/keys.sqlite can be read by others" in detail
    assert "account number" not in detail


def test_planted_values_that_cannot_be_read_are_a_fault(recorded: World, tmp_path: Path) -> None:
    assert "the planted values cannot be read: FileNotFoundError" in recorded.verdict(planted=tmp_path / "none")["I12"].detail


@pytest.mark.parametrize(
    "text",
    [
        f'{{"bsn":"{BSN}"}}',
        f"GET /v1/persons/{BSN}",
        f"bsn={BSN}, next",
        f"{BSN}",
        f"'{BSN}'",
    ],
)
def test_nine_digits_that_pass_the_test_are_a_citizen_service_number(text: str) -> None:
    assert list(Forms().found(text.encode())) == ["a citizen service number"]


@pytest.mark.parametrize(
    "text",
    [
        f'{{"total_cents":{BSN},"n":[{BSN},{BSN}]}}',
        f'{{"total_cents": {BSN}}}',
        f"h-{BSN}",
        f"a{BSN}",
        f"{BSN}0",
        f"0.{BSN} seconds",
        f"{BSN}-1",
        "000000000",
        "123456789",
    ],
)
def test_amounts_references_and_fractions_are_not(text: str) -> None:
    assert list(Forms().found(text.encode())) == []


def test_account_numbers_are_known_by_their_check_digits() -> None:
    assert is_iban(IBANS[0].encode())
    assert list(Forms().found(b"NL92ABNA0417164300 and NL00ABCD0123456789")) == []
    assert is_bsn(BSN.encode())


def test_planted_values_are_whole_words() -> None:
    planted = Planted([BSN, NAME, "  ", "abc"])
    assert list(planted.found(f"x {NAME} y".encode())) == [f"a planted value of {len(NAME.encode())} bytes"]
    assert list(planted.found(f"1{BSN} {NAME[:-1]} abc".encode())) == []


def test_a_value_over_the_border_of_two_pieces_is_found(recorded: World, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_text(NAME, encoding="utf-8")
    place(recorded, "views/x.sst", " " * (2**20 - 9) + NAME + " " * 300)
    detail = recorded.verdict(planted=planted)["I12"].detail
    assert "file views/x.sst holds a planted value" in detail
    assert replace(recorded.sources, token="t0k3n").token not in repr(replace(recorded.sources, token="t0k3n"))


def test_what_stands_behind_a_hole_in_a_file_is_found(recorded: World, tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    planted.write_text(NAME, encoding="utf-8")
    with place(recorded, "kafka/records/x.index", "").open("r+b") as file:
        file.seek(3 * 2**20)
        file.write(NAME.encode())
        file.truncate(9 * 2**20)
    assert "file kafka/records/x.index holds a planted value" in recorded.verdict(planted=planted)["I12"].detail
