"""A source that is away fails what rests on it with a sentence; nothing else, no exception, no endless wait."""

import time
from dataclasses import replace
from datetime import date

import pytest

from services.audit.finding import Finding, Tally, Verdict, render
from services.audit.working_days import before, easter, is_working
from services.ports import free_port
from tests.audit.world import World


def failing(findings: dict[str, Finding]) -> set[str]:
    return {name for name, finding in findings.items() if not finding.holds}


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


def test_without_clickhouse_only_its_invariants_fail(published: World) -> None:
    findings = published.verdict(clickhouse=nowhere())
    assert failing(findings) == {"I8", "I13"}
    assert "does not answer: ConnectError" in findings["I8"].detail


def test_without_the_views_only_their_invariants_fail(published: World) -> None:
    findings = published.verdict(views=nowhere())
    assert failing(findings) == {"I9", "I13"}
    assert "the views does not answer: ConnectError" in findings["I9"].detail


def test_without_kafka_only_its_invariants_fail_within_a_limit(published: World) -> None:
    started = time.monotonic()
    findings = published.verdict(kafka=f"127.0.0.1:{free_port()}")
    assert failing(findings) == {"I7", "I9", "I12"}
    assert all("does not answer" in findings[name].detail for name in ("I7", "I9", "I12"))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("service", "unknown"),
    [
        ("intake", {"I2", "I6", "I7", "I8", "I9", "I10", "I12", "I13"}),
        ("benefits", {"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I12", "I13"}),
        ("handover", {"I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13"}),
    ],
)
def test_without_a_log_nothing_is_claimed_that_rests_on_it(bare: World, service: str, unknown: set[str]) -> None:
    bare.sources.log(service).rename(bare.sources.data / "away")
    findings = bare.verdict()
    assert unknown <= failing(findings)
    assert all(f"the log of {service} cannot be read" in findings[name].detail for name in unknown)


def test_a_log_that_is_no_database_is_a_fault_and_no_exception(bare: World) -> None:
    bare.sources.log("handover").write_bytes(b"not a database" * 1000)
    assert "the log of handover cannot be read" in bare.verdict()["I11"].detail


@pytest.mark.parametrize("answer", [(200, "no json"), (200, "[1]"), (200, '{"partitions": [{}]}'), (500, ""), (401, "")])
def test_an_answer_that_nobody_understands_is_a_fault_and_no_exception(published: World, answer: tuple[int, str]) -> None:
    published.views.instead = answer
    assert {"I9", "I13"} <= failing(published.verdict())


def test_an_audit_leaves_the_logs_as_they_were(recorded: World) -> None:
    before_it = {log.service: log.head() for log in recorded.logs.values()}
    recorded.verdict()
    assert {log.service: log.head() for log in recorded.logs.values()} == before_it


def test_the_verdict_is_text_for_people_and_json_for_programs() -> None:
    findings = [Finding("I1", holds=True, checked=12_345, detail="all right"), Finding("I12", holds=False, checked=0, detail="not")]
    assert render(findings) == "holds  I1      12,345  all right\nFAILS  I12          0  not"
    assert not Verdict(findings).hold
    assert '"invariant": "I12"' in Verdict(findings).as_json()


def test_only_the_first_faults_are_told_and_all_are_counted() -> None:
    tally = Tally("I1", "fine")
    for number in range(8):
        tally.fault(f"fault {number}")
    assert tally.finding().detail == "fault 0; fault 1; fault 2; fault 3; fault 4; and 3 more"
    assert replace(tally.finding(), detail="") == Finding("I1", holds=False, checked=0, detail="")


def test_working_days_leave_out_weekends_and_closing_days() -> None:
    assert easter(2024) == date(2024, 3, 31)
    assert easter(2027) == date(2027, 3, 28)
    assert [is_working(date(2024, 3, 29)), is_working(date(2024, 4, 1)), is_working(date(2024, 4, 2))] == [False, False, True]
    assert before(date(2024, 4, 2)) == date(2024, 3, 28)
    assert before(date(2024, 12, 27)) == date(2024, 12, 24)
    assert before(date(2024, 2, 29)) == date(2024, 2, 28)
