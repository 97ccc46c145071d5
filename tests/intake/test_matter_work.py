"""Matters on a log: found by their clients, told by the clock in time, and never lost by a restore."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from services.contracts.codec import published
from services.eventlog.clock import Clock, JumpGuard
from services.eventlog.log import Answer, Conflict
from services.eventlog.memory import MemoryLog
from services.intake import changes, life_changes, matter_requests
from services.intake.bodies import DeathBody, MoveBody
from services.intake.desk import Absent, Desk
from services.intake.erasing import Eraser
from services.intake.keeping import hindrances
from services.intake.matter_bodies import MatterApplicationBody, MatterDecisionBody, MergerBody, PapersRequestBody, ReportBody
from services.intake.matter_figures import tell
from services.intake.matter_work import MatterDesk
from services.intake.open_matters import open_matters
from services.intake.recalling import recall
from services.intake.waking import on_due
from services.metrics import MATTER_TERMS, MATTERS
from services.vault import retention
from services.vault.vault import Vault
from tests.intake.stories import NOW, RULES, TODAY, People, address, answer, asked, household_body, member_body, new_desk, new_log, register


class Desks:
    """Intake's desk with a couple, each of whom can come in, and a clock that is turned by hand."""

    def __init__(self) -> None:
        people = People()
        self.log, self.desk, self.at = new_log(), new_desk(people), NOW
        members = (member_body(people.bsn()), member_body(people.bsn(), "partner"))
        register(self.log, self.desk, household_body(*members, household_type="couple"))
        first = self.log.read("intake/household/h-0000000000000003")[0].event
        self.client, self.partner = (member.person_ref for member in first.facts.members)  # type: ignore[attr-defined]  # registered
        self.matters = MatterDesk(self.desk, RULES)
        eraser = Eraser(self.desk, retention.installed(), lambda: self.at)
        self.clock = Clock(self.log, lambda: self.at, on_due(self.desk, RULES, eraser), JumpGuard(lambda: NOW, lambda: 0.0, 10.0))

    def report(self, client: str, key: str, **other: Any) -> Answer:  # noqa: ANN401 - any field
        body = {"subject": "social-assistance", "channel": "desk", "reported_on": "2024-02-12", **other}
        work = matter_requests.report(self.matters, asked(key, self.at), client, ReportBody.model_validate_json(orjson.dumps(body)))
        return answer(self.log, work)

    def apply(self, client: str, key: str = "apply", **other: Any) -> Answer:  # noqa: ANN401 - any field
        body = {"subject": "social-assistance", "channel": "web-form", "applied_on": "2024-02-12", **other}
        read = MatterApplicationBody.model_validate_json(orjson.dumps(body))
        return answer(self.log, matter_requests.application(self.matters, asked(key, self.at), client, read))

    def days_pass(self, days: int) -> list[str]:
        """What the clock told in these days."""
        head = self.log.head()
        self.at += timedelta(days=days)
        while self.clock.round():
            pass
        return [record.type.split(".")[3] for record in self.log.after(head, 100)]


def test_a_partner_reports_the_same_matter() -> None:
    desks = Desks()
    first, second = desks.report(desks.client, "one"), desks.report(desks.partner, "two", channel="telephone")

    assert first.refs["matter_ref"] == second.refs["matter_ref"]
    assert [each.client for each in open_matters(desks.log)] == [desks.client]


def test_what_concerns_one_person_is_a_matter_of_each() -> None:
    desks = Desks()
    told = [desks.report(client, client, subject="social-support") for client in (desks.client, desks.partner)]

    assert len({each.refs["matter_ref"] for each in told}) == 2


def test_after_a_decision_a_report_opens_another_matter() -> None:
    desks = Desks()
    first = desks.apply(desks.client).refs["matter_ref"]
    decided = MatterDecisionBody.model_validate_json(b'{"outcome": "rejected", "reason_code": "means-above-norm"}')
    answer(desks.log, matter_requests.decision(desks.matters, asked("decide"), first, decided))

    assert desks.report(desks.partner, "again").refs["matter_ref"] != first


def test_a_municipality_to_which_a_client_moved_opens_a_matter_of_its_own() -> None:
    desks = Desks()
    first = desks.report(desks.client, "one").refs["matter_ref"]
    move = MoveBody.model_validate_json(orjson.dumps({"on": "2024-02-14", "municipality": "GM0361", "address": address(3)}))
    answer(desks.log, changes.move(desks.desk, asked("move"), "h-0000000000000003", move))

    there = desks.report(desks.client, "two").refs["matter_ref"]

    assert there != first
    assert desks.report(desks.partner, "three", channel="post").refs["matter_ref"] == there


def test_an_unknown_client_is_absent() -> None:
    desks = Desks()

    with pytest.raises(Absent, match="client"):
        desks.report("p-00000000000000ff", "one")


def test_somebody_who_saw_another_version_is_in_conflict() -> None:
    desks = Desks()
    matter = desks.apply(desks.client).refs["matter_ref"]
    merger = MergerBody(into_matter_ref=matter)

    with pytest.raises(Conflict):
        answer(desks.log, matter_requests.merger(desks.matters, asked("merge", expected=1), matter, merger))


def test_words_lie_in_the_vault_alone() -> None:
    desks = Desks()
    told = desks.report(desks.client, "one", note="he sleeps in his car")

    text_ref = orjson.loads(next(r for r in desks.log.after(0, 100) if "matter-reported" in r.type).data)["text_ref"]
    assert desks.desk.vault.open(desks.log, text_ref) == {"note": "he sleeps in his car"}
    assert not any(b"car" in record.data for record in desks.log.after(0, 100))
    assert told.refs["report_ref"].startswith("rep-")


def test_the_clock_tells_an_advance_a_near_term_and_a_late_one() -> None:
    desks = Desks()
    desks.apply(desks.client)

    assert desks.days_pass(24) == ["matter-term-neared"]
    assert desks.days_pass(2) == ["matter-advance-fell-due"]
    assert desks.days_pass(13) == ["matter-term-neared"]
    assert desks.days_pass(15) == ["matter-term-passed"]
    assert desks.days_pass(100) == []


def test_a_night_of_downtime_tells_everything_once_and_in_order() -> None:
    desks = Desks()
    desks.apply(desks.client)

    told = desks.days_pass(100)

    assert sorted(told) == ["matter-advance-fell-due", "matter-term-neared", "matter-term-neared", "matter-term-passed"]


def test_papers_that_are_awaited_stop_the_clock_until_they_are_overdue() -> None:
    desks = Desks()
    matter = desks.apply(desks.client, applied_on="2024-01-02").refs["matter_ref"]
    body = PapersRequestBody.model_validate_json(b'{"papers": ["bank-statements"], "recover_by": "2024-03-01"}')
    answer(desks.log, matter_requests.papers_request(desks.matters, asked("papers"), matter, body))

    assert desks.days_pass(16) == [
        "matter-term-neared",
        "matter-advance-fell-due",
        "matter-papers-term-passed",
        "matter-term-resumed",
        "matter-term-neared",
    ]


def test_a_restored_log_knows_which_matters_are_open_and_what_comes_next() -> None:
    desks = Desks()
    desks.apply(desks.client)
    back, vault = new_log(), Vault(desks.desk.vault._keys)

    def put_back(tx: Any) -> None:  # noqa: ANN401 - a transaction
        for record in desks.log.after(0, 100):
            tx.take_back(record)
            recall(Desk(vault, desks.desk.hashes, desks.desk.new_ref, desks.desk.likeness), tx, [published().from_record("intake", record)])

    back.submit(put_back).result(10)

    assert open_matters(back) == open_matters(desks.log)
    assert _matters_due(back) == _matters_due(desks.log)


def _matters_due(log: MemoryLog) -> list[Any]:
    return [due for due in log.due(datetime(2030, 1, 1, tzinfo=UTC), 100) if due.stream.startswith("intake/matter/")]


def test_a_client_who_died_is_kept_while_their_matter_is_open() -> None:
    desks = Desks()
    matter = desks.apply(desks.client).refs["matter_ref"]
    died = {"person": desks.client, "died_on": "2024-02-13", "household_type": "single"}
    death = life_changes.death(desks.desk, asked("died"), "h-0000000000000003", DeathBody.model_validate_json(orjson.dumps(died)))
    answer(desks.log, death)

    found = desks.log.submit(lambda tx: hindrances(tx, desks.client, retention.installed(), TODAY)).result(10)

    assert ("matter-open", matter) in [(each.reason, each.what) for each in found]


def test_metrics_tell_what_is_open_near_and_late() -> None:
    desks = Desks()
    desks.apply(desks.client)
    desks.report(desks.client, "one", subject="debt-help")
    desks.days_pass(40)

    tell(desks.log)

    shown = {sample.labels["state"]: sample.value for sample in next(iter(MATTERS.collect())).samples}
    terms = {(s.labels["step"], s.labels["standing"]): s.value for s in next(iter(MATTER_TERMS.collect())).samples}
    assert (shown["applied"], shown["reported"]) == (1, 1)
    assert (terms["decision", "near"], terms["advance", "late"], terms["first-talk", "late"]) == (1, 1, 1)
