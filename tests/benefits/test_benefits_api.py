import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.access.caller import Role
from services.benefits import payment_file
from services.benefits.preparation import rules_of
from services.benefits.request import RunRequest, Stuck
from services.contracts.benefits import AccountBound
from services.eventlog.reactor import HELD
from services.web.in_process import InProcess
from tests.benefits.a_house import RELEASE, RUN, House
from tests.benefits.a_region import ALKMAAR, APPROVER, BERGEN, OFFICER, Home, household, iban, person

NOBODYS_RUN = "/v1/runs/run-" + "0" * 16


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2), Home(901), Home(4, living="institution"))
    yield made
    made.processing.close()


@pytest.fixture
def approver(house: House) -> InProcess:
    return house.as_("payments-approver", APPROVER)


def lines(*content: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in content)


def account(number: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    usual = {"id": f"acc-{number}", "client": person(number), "municipality": ALKMAAR, "iban": iban(number), "holder_name": "J. Jansen"}
    return {**usual, **other}


def balance(number: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    usual = {"id": f"bal-{number}", "client": person(number * 10), "household_ref": household(number), "municipality": ALKMAAR}
    return {**usual, "scheme_year": 2023, "amount_cents": 50_000, **other}


def test_a_run_over_http_from_preparation_to_close(house: House, officer: InProcess, tmp_path: Path) -> None:
    run = house.paid_out()
    file = officer.post(f"{run}/files/{run.rpartition('/')[2]}-001/handovers", "take-1")
    for answer in house.region.bank_answers(run.rpartition("/")[2], tmp_path):
        assert officer.post("/v1/bank-answers", content=answer, headers={"Content-Type": "application/xml"}).status_code == 202
    house.region.works()
    closed = officer.post(f"{run}/closings", "close-1")

    shown = officer.get(run).json()
    assert (payment_file.check(file.content), closed.status_code, shown["state"]) == ([], 201, "closed")
    assert shown["settlement"]["cents"]["paid"] + shown["settlement"]["cents"]["returned"] == shown["released"]["total_cents"]
    assert shown["settlement"]["open_cents"] == 0
    assert [(each["standing"], each["reason"], each["handling"]) for each in officer.get(f"{run}/exceptions").json()["exceptions"]] == [
        ("returned", "AC04", "ask-account")
    ]


def test_a_prepared_run_shows_what_approvers_must_see(house: House, officer: InProcess) -> None:
    shown = officer.get(house.prepared()).json()

    assert (shown["state"], shown["prepared"]["granted"], shown["prepared"]["total_cents"]) == ("prepared", 3, 390_000)
    assert {(row["standing"], *row["reasons"]): (row["households"], row["cents"]) for row in shown["preview"]} == {
        ("granted",): (3, 390_000),
        ("refused", "institution"): (1, 0),
    }


def test_asking_twice_for_the_same_run_gives_the_same_run(house: House) -> None:
    assert house.prepared("prepare-1") == house.prepared("prepare-1") == house.prepared("prepare-2")


def test_lines_come_by_the_page(house: House, officer: InProcess) -> None:
    run = house.prepared()
    first = officer.get(f"{run}/lines", params={"limit": 3}).json()
    rest = officer.get(f"{run}/lines", params={"limit": 3, "after": first["next"]}).json()

    assert [len(first["lines"]), len(rest["lines"]), rest["next"]] == [3, 1, None]


def test_reading_lines_leaves_a_line_for_each_who_stands_in_them(house: House, officer: InProcess) -> None:
    run = house.prepared()
    shown = officer.get(f"{run}/lines").json()["lines"]

    whole, *parts = (json.loads(text) for text in (house.folder / "processing" / "processing.ndjson").read_text().splitlines())
    assert {part["attributes"]["dpl.core.data_subject_id"] for part in parts} == {
        line.get("client") or line["household_ref"] for line in shown
    }
    assert {part["parent_span_id"] for part in parts} == {whole["span_id"]}
    assert f'"object":"{run.rpartition("/")[2]}"' in (house.folder / "processing" / "audit.ndjson").read_text()


def test_the_preparer_cannot_approve_even_with_the_role(house: House) -> None:
    run = house.prepared()
    answer = house.as_("payments-approver", OFFICER).post(f"{run}/approvals", "approve-1", json=house.approval(run))

    assert (answer.status_code, answer.json()["title"]) == (409, "preparer-cannot-approve")


def test_a_second_handover_takes_another_person(house: House, officer: InProcess) -> None:
    run = house.paid_out()
    place = f"{run}/files/{run.rpartition('/')[2]}-001/handovers"
    first, repeat, again = (officer.post(place, key) for key in ("take-1", "take-1", "take-2"))
    other = house.as_("payments-officer", "s-second").post(place, "take-3")

    assert [answer.status_code for answer in (first, repeat, again, other)] == [200, 200, 409, 200]
    assert first.content == repeat.content == other.content
    assert again.json()["title"] == "handed-over-already"


def test_a_file_that_was_changed_is_not_handed_over(house: House, officer: InProcess) -> None:
    run = house.paid_out()
    name = f"{run.rpartition('/')[2]}-001"
    place = house.region.office.bank.place(name)
    place.write_bytes(place.read_bytes().replace(b"1300.00", b"9300.00"))

    assert officer.post(f"{run}/files/{name}/handovers", "take-1").json()["title"] == "file-differs"


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("payments-approver", "POST", "/v1/runs", {**RUN, "intake_position": 1}),
        ("payments-officer", "POST", "{run}/approvals", {"manifest_hash": "a" * 64, "granted": 1, "total_cents": 1}),
        ("payments-approver", "POST", "{run}/releases", RELEASE),
        ("payments-approver", "POST", "{run}/files/{name}-001/handovers", None),
        ("payments-approver", "POST", "{run}/closings", None),
        ("payments-approver", "POST", "{run}/abortions", {"reason_code": "other"}),
        ("caseworker", "GET", "{run}", None),
        ("caseworker", "GET", "{run}/lines", None),
        ("caseworker", "GET", "{run}/exceptions", None),
        ("caseworker", "POST", "/v1/bank-answers", None),
        ("caseworker", "POST", "/v1/opening-balances/_bulk", None),
        ("manager", "POST", "/v1/accounts/_bulk", None),
    ],
)
def test_who_has_not_the_role_may_not(house: House, role: Role, method: str, path: str, body: dict[str, Any] | None) -> None:
    run = house.prepared()
    place = path.format(run=run, name=run.rpartition("/")[2])
    content = {} if body is None else {"json": body}
    headers = {"Idempotency-Key": "k"}

    assert house.as_(role, "s-else").request(method, place, headers=headers, **content).status_code == 403


@pytest.mark.parametrize("path", ["", "/lines", "/exceptions"])
def test_who_works_for_some_municipalities_does_not_see_a_run_of_all(house: House, path: str) -> None:
    run = house.prepared()

    assert house.as_("payments-officer", "s-else", [ALKMAAR]).get(f"{run}{path}").status_code == 403


def test_a_run_covers_the_municipalities_of_who_asks(house: House) -> None:
    local = house.as_("payments-officer", OFFICER, [ALKMAAR])
    answer = local.post("/v1/runs", "prepare-1", json={**RUN, "intake_position": house.region.told})

    assert local.get(f"/v1/runs/{answer.json()['run_ref']}").json()["request"]["municipalities"] == [ALKMAAR]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", None),
        ("/approvals", {"manifest_hash": "a" * 64, "granted": 1, "total_cents": 1}),
        ("/releases", RELEASE),
        ("/closings", None),
        ("/abortions", {"reason_code": "other"}),
    ],
)
def test_an_unknown_run_is_not_found(house: House, path: str, body: dict[str, Any] | None) -> None:
    role: Role = "payments-approver" if path == "/approvals" else "payments-officer"
    content = {} if body is None else {"json": body}

    headers = {"Idempotency-Key": "k"}
    answer = house.as_(role, "s-else").request("POST" if path else "GET", NOBODYS_RUN + path, headers=headers, **content)
    assert (answer.status_code, answer.json()["title"]) == (404, "unknown-run")


def test_every_wrong_field_of_a_run_is_named_at_once(officer: InProcess) -> None:
    wrong = {**RUN, "scheme_year": 2023.5, "tranche": 0, "decided_on": "15-02-2024", "intake_position": -1, "colour": "blue"}
    answer = officer.post("/v1/runs", "prepare-1", json=wrong)

    assert answer.status_code == 400
    assert all(field in answer.json()["detail"] for field in ("scheme_year", "tranche", "decided_on", "intake_position", "colour"))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"decided_on": "2024-09-01"}, "after-the-legal-last-day"),
        ({"promised_on": "2024-09-01"}, "after-the-legal-last-day"),
        ({"scheme_year": 2024}, "no-rules-for-scheme-year"),
    ],
)
def test_a_run_against_the_rules_is_refused(house: House, officer: InProcess, said: dict[str, Any], reason: str) -> None:
    answer = officer.post("/v1/runs", "prepare-1", json={**RUN, "intake_position": 1, **said})

    assert (answer.status_code, answer.json()["title"]) == (409, reason)
    assert house.region.office.jobs.waiting() == 0


def test_a_run_for_a_municipality_without_rules_is_refused(house: House) -> None:
    order = {**RUN, "run_ref": "", "intake_position": 1, "municipalities": ("GM0363",), "prepared_by": OFFICER}

    with pytest.raises(Stuck, match="no-rules-for-municipality"):
        rules_of(house.region.office.rules, RunRequest.model_validate(order, strict=False))


def test_no_run_is_prepared_while_facts_of_intake_are_held(house: House, officer: InProcess) -> None:
    house.region.log.submit(lambda tx: tx.keep(HELD, "intake.events/3/7", b"key\nnot-json")).result(5)

    assert officer.post("/v1/runs", "prepare-1", json={**RUN, "intake_position": 1}).json()["title"] == "intake-records-held"


def test_an_account_is_bound_and_its_number_stays_in_the_vault(house: House, officer: InProcess) -> None:
    house.region.houses(50)
    answer = officer.post("/v1/accounts/_bulk", content=lines(account(50)))

    (bound,) = [fact for fact in house.region.facts(AccountBound) if fact.client == person(50)]
    assert answer.json()["refs"] == {"account_ref": bound.account_ref}
    assert house.region.office.vault.open(house.region.log, bound.account_ref) == {"iban": iban(50), "holder_name": "J. Jansen"}
    assert iban(50) not in answer.text


def test_the_same_file_of_accounts_twice_changes_nothing(house: House, officer: InProcess) -> None:
    house.region.houses(50)
    content = lines(account(50), account(51))
    first = officer.post("/v1/accounts/_bulk", content=content).text
    head = house.region.log.head()

    assert officer.post("/v1/accounts/_bulk", content=content).text == first
    assert house.region.log.head() == head


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"iban": "NL00TEST0000000050"}, "iban"),
        ({"iban": "US64SVBKUS6S3300958879"}, "iban"),
        ({"holder_name": "☃"}, "holder_name"),
        ({"client": "123456782"}, "client"),
        ({"municipality": "Alkmaar"}, "municipality"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_account_line_is_reported_by_field_and_never_repeated(
    house: House, officer: InProcess, said: dict[str, str], field: str
) -> None:
    house.region.houses(51)
    answer = officer.post("/v1/accounts/_bulk", content=lines(account(50, **said), account(51)))

    wrong, right = (json.loads(line) for line in answer.text.splitlines())
    assert ([error["field"] for error in wrong["errors"]], wrong["line"], right["outcome"]) == ([field], 1, "accepted")
    assert next(iter(said.values())) not in answer.text


def test_an_account_of_another_municipality_is_refused(house: House) -> None:
    local = house.as_("payments-officer", OFFICER, ["GM0373"])

    assert local.post("/v1/accounts/_bulk", content=lines(account(50))).json()["outcome"] != "accepted"


def test_what_was_paid_before_comes_in_by_the_file_once(house: House, officer: InProcess) -> None:
    for _ in range(2):
        officer.post("/v1/opening-balances/_bulk", content=lines(balance(1), balance(2, amount_cents=130_000)))

    assert house.approval(house.prepared())["total_cents"] == 80_000 + 130_000


@pytest.mark.parametrize("cents", [0, -1, 50_000.5, "50000", 1e5, True, 10_000_001])
def test_an_amount_that_is_not_in_whole_plausible_cents_is_refused(officer: InProcess, cents: object) -> None:
    content = lines(balance(1, amount_cents=cents)) if cents != 1e5 else lines(balance(1)).replace(b"50000", b"5e4")
    answer = officer.post("/v1/opening-balances/_bulk", content=content).json()

    assert (answer["outcome"], [error["field"] for error in answer["errors"]]) == ("invalid", ["amount_cents"])


def test_a_run_is_aborted_and_asked_for_anew(house: House, officer: InProcess) -> None:
    run = house.prepared()
    aborted = officer.post(f"{run}/abortions", "abort-1", json={"reason_code": "wrong-facts"})

    assert (aborted.status_code, officer.get(run).json()["state"]) == (201, "aborted")
    assert house.prepared("prepare-2") != run


def test_a_release_before_the_approval_is_refused(house: House, officer: InProcess) -> None:
    answer = officer.post(f"{house.prepared()}/releases", "release-1", json=RELEASE)

    assert (answer.status_code, answer.json()["title"]) == (409, "not-approved")


def test_a_message_that_is_no_bank_answer_is_refused_and_not_kept(house: House, officer: InProcess) -> None:
    answer = officer.post("/v1/bank-answers", content=b"<Document/>")

    assert (answer.status_code, answer.json()["title"]) == (400, "unreadable-bank-answer")
    assert house.region.office.jobs.waiting() == 0


def test_a_bank_answer_is_shown_with_what_fitted_no_payment(house: House, officer: InProcess, tmp_path: Path) -> None:
    run = house.paid_out()
    *_, statement = house.region.bank_answers(run.rpartition("/")[2], tmp_path)
    accepted = [officer.post("/v1/bank-answers", content=content).json() for content in (statement, statement, statement + b"\n")]
    house.region.works()

    shown = [officer.get(f"/v1/bank-answers/{answer['document_ref']}").json() for answer in accepted]
    assert [answer["outcome"] for answer in accepted] == ["accepted", "unchanged", "accepted"]
    assert (shown[0]["state"], shown[0]["read"]["paid"], len(shown[0]["unmatched"])) == ("read", 3, 0)
    assert (shown[2]["read"]["paid"], {line["reason_code"] for line in shown[2]["unmatched"]}) == (0, {"already-settled"})


def test_an_unknown_bank_answer_is_not_found(officer: InProcess) -> None:
    assert officer.get("/v1/bank-answers/" + "0" * 64).status_code == 404


def test_a_stuck_run_says_why(house: House, officer: InProcess) -> None:
    answer = officer.post("/v1/runs", "prepare-1", json={**RUN, "intake_position": house.region.told + 1})
    house.region.works()

    shown = officer.get(f"/v1/runs/{answer.json()['run_ref']}").json()
    assert (shown["state"], shown["problem"]) == ("stuck", "intake-not-reached")


def test_a_stuck_release_goes_on_when_it_is_ordered_again(house: House, officer: InProcess, approver: InProcess) -> None:
    region, client = house.region, Home(1).client
    ref, right = f"acc-{client[2:]}-1", region.office.vault.open(region.log, f"acc-{client[2:]}-1")
    seal = region.office.vault.seal
    run = house.prepared()
    approver.post(f"{run}/approvals", "approve-1", json=house.approval(run))
    house.judged(run)
    region.log.submit(lambda tx: seal(tx, ref, client, "e-1", {**right, "iban": iban(777)})).result(5)
    officer.post(f"{run}/releases", "release-1", json=RELEASE)
    region.works()
    stuck = officer.get(run).json()
    region.log.submit(lambda tx: seal(tx, ref, client, "e-2", right)).result(5)
    officer.post(f"{run}/releases", "release-2", json=RELEASE)
    region.works()

    assert (stuck["state"], stuck["problem"]) == ("stuck", "account-differs-from-decision")
    assert {each["standing"] for each in officer.get(f"{run}/exceptions").json()["exceptions"]} == set()
    assert officer.get(run).json()["state"] == "released"


def test_an_account_of_a_client_elsewhere_is_not_bound_by_naming_a_municipality_of_ones_own(house: House) -> None:
    client, line = Home(1).client, {"id": "a-1", "municipality": BERGEN, "iban": iban(99), "holder_name": "Iemand Anders"}
    elsewhere = house.as_("payments-officer", "s-bergen", [BERGEN])
    before = house.region.log.read(f"benefits/account/{client}")

    answer = elsewhere.post("/v1/accounts/_bulk", content=json.dumps({**line, "client": client}).encode())

    assert before
    assert json.loads(answer.text)["reason"] == "forbidden"
    assert house.region.log.read(f"benefits/account/{client}") == before
