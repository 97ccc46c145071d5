"""Intake over HTTP: who may do what, what is answered, and what never leaves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.access.caller import Role
from services.access.development import AUDIENCE, ISSUER, DevelopmentIssuer
from services.access.gate import Gate
from services.access.processing_log import ProcessingLog
from services.intake.api import make_app
from services.intake.desk import Hashes
from services.intake.nameless import recall
from services.intake.office import Office
from services.intake.route.rules import installed
from services.vault.keyed_hash import KeyedHash, SecretChanged
from services.web.in_process import InProcess
from services.web.reads import Reads
from tests.intake.stories import NOW, RULES, SIX, People, address, household_body, household_ref, member_body, new_desk, new_log, person

APPLICATION = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01"}
MOVE = {"on": "2024-01-20", "municipality": "GM0361", "address": address(2)}
INCOME = {"on": "2024-01-20", "income_cents_per_month": 0, "income_source": "none", "benefit": "none"}
ACCEPTANCE = {"route": "standard", "accepted_on": "2024-02-01"}


OF_NEEDS = ("goals", "closings", "goals/g-0000000000000001/work", "goals/g-0000000000000001/ends")
OF_MATTERS = ("paper-requests", "papers", "extensions", "steps", "decisions", "mergers")


class House:
    """Intake with its door: callers come in with a token."""

    def __init__(self, folder: Path) -> None:
        self.people, self.log = People(), new_log()
        self.desk, self.folder = new_desk(self.people), folder
        self._issuer = DevelopmentIssuer(folder / "issuer", lambda: NOW)
        self.processing = ProcessingLog(folder)
        self.gate = Gate(self._issuer.keys, ISSUER, AUDIENCE, lambda: NOW)
        office = Office(self.log, self.desk, lambda: NOW, RULES, installed())
        self.app = make_app(office, self.gate, Reads(self.processing, lambda: NOW), 100_000)

    def caller(self, *roles: Role, of: tuple[str, ...] = SIX, actor: str = "s-0001") -> InProcess:
        return InProcess(self.app, {"authorization": f"Bearer {self._issuer.token(actor, roles, of)}"})

    @property
    def worker(self) -> InProcess:
        return self.caller("caseworker")

    def registered(self, **other: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - any field that a test names
        bsn = self.people.bsn()
        answer = self.worker.post("/v1/households", f"household-{self.log.head()}", json=household_body(member_body(bsn), **other))
        assert answer.status_code == 201, answer.text
        return bsn, answer.json()["refs"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def bulk(caller: InProcess, path: str, *lines: object) -> list[dict[str, Any]]:
    sent = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
    answer = caller.post(path, content=sent)
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["title"]


# one by one


def test_a_household_is_registered_and_the_repeat_gets_the_same_answer(house: House) -> None:
    body = household_body(member_body(house.people.bsn()))

    first, again = (house.worker.post("/v1/households", "key-1", json=body) for _ in range(2))

    assert first.status_code == 201
    assert first.json()["refs"] == again.json()["refs"]
    assert house.log.head() == 1


def test_another_body_under_the_same_key_is_a_problem(house: House) -> None:
    bodies = [household_body(member_body(house.people.bsn())) for _ in range(2)]

    _, other = (house.worker.post("/v1/households", "key-1", json=body) for body in bodies)

    assert problem(other) == (409, "other-body")
    assert house.log.head() == 1


def test_a_person_who_is_known_is_a_problem(house: House) -> None:
    bsn, _ = house.registered()

    answer = house.worker.post("/v1/households", "key-2", json=household_body(member_body(bsn)))

    assert problem(answer) == (409, "duplicate-person")
    assert bsn not in answer.text


def test_every_wrong_field_is_named_and_nothing_is_written(house: House) -> None:
    body = household_body(member_body("123456789"), municipality="GM9999", income_cents_per_month=12.5, colour="red")

    answer = house.worker.post("/v1/households", "key-1", json=body)

    assert problem(answer) == (400, "invalid input")
    assert all(field in answer.json()["detail"] for field in ("members.0.bsn", "municipality", "income_cents_per_month", "colour"))
    assert "123456789" not in answer.text
    assert house.log.head() == 0


@pytest.mark.parametrize("content", [b"{", b"", b'{"on": "2024', b"[]"])
def test_broken_json_is_a_problem(house: House, content: bytes) -> None:
    assert problem(house.worker.post("/v1/households", "key-1", content=content))[0] == 400


def test_a_body_that_is_too_large_is_a_problem(house: House) -> None:
    assert problem(house.worker.post("/v1/households", "key-1", content=b" " * 200_000))[0] == 413


def test_a_household_moves_splits_and_has_another_income(house: House) -> None:
    numbers = [house.people.bsn(), house.people.bsn()]
    members = [member_body(numbers[0]), member_body(numbers[1], "partner")]
    home = house.worker.post("/v1/households", "key-1", json=household_body(*members, household_type="couple")).json()["refs"]
    leaver = house.caller("caseworker").post("/v1/persons/_search", json={"bsn": numbers[1]}).json()["client"]
    types = {"household_type": "single", "remaining_household_type": "single"}

    path = f"/v1/households/{home['household_ref']}"
    moved = house.worker.post(f"{path}/moves", "key-1", json=MOVE)
    earning = house.worker.post(f"{path}/incomes", "key-1", json=INCOME)
    parted = house.worker.post(f"{path}/splits", "key-1", json=MOVE | types | {"leavers": [leaver]})

    assert [answer.json()["version"] for answer in (moved, earning, parted)] == [2, 3, 4]
    assert set(parted.json()["refs"]) == {"household_ref", "new_household_ref"}


def test_a_stale_version_is_a_problem(house: House) -> None:
    _, refs = house.registered()

    answer = house.worker.post(f"/v1/households/{refs['household_ref']}/moves", "key-2", json=MOVE, headers={"If-Version": "0"})

    assert problem(answer) == (409, "conflict")
    assert house.log.head() == 1


@pytest.mark.parametrize(
    ("path", "body", "title"),
    [
        (f"/v1/households/{household_ref(99)}/moves", MOVE, "unknown-household"),
        (f"/v1/households/{household_ref(99)}/incomes", INCOME, "unknown-household"),
        (f"/v1/clients/{person(99)}/acceptances", ACCEPTANCE, "unknown-client"),
        ("/v1/applications", APPLICATION | {"client": person(99)}, "unknown-client"),
    ],
)
def test_what_nobody_registered_is_not_there(house: House, path: str, body: dict[str, Any], title: str) -> None:
    assert problem(house.worker.post(path, "key-1", json=body)) == (404, title)


def test_a_path_that_is_no_reference_is_a_problem_that_does_not_repeat_it(house: House) -> None:
    answer = house.worker.post("/v1/clients/999990342/acceptances", "key-1", json=ACCEPTANCE)

    assert problem(answer)[0] == 400
    assert "999990342" not in answer.text


def test_a_client_applies_and_is_in_care(house: House) -> None:
    _, refs = house.registered()

    applied = house.worker.post("/v1/applications", "key-1", json=APPLICATION | {"client": refs["client"], "note": "Belt later."})
    accepted = house.worker.post(f"/v1/clients/{refs['client']}/acceptances", "key-1", json=ACCEPTANCE)

    assert applied.status_code == 201
    assert applied.json()["refs"]["household_ref"] == refs["household_ref"]
    assert (accepted.status_code, accepted.json()["outcome"]) == (200, "unchanged")


# who may

READ_BY_OTHERS = [
    ("GET", f"/v1/clients/{person(1)}/route"),
    ("GET", "/v1/route-rules"),
    ("POST", "/v1/route-rules/trials"),
    ("GET", "/v1/route-figures"),
]
"""Auditors and managers have a part in these; the access matrix tries who."""

OF_ROUTE = (
    "route-signals",
    "route-signals/sg-0000000000000001/endings",
    "route-assessments",
    "route-flags/1/confirmations",
    "route-flags/1/reviews",
    "route-flags/1/removals",
)
ERASURE = [("POST", f"/v1/clients/{person(1)}/erasures"), ("GET", f"/v1/clients/{person(1)}/erasure")]
OWN_DATA = [("POST", f"/v1/clients/{person(1)}/exports")]
OF_OTHERS = [("GET", "/v1/households/_count"), *ERASURE, *OWN_DATA]
ROUTES = [
    ("POST", "/v1/households"),
    ("POST", "/v1/households/_bulk"),
    ("POST", f"/v1/households/{household_ref(1)}/moves"),
    ("POST", f"/v1/households/{household_ref(1)}/splits"),
    ("POST", f"/v1/households/{household_ref(1)}/incomes"),
    ("POST", "/v1/changes/_bulk"),
    ("POST", "/v1/applications"),
    ("POST", "/v1/applications/_bulk"),
    ("POST", f"/v1/clients/{person(1)}/acceptances"),
    ("POST", "/v1/persons/_search"),
    ("GET", "/v1/households/_count"),
    ("GET", "/v1/clients/_without_name"),
    ("POST", f"/v1/clients/{person(1)}/identities"),
    ("POST", f"/v1/clients/{person(1)}/reports"),
    ("POST", f"/v1/clients/{person(1)}/applications"),
    *(("POST", f"/v1/households/{household_ref(1)}/{what}") for what in ("births", "deaths", "joinings")),
    ("GET", f"/v1/households/{household_ref(1)}"),
    ("GET", f"/v1/clients/{person(1)}/household"),
    ("POST", f"/v1/clients/{person(1)}/duplicates"),
    ("POST", f"/v1/duplicates/{person(1)}.{person(2)}/verdicts"),
    ("GET", "/v1/duplicates"),
    ("POST", f"/v1/clients/{person(1)}/needs"),
    ("GET", f"/v1/clients/{person(1)}/needs"),
    *(("POST", f"/v1/clients/{person(1)}/needs/n-0000000000000001/{what}") for what in OF_NEEDS),
    *(("POST", f"/v1/matters/m-0000000000000001/{what}") for what in OF_MATTERS),
    ("GET", "/v1/matters/m-0000000000000001"),
    ("GET", "/v1/matters?standing=late"),
    *(("POST", f"/v1/clients/{person(1)}/{what}") for what in OF_ROUTE),
    ("GET", "/v1/route-flags"),
    *READ_BY_OTHERS,
    *ERASURE,
    *OWN_DATA,
]


def test_these_are_all_the_routes(house: House) -> None:
    paths = InProcess(house.app).get("/v1/openapi.json").json()["paths"]

    assert sum(len(methods) for methods in paths.values()) == len(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_token_no_route_answers(house: House, method: str, path: str) -> None:
    assert problem(InProcess(house.app).request(method, path, content=b""))[0] == 401


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route not in (*OF_OTHERS, *READ_BY_OTHERS)])
@pytest.mark.parametrize("role", ["payments-approver", "auditor", "operator", "manager"])
def test_who_has_no_part_in_intake_gets_nowhere(house: House, method: str, path: str, role: Role) -> None:
    assert problem(house.caller(role).request(method, path, content=b"")) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), ERASURE)
@pytest.mark.parametrize("role", ["caseworker", "coordinator", "payments-officer", "payments-approver"])
def test_who_works_with_clients_erases_nobody(house: House, method: str, path: str, role: Role) -> None:
    assert problem(house.caller(role).request(method, path, content=b"")) == (403, "forbidden")


def test_a_client_whom_intake_needs_is_not_erased_and_the_caller_hears_why(house: House) -> None:
    _, refs = house.registered()
    answer = house.caller("manager").post(f"/v1/clients/{refs['client']}/erasures", "erase-1", json={"ground": "client-asked"})

    assert problem(answer) == (409, "retention-term-runs")
    assert "until 2025-02-15" in answer.json()["detail"]


def test_nobody_is_erased_in_another_municipality(house: House) -> None:
    _, refs = house.registered()
    elsewhere = house.caller("manager", of=("GM0361",))

    assert problem(elsewhere.post(f"/v1/clients/{refs['client']}/erasures", "erase-1", json={"ground": "client-asked"}))[0] == 403


def test_an_erasure_that_nobody_asked_for_is_told_as_such(house: House) -> None:
    _, refs = house.registered()

    assert house.caller("auditor").get(f"/v1/clients/{refs['client']}/erasure").json()["state"] == "never-asked"


def test_a_payments_officer_finds_and_counts_but_registers_nobody(house: House) -> None:
    bsn, _ = house.registered()
    officer = house.caller("payments-officer")

    assert officer.post("/v1/persons/_search", json={"bsn": bsn}).status_code == 200
    assert officer.get("/v1/households/_count").status_code == 200
    assert officer.post("/v1/households", "key-2", json=household_body(member_body(house.people.bsn()))).status_code == 403


def test_nobody_reaches_into_another_municipality(house: House) -> None:
    bsn, refs = house.registered()
    elsewhere = house.caller("caseworker", of=("GM0361",), actor="s-0002")
    home = f"/v1/households/{refs['household_ref']}"

    answers = [
        elsewhere.post("/v1/households", "key-1", json=household_body(member_body(house.people.bsn()))),
        elsewhere.post(f"{home}/moves", "key-1", json=MOVE),
        elsewhere.post(f"{home}/incomes", "key-1", json=INCOME),
        elsewhere.post("/v1/applications", "key-1", json=APPLICATION | {"client": refs["client"]}),
        elsewhere.post(f"/v1/clients/{refs['client']}/acceptances", "key-1", json=ACCEPTANCE),
        elsewhere.post("/v1/persons/_search", json={"bsn": bsn}),
    ]

    assert [problem(answer) for answer in answers] == [(403, "forbidden")] * 6
    assert house.log.head() == 1


def test_nobody_pushes_a_household_into_another_municipality(house: House) -> None:
    _, refs = house.registered()
    here_only = house.caller("caseworker", of=("GM0399",))

    answer = here_only.post(f"/v1/households/{refs['household_ref']}/moves", "key-2", json=MOVE)

    assert problem(answer) == (403, "forbidden")


def test_who_was_forbidden_may_ask_again_with_the_right_to(house: House) -> None:
    _, refs = house.registered()
    path = f"/v1/households/{refs['household_ref']}/incomes"
    house.caller("caseworker", of=("GM0361",)).post(path, "key-2", json=INCOME)

    assert house.worker.post(path, "key-2", json=INCOME).status_code == 201


# finding and counting


def test_a_person_is_found_by_bsn_and_the_search_is_on_record(house: House) -> None:
    bsn, refs = house.registered()

    answer = house.worker.post("/v1/persons/_search", json={"bsn": bsn})

    assert answer.json() == {"client": refs["client"], "household_ref": refs["household_ref"]}
    (line,) = (house.folder / "processing.ndjson").read_text().splitlines()
    assert (refs["client"] in line, bsn in line) == (True, False)


def test_a_search_that_finds_nobody_or_may_not_is_on_record_too(house: House) -> None:
    bsn, _ = house.registered()

    unknown = house.worker.post("/v1/persons/_search", json={"bsn": house.people.bsn()})
    house.caller("caseworker", of=("GM0361",)).post("/v1/persons/_search", json={"bsn": bsn})

    assert problem(unknown) == (404, "unknown-person")
    lines = [orjson.loads(line) for line in (house.folder / "processing.ndjson").read_text().splitlines()]
    assert [line["status_code"] for line in lines] == ["STATUS_CODE_UNSET"] * 2
    assert ["dpl.core.data_subject_id" in line["attributes"] for line in lines] == [False, True]


def test_each_caller_counts_the_households_of_their_own_municipalities(house: House) -> None:
    house.registered()
    house.registered(municipality="GM0361", address=address(2))

    mine = house.caller("coordinator", of=("GM0361",)).get("/v1/households/_count").json()

    assert mine == {"position": 2, "households": 1, "per_municipality": {"GM0361": 1}}
    assert house.caller("auditor").get("/v1/households/_count").json()["households"] == 2


# by the file


def household_line(house: House, number: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any field that a test names
    return {"id": f"h-{number}", **household_body(member_body(house.people.bsn()), address=address(number + 1), **other)}


def test_a_broken_line_is_told_with_its_number_and_the_rest_goes_in(house: House) -> None:
    lines = [household_line(house, 1), b'{"id": "h-2", "on"', household_line(house, 3, municipality="GM9999"), household_line(house, 4)]

    told = bulk(house.worker, "/v1/households/_bulk", *lines)

    assert [(line["line"], line["outcome"]) for line in told] == [(1, "accepted"), (2, "invalid"), (3, "invalid"), (4, "accepted")]
    assert told[2]["errors"][0]["field"] == "municipality"
    assert house.log.head() == 2


def test_the_same_file_twice_changes_nothing_and_is_answered_the_same(house: House) -> None:
    lines = [household_line(house, number) for number in range(30)]

    first, again = (bulk(house.worker, "/v1/households/_bulk", *lines) for _ in range(2))

    assert first == again
    assert house.log.head() == 30


def test_a_line_of_another_municipality_is_not_taken_in_and_may_come_again(house: House) -> None:
    lines = [household_line(house, 1), household_line(house, 2, municipality="GM0361")]

    told = bulk(house.caller("caseworker", of=("GM0399",)), "/v1/households/_bulk", *lines)

    assert [line["outcome"] for line in told] == ["accepted", "refused"]
    assert bulk(house.worker, "/v1/households/_bulk", *lines)[1]["outcome"] == "accepted"


def test_households_changes_and_applications_come_in_as_files(house: House) -> None:
    lines = [household_line(house, number, benefit="pw", income_source="benefit") for number in range(3)]
    numbers = [line["members"][0]["bsn"] for line in lines]

    bulk(house.worker, "/v1/households/_bulk", *lines)
    moved = bulk(
        house.worker, "/v1/changes/_bulk", *({"id": f"c-{n}", "kind": "move", "bsn": [bsn], **MOVE} for n, bsn in enumerate(numbers))
    )
    applied = bulk(house.worker, "/v1/applications/_bulk", *({"id": f"a-{n}", "bsn": bsn, **APPLICATION} for n, bsn in enumerate(numbers)))

    assert [line["outcome"] for line in moved + applied] == ["accepted"] * 6
    assert all(set(line["refs"]) == {"application_ref", "client", "household_ref"} for line in applied)


def test_intake_is_not_opened_under_other_secrets(house: House) -> None:
    others = Hashes(KeyedHash(b"x" * 32), house.desk.hashes.address)
    office = Office(house.log, replace(house.desk, hashes=others), lambda: NOW, RULES, installed())

    with pytest.raises(SecretChanged, match="bsn"):
        make_app(office, house.gate, Reads(house.processing, lambda: NOW), 100_000)


def loses_its_names(house: House) -> None:
    """Facts came back from Kafka, and the vault did not."""
    facts = [house.log._codec.from_record("intake", record) for record in house.log.after(0, 100)]
    house.log._contents.beside.clear()
    house.log.submit(lambda tx: recall(house.desk, tx, facts)).result(5)


def test_who_lost_a_name_is_listed_to_the_municipality_and_named_by_it(house: House) -> None:
    bsn, refs = house.registered()
    loses_its_names(house)
    elsewhere = house.caller("caseworker", of=("GM0361",), actor="s-0002")
    who = {"bsn": bsn, "name": "Jannie Testgeval", "birth_date": "1980-05-17", "address": address()}

    assert elsewhere.get("/v1/clients/_without_name").json() == []
    assert house.worker.get("/v1/clients/_without_name").json() == [refs]
    assert elsewhere.post(f"/v1/clients/{refs['client']}/identities", "k-1", json=who).status_code == 403
    assert house.worker.post(f"/v1/clients/{refs['client']}/identities", "k-2", json=who).status_code == 200
    assert house.worker.get("/v1/clients/_without_name").json() == []
    assert house.worker.post("/v1/persons/_search", json={"bsn": bsn}).json()["client"] == refs["client"]


def test_nobody_new_is_registered_meanwhile_and_the_same_command_comes_in_later(house: House) -> None:
    bsn, _ = house.registered()
    loses_its_names(house)
    new = household_body(member_body(house.people.bsn()), address=address(9))

    refused = house.worker.post("/v1/households", "new", json=new)
    house.worker.post("/v1/households", "again", json=household_body(member_body(bsn)))

    assert problem(refused)[:2] == (409, "clients-without-name")
    assert house.worker.post("/v1/households", "new", json=new).status_code == 201


def test_a_client_who_is_not_here_is_not_named(house: House) -> None:
    who = {"bsn": house.people.bsn(), "name": "Jannie Testgeval", "birth_date": "1980-05-17", "address": address()}

    assert house.worker.post(f"/v1/clients/{person(7)}/identities", "k-1", json=who).status_code == 404
