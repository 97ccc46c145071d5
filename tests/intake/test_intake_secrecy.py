"""Nothing personal stands anywhere but sealed in the vault: not in the log's file, not in what is logged, not in answers."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import generate_latest

from services.access.development import AUDIENCE, ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from services.access.processing_log import ProcessingLog
from services.contracts.codec import published
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.sqlite import SqliteLog
from services.intake import likeness
from services.intake.ageing import on_due
from services.intake.api import make_app
from services.intake.desk import Desk, Hashes
from services.intake.office import Office
from services.intake.route.rules import installed
from services.vault.keyed_hash import KeyedHash, secret_at
from services.vault.sqlite_keys import SqliteKeys
from services.vault.vault import Vault
from services.web.in_process import InProcess
from services.web.reads import Reads
from tests.intake.stories import NOW, RULES, SIX, People, household_body

BSN, WRONG_BSN, YOUNG_BSN = "999990342", "999990343", "999999990"
NAME, BIRTH_DATE, YOUNG_BIRTH = "Geheimpje Onzichtbaar", "1971-07-13", "2006-02-10"
STREET, TOWN, POSTCODE = "Verborgensteeg", "Nergenshuizen", "1851 QX"
IBAN, NOTE = "NL91ABNA0417164300", "Zoon heeft schulden, niet bellen"
SECRETS = (BSN, WRONG_BSN, YOUNG_BSN, NAME, BIRTH_DATE, YOUNG_BIRTH, STREET, TOWN, POSTCODE, "1851QX", IBAN, NOTE)

ADDRESS = {"street": STREET, "number": "7", "postcode": POSTCODE, "town": TOWN}
MEMBERS = [
    {"bsn": BSN, "name": NAME, "birth_date": BIRTH_DATE, "role": "applicant", "student": False},
    {"bsn": YOUNG_BSN, "name": NAME, "birth_date": YOUNG_BIRTH, "role": "child", "student": False},
]
HOUSEHOLD = household_body(*MEMBERS, household_type="single-parent", address=ADDRESS, benefit="pw", income_source="benefit")
MOVE = {"kind": "move", "on": "2024-02-01", "bsn": [BSN, YOUNG_BSN], "municipality": "GM0361", "address": ADDRESS | {"number": "9"}}
APPLICATION = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01", "note": f"{NOTE} {IBAN}"}

FILES: dict[str, list[bytes]] = {
    "households": [
        orjson.dumps({"id": "h-1", **HOUSEHOLD}),
        orjson.dumps({"id": "h-1", **HOUSEHOLD, "income_cents_per_month": 5}),
        orjson.dumps({"id": "h-2", **HOUSEHOLD}),
        orjson.dumps({"id": "h-3", **HOUSEHOLD, BSN: NAME, "iban": IBAN, "benefit": NAME, "on": BIRTH_DATE + "T", "living": BSN}),
        orjson.dumps({"id": WRONG_BSN, **HOUSEHOLD, "members": [{**MEMBERS[0], "bsn": WRONG_BSN, "role": NAME}], "address": STREET}),
        orjson.dumps({"id": "h-4", **HOUSEHOLD})[:-40],
        f"{BSN} {NAME} {IBAN}".encode(),
    ],
    "changes": [orjson.dumps({"id": "c-1", **MOVE}), orjson.dumps({"id": "c-2", **MOVE, "bsn": [WRONG_BSN], "kind": NAME})],
    "applications": [
        orjson.dumps({"id": "a-1", "bsn": BSN, **APPLICATION}),
        orjson.dumps({"id": "a-2", "bsn": BSN, **APPLICATION, "channel": NOTE, "scheme": IBAN}),
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def desk(folder: Path) -> Desk:
    hashes = Hashes(*(KeyedHash(secret_at(folder / "secrets" / purpose)) for purpose in ("bsn", "address")))
    return Desk(Vault(SqliteKeys(folder / "keys.sqlite")), hashes, People().new_ref, likeness.installed())


@pytest.fixture
def log(folder: Path) -> Iterator[SqliteLog]:
    log = SqliteLog("intake", folder / "intake.sqlite", published())
    yield log
    log.close()


@pytest.fixture
def caller(folder: Path, desk: Desk, log: SqliteLog) -> Iterator[InProcess]:
    issuer, processing = DevelopmentIssuer(folder / "issuer", lambda: NOW), ProcessingLog(folder)
    gate = Gate(issuer.keys, ISSUER, AUDIENCE, lambda: NOW)
    app = make_app(Office(log, desk, lambda: NOW, RULES, installed()), gate, Reads(processing, lambda: NOW), 1_000_000)
    yield InProcess(app, {"authorization": f"Bearer {issuer.token('s-0001', ['caseworker'], SIX)}"})
    processing.close()


def everything_sent(caller: InProcess) -> list[dict[str, Any]]:
    """All files by bulk, then wrong ones one by one; gives the answers of the lines."""
    answers = [caller.post(f"/v1/{path}/_bulk", content=b"\n".join(lines)) for path, lines in FILES.items()]
    told = [orjson.loads(line) for answer in answers for line in answer.content.splitlines()]
    single = [
        caller.post("/v1/households", "key-1", json=HOUSEHOLD),
        caller.post("/v1/households", "key-2", json={**HOUSEHOLD, BSN: NAME, "municipality": NAME}),
        caller.post("/v1/households", BSN, json=HOUSEHOLD),
        caller.post("/v1/persons/_search", json={"bsn": BSN}),
        caller.post("/v1/persons/_search", json={"bsn": WRONG_BSN}),
        caller.post(f"/v1/households/{BSN}/moves", "key-3", json=MOVE),
    ]
    return [*told, *({"outcome": answer.status_code, "text": answer.text} for answer in single)]


def test_nothing_personal_stands_in_the_log_of_intake(caller: InProcess, log: SqliteLog, desk: Desk, folder: Path) -> None:
    told = everything_sent(caller)
    log.close()

    # What should be written was written, so there was something to find.
    assert [line["outcome"] for line in told[:3]] == ["accepted", "refused", "refused"]
    assert sum(line["outcome"] == "accepted" for line in told) == 3
    person = (log.kept("bsn", desk.hashes.bsn.of(BSN)) or b"").decode()
    assert desk.vault.open(log, person)["name"] == NAME
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert person.encode() in written
    assert [secret for secret in SECRETS if secret.encode() in written] == []


def test_nothing_personal_is_logged(caller: InProcess, log: SqliteLog, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        everything_sent(caller)
        Clock(log, lambda: NOW, on_due(desk), JumpGuard(lambda: NOW, NOW.timestamp, 1.0)).round()

    # What the caller's own HTTP client logs is the caller's.
    told = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert [secret for secret in SECRETS if secret in told] == []


def test_nothing_personal_is_answered(caller: InProcess) -> None:
    told = orjson.dumps(everything_sent(caller)).decode()

    assert [secret for secret in SECRETS if secret in told] == []


def test_nothing_personal_is_in_the_metrics(caller: InProcess) -> None:
    everything_sent(caller)
    told = generate_latest().decode()

    assert [secret for secret in SECRETS if secret in told] == []
