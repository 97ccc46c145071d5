"""The files of a run hold what was granted in it, under the names of before; whatever does not fit stops the run with its reason."""

from pathlib import Path
from typing import Any

import pytest

from services.benefits import files, schemas
from services.benefits.files import FileWriter, _require_same_files, _rights, _title, body_of
from services.benefits.manifest import EntitledLine, WaitingLine
from services.benefits.payment_file import CreditTransfer
from services.benefits.request import Stuck
from services.benefits.run_commands import OrderRelease
from services.benefits.run_state import Released, prepared_of
from services.contracts.benefits import PaymentInstructed
from services.contracts.runs import PaymentFileWritten, RunPrepared
from tests.benefits.a_region import NOW, OFFICER, Home, Region, region
from tests.benefits.monthly.test_monthly_run_exact import line_of, owing
from tests.contracts.examples import EXAMPLES

EXAMPLE = next(each for each in EXAMPLES if isinstance(each, RunPrepared))


@pytest.fixture
def made(tmp_path: Path) -> Region:
    found = region(tmp_path)
    found.knows(Home(1), Home(2))
    return found


def writer(made: Region) -> FileWriter:
    return made.office.jobs._steps.writer


def released(made: Region) -> Released:
    """A run of which everything was decided and nothing instructed."""
    run = made.prepares()
    made.approves(run)
    made.judges(run)
    made.commands_run(OrderRelease(run, OFFICER, NOW.date().replace(day=20), NOW.date(), NOW.date().replace(month=8)))
    made.office.jobs._steps.releasement.release(made.office.run(run), lambda _done: None)  # type: ignore[arg-type]  # it is releasing
    state = made.office.run(run)
    assert isinstance(state, Released)
    return state


def stuck(what: Any, *asked: Any) -> str:  # noqa: ANN401 - any call
    with pytest.raises(Stuck) as found:
        what(*asked)
    return found.value.reason


def test_a_file_lies_under_its_name_where_the_bank_fetches_it(made: Region) -> None:
    assert made.office.bank.place("m-1") == made.office.bank.folder / "out" / "m-1.xml"


def test_a_run_says_how_far_its_payments_are_and_writes_them_once(made: Region) -> None:
    run, seen = released(made), list[int]()
    for _ in range(2):
        writer(made).write(run, seen.append)

    assert seen == [0, 2, 0, 2]
    assert [(file.part, file.parts, file.count) for file in made.facts(PaymentFileWritten)] == [(1, 1, 2)]
    assert len(made.facts(PaymentInstructed)) == 2


def test_files_say_the_second_at_which_the_release_was_ordered(made: Region) -> None:
    run = released(made)

    assert writer(made).ordered_at(run.prepared.run_ref) == made.log.read(f"benefits/run/{run.prepared.run_ref}")[-2].recorded_at.replace(
        microsecond=0
    )
    assert writer(made).ordered_at(run.prepared.run_ref).microsecond == 0


def test_what_was_approved_and_not_granted_is_in_no_file(made: Region) -> None:
    prepared = prepared_of(made.office.run(made.prepares()))
    assert prepared is not None

    assert list(writer(made)._grants(prepared)) == []


def test_a_payment_is_found_in_the_file_that_it_was_instructed_in(made: Region) -> None:
    run = made.pays_out()
    prepared = prepared_of(made.office.run(run))
    assert prepared is not None

    assert [file for _, file in writer(made)._grants(prepared)] == [f"{run}-001"] * 2


def test_a_payment_that_stands_in_another_file_than_before_stops_the_run(made: Region) -> None:
    run = made.pays_out()
    state = made.office.run(run)
    assert isinstance(state, Released)
    smaller = region(made.office.bank.folder.parent, made.log, most_transfers=1, vault=made.office.vault)

    assert stuck(writer(smaller).write, state, lambda _done: None) == "instructed-in-other-file"


def test_only_the_payment_that_moved_stops_a_run(made: Region) -> None:
    run = released(made)
    prepared = run.prepared
    transfers = [writer(made).transfer(files._first(grant), prepared) for grant, _ in writer(made)._grants(prepared)]
    header = writer(made).header(run, "m-1", NOW)
    _require_same_files([header], [transfers], {transfers[0].end_to_end_id: "m-1"})

    assert stuck(_require_same_files, [header], [transfers], {transfers[1].end_to_end_id: "m-2"}) == "instructed-in-other-file"


def test_a_payment_that_is_refused_stops_the_run_with_its_reason(made: Region) -> None:
    run = released(made)
    header = writer(made).header(run, "m-1", NOW)
    strange = [CreditTransfer("r" + "0" * 26 + "-1", 1, "A", "NL91ABNA0417164300", "x", "GM0361")]

    assert stuck(writer(made)._instruct, [header], [strange], lambda _done: None) == "not-granted"


def test_a_file_that_is_recorded_otherwise_stops_the_run_with_its_reason(made: Region) -> None:
    made.pays_out()
    (file,) = made.facts(PaymentFileWritten)

    other = file.model_copy(update={"message_id": f"{file.run_ref}-002", "count": 9})
    assert stuck(writer(made).put_down, other, b"") == "differs-from-release"


def test_a_file_that_a_bank_would_refuse_is_not_written(made: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    run = released(made)
    prepared = run.prepared
    transfers = [writer(made).transfer(files._first(grant), prepared) for grant, _ in writer(made)._grants(prepared)]
    header = writer(made).header(run, "m-1", NOW)
    twice = stuck(body_of, header, [transfers[0], transfers[0]])
    monkeypatch.setattr(schemas, "violations", lambda *_: ["something"])

    assert (twice, stuck(body_of, header, transfers)) == ("payment-file-refused", "payment-file-invalid")


def test_a_client_reads_for_what_and_for_which_month_they_are_paid() -> None:
    month = EXAMPLE.model_copy(update={"scheme": "monthly-benefit", "scheme_year": 2024, "tranche": 3})
    allowance = EXAMPLE.model_copy(update={"scheme": "energy-allowance", "scheme_year": 2023})

    assert [_title(each) for each in (month, allowance)] == ["Bijstandsuitkering 2024-03", "Energietoeslag 2023"]


def test_every_right_of_a_client_is_paid_and_none_of_a_line_that_waits() -> None:
    line, due = line_of(*owing())
    said = {name: getattr(line, name) for name in ("client", "household_ref", "municipality", "rule_version", "facts_hash")}

    assert isinstance(line, EntitledLine)
    assert _rights(line) == tuple(right.right_ref for right in due.rights)
    assert _rights(WaitingLine(**said, reasons=("blocked",))) == ()
