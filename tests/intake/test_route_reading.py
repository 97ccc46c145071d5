"""What is read about the route: an explanation, flags that stand, figures, and a dry run that writes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.contracts.benefits import PaymentReturned
from services.contracts.codec import published
from services.contracts.envelope import Envelope, Event
from services.contracts.handover import BatonFellBack
from services.eventlog.memory import MemoryLog
from services.intake.route.reaction import FOLLOWED, react
from tests.contracts.examples import EXAMPLES
from tests.intake.route_stories import INSTALLED
from tests.intake.stories import NOW, person
from tests.intake.test_intake_api import House, problem
from tests.intake.test_route_api import REASON, SAFETY, flagged

ELSEWHERE = ("GM0361",)
TRIAL = {"rules": [{"code": "safety", "kind": "safety-report", "at_least": 1, "weight": 10}], "threshold": 10}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.processing.close()


def read_lines(house: House) -> int:
    path = house.folder / "processing.ndjson"
    return len(path.read_text().splitlines()) if path.exists() else 0


def get(house: House, path: str, *roles: Any, of: tuple[str, ...] | None = None) -> Any:  # noqa: ANN401 - JSON
    caller = house.caller(*(roles or ("coordinator",))) if of is None else house.caller(*(roles or ("coordinator",)), of=of)
    answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_flag_is_explained_by_the_rules_that_held_and_what_they_saw(house: House) -> None:
    path = flagged(house)
    house.caller("coordinator").post(f"{path}/route-flags/1/confirmations", "k-3", json=REASON)

    shown = get(house, f"{path}/route")

    refs = {signal["kind"]: signal["signal_ref"] for signal in shown["signals"]}
    assert [(fired["rule"], fired["weight"], fired["seen"]) for fired in shown["today"]["fired"]] == [
        ("debts", 20, [refs["problem-debt"]]),
        ("safety", 40, [refs["safety-report"]]),
    ]
    assert (shown["today"]["score"], shown["flag"]["state"], shown["version"]) == (60, "confirmed", 4)
    assert [(step["what"], step["note"]) for step in shown["course"]] == [
        ("integral-flag-proposed", None),
        ("integral-flag-confirmed", REASON["note"]),
    ]


def test_reading_a_client_leaves_a_line_and_another_municipality_reads_nothing(house: House) -> None:
    path, before = flagged(house), read_lines(house)

    assert house.caller("coordinator", of=ELSEWHERE).get(f"{path}/route").status_code == 403
    assert get(house, f"{path}/route")["municipality"] == "GM0399"
    assert read_lines(house) == before + 2


def test_flags_that_stand_are_listed_to_their_municipality_alone(house: House) -> None:
    path = flagged(house)

    assert [flag["client"] for flag in get(house, "/v1/route-flags")["flags"]] == [path.rpartition("/")[2]]
    assert get(house, "/v1/route-flags", of=ELSEWHERE) == {"flags": []}


def test_figures_come_with_the_position_and_the_expected_share(house: House) -> None:
    flagged(house)

    figures = get(house, "/v1/route-figures", "manager")

    assert (figures["position"], figures["as_of"]) == (house.log.head(), "2024-02-15")
    assert [(row["municipality"], row["month"], row["flagged"], row["undecided"]) for row in figures["months"]] == [
        ("GM0399", "2024-02-01", 1, 1)
    ]
    share = {"households": 1, "flagged_households": 1, "flagged_share": 1.0, "expected_share": 0.01}
    assert figures["households"] == [{"municipality": "GM0399", **share}]
    elsewhere = get(house, "/v1/route-figures", of=ELSEWHERE)
    assert (elsewhere["months"], elsewhere["households"]) == ([], [])


def test_the_rules_of_today_can_be_read_with_their_sources(house: House) -> None:
    told = get(house, "/v1/route-rules", "caseworker")

    assert told["version"] == INSTALLED.version
    assert all(rule["source"] and rule["weight"] for rule in told["rules"])


def test_a_dry_run_names_the_callers_clients_counts_the_others_and_writes_nothing(house: House) -> None:
    path = flagged(house)
    _, refs = house.registered()
    house.worker.post(f"/v1/clients/{refs['client']}/route-signals", "k-9", json=SAFETY)
    before = house.log.head()

    mine = house.caller("manager").post("/v1/route-rules/trials", json=TRIAL).json()
    others = house.caller("manager", of=ELSEWHERE).post("/v1/route-rules/trials", json=TRIAL).json()

    assert mine["clients"] == {"newly-flagged": [refs["client"]], "no-longer-flagged": [], "unchanged": [path.rpartition("/")[2]]}
    assert others["clients"] == {"newly-flagged": [], "no-longer-flagged": [], "unchanged": []}
    assert mine["municipalities"] == others["municipalities"]
    assert (mine["municipalities"][0]["newly-flagged"], mine["municipalities"][0]["trial"]["flagged"]) == (1, 2)
    assert house.log.head() == before


@pytest.mark.parametrize("wrong", [{"kind": "nationality"}, {"weight": 0}, {"domain": "integration"}, {"at_least": 0}])
def test_a_dry_run_of_a_rule_that_cannot_be_is_refused(house: House, wrong: dict[str, Any]) -> None:
    body = {**TRIAL, "rules": [{**TRIAL["rules"][0], **wrong}]}  # type: ignore[index]  # the rule above

    assert problem(house.caller("manager").post("/v1/route-rules/trials", json=body)) == (400, "invalid input")


def test_a_caseworker_reads_no_figures_and_tries_no_rules(house: House) -> None:
    assert house.worker.get("/v1/route-figures").status_code == 403
    assert house.worker.post("/v1/route-rules/trials", json=TRIAL).status_code == 403


# what others tell


def heard(client: str, name: str, event_id: str) -> Envelope[Event]:
    example = next(event for event in EXAMPLES if event.TYPE.split(".")[3] == name)
    event = example.model_copy(update={"client": client})
    home = event.home()
    return Envelope(event_id, "benefits", home.stream, 1, 1, home.key, client, "GM0399", NOW, NOW, None, "trace", event)


def hears(log: MemoryLog, envelope: Envelope[Event]) -> list[str]:
    return [log.submit(work).result(5).outcome for work in react(INSTALLED, lambda: NOW)(envelope)]


@pytest.mark.parametrize(("name", "kind"), [("payment-returned", "returned-payment"), ("baton-fell-back", "fallen-baton")])
def test_what_others_tell_is_a_signal_once(house: House, name: str, kind: str) -> None:
    _, refs = house.registered()
    envelope = heard(refs["client"], name, "event-1")

    assert [hears(house.log, envelope), hears(house.log, envelope)] == [["accepted"], ["accepted"]]
    assert hears(house.log, heard(refs["client"], name, "event-2")) == ["unchanged"]
    assert [signal["kind"] for signal in get(house, f"/v1/clients/{refs['client']}/route")["signals"]] == [kind]


def test_what_is_told_of_somebody_whom_intake_does_not_know_stops_nothing(house: House) -> None:
    assert hears(house.log, heard(person(99), "payment-returned", "event-1")) == ["refused"]
    assert hears(house.log, heard(person(99), "baton-opened", "event-2")) == []


def test_what_is_followed_is_what_is_heard() -> None:
    assert set(FOLLOWED) == {PaymentReturned.TYPE, BatonFellBack.TYPE} <= set(published().types)
