"""Benefits after a restore: what is compared with the world outside, what is made good, and what only people can bring."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.benefits.api_run import _file
from services.benefits.reconciliation import compare, make_good
from services.benefits.release import DWELLINGS
from services.benefits.request import PROBLEMS
from services.benefits.run_commands import ApproveRun, HandOverFile
from services.benefits.run_state import Released
from services.contracts.bank import BankAnswerRead
from services.contracts.benefits import AllowanceGranted, ClaimReserved, LedgerReserved, PaymentInstructed, PaymentPaid
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.runs import FileHandedOver
from services.eventlog.identity import event_ids
from services.eventlog.log import Transaction
from services.eventlog.memory import MemoryLog
from services.eventlog.readback import Readback, nothing_beside
from services.eventlog.restored import Mark, put_mark
from services.recovery.restoration import Found
from services.web.problem import Problem
from tests.benefits.a_region import APPROVER, NOW, OFFICER, Home, Region, region


@dataclass(frozen=True)
class Backup:
    """The log as it was: its head, and what lay beside the facts."""

    head: int
    beside: dict[tuple[str, str], bytes]


def backed_up(made: Region) -> Backup:
    assert isinstance(made.log, MemoryLog)
    return Backup(made.log.head(), dict(made.log._contents.beside))


def restored(before: Region, backup: Backup, folder: Path, without: Collection[int] = ()) -> Region:
    """The backup with what came back from Kafka, which never got the positions in `without`."""
    log, records = MemoryLog("benefits", published()), before.log.after(0, 100_000)

    def put(tx: Transaction) -> None:
        for record in records[: backup.head]:
            tx.take_back(record)
        for (kind, key), value in backup.beside.items():
            tx.keep(kind, key, value)
        put_mark(tx, Mark(backup_position=backup.head))

    log.submit(put).result(5)
    kafka = [record for record in records if record.position not in without]
    Readback(log, published(), folder / "staging", nothing_beside, lambda: NOW, event_ids()).run([kafka])
    after = region(folder, log, vault=before.office.vault)
    make_good(after.office)
    return after


def positions(made: Region, *kinds: type[Event]) -> list[int]:
    return [record.position for record in made.log.after(0, 100_000) if record.type in {kind.TYPE for kind in kinds}]


@dataclass
class Told:
    """Four households paid to the last answer; `backup` is from before the release."""

    region: Region
    backup: Backup
    run: str
    folder: Path

    def again(self, without: Collection[int] = ()) -> Region:
        return restored(self.region, self.backup, self.folder, without)

    def found(self, without: Collection[int] = (), days: int = 0) -> Found:
        office = self.again(without).office
        return compare(replace(office, now=lambda: NOW + timedelta(days=days)))


@pytest.fixture
def told(tmp_path: Path) -> Told:
    made = region(tmp_path)
    made.knows(*(Home(n) for n in range(1, 5)))
    run = made.prepares()
    backup = backed_up(made)
    made.approves(run)
    made.releases(run)
    made.commands_run(HandOverFile(run, f"{run}-001", OFFICER))
    made.hears(*made.bank_answers(run, tmp_path))
    return Told(made, backup, run, tmp_path)


def test_what_is_whole_matches(told: Told) -> None:
    assert told.found(days=30) == Found()


def test_everything_that_was_asked_is_asked_again_and_changes_nothing(told: Told) -> None:
    after = told.again()
    head = after.log.head()

    assert after.orders(position=told.region.told) == told.run
    after.works()
    state = after.office.run(told.run)
    assert isinstance(state, Released)
    approved = state.approved
    after.commands_run(ApproveRun(told.run, approved.manifest_hash, approved.granted, approved.total_cents, APPROVER, 10**9))
    after.releases(told.run)
    after.hears(*(path.read_bytes() for path in sorted(after.office.inbox.glob("*.xml"))))

    assert after.log.head() == head


def test_a_payment_file_that_is_gone_or_changed_keeps_commands_out(told: Told) -> None:
    place = told.region.office.bank.place(f"{told.run}-001")

    place.write_bytes(b"changed")
    assert "differs from what was recorded" in told.found().differences[0]
    place.unlink()
    assert "is not there" in told.found().differences[0]


def test_a_payment_file_without_a_fact_keeps_commands_out(told: Told) -> None:
    place = told.region.office.bank.place("run-0123456789abcdef-001")
    place.write_bytes(b"whose?")

    [said] = told.found().differences

    assert "has no fact" in said
    assert place.name in said


def test_a_file_that_the_run_writes_again_is_no_difference(told: Told) -> None:
    written = positions(told.region, FileHandedOver)[0] - 1

    assert told.found(range(written, 10_000)).differences == ()


def test_a_message_of_the_bank_that_is_gone_is_asked_for(told: Told) -> None:
    next(told.region.office.inbox.glob("*.xml")).unlink()

    assert "bring it again" in told.found().differences[0]


def test_a_message_that_the_log_forgot_is_applied_again(told: Told) -> None:
    heard = positions(told.region, FileHandedOver)[0] + 1
    after = told.again(range(heard, 10_000))

    assert compare(after.office).differences == ()
    assert len(after.facts(PaymentPaid)) == 4


def test_a_message_that_was_half_applied_is_finished_without_a_line_too_many(told: Told) -> None:
    half = positions(told.region, PaymentPaid)[2]
    after = told.again(range(half, 10_000))

    compare(after.office)

    statement = next(fact for fact in after.facts(BankAnswerRead) if fact.kind == "camt.053")
    assert (statement.paid, statement.unmatched) == (4, 0)


def test_a_file_that_left_and_has_no_answer_by_its_day_keeps_commands_out(told: Told) -> None:
    heard = positions(told.region, FileHandedOver)[0] + 1
    for path in told.region.office.inbox.glob("*.xml"):
        path.unlink()

    assert told.found(range(heard, 10_000), days=1).differences == ()
    assert "4 payments have no answer" in told.found(range(heard, 10_000), days=10).differences[0]


def test_a_file_that_the_bank_has_though_it_never_left_is_not_handed_over_again(told: Told) -> None:
    after = told.again(range(positions(told.region, FileHandedOver)[0], 10_000))

    assert "which no fact says was handed over" in compare(after.office).differences[0]
    with pytest.raises(Problem, match="must not get it again"):
        _file(after.office, told.run, f"{told.run}-001")


def test_payments_that_the_bank_made_and_the_log_lost_keep_commands_out(told: Told) -> None:
    after = told.again(range(positions(told.region, PaymentInstructed)[0], 10_000))

    differences = compare(after.office).differences

    assert sum("about a payment that this log lacks" in said for said in differences) == 4


def test_the_lines_of_a_run_that_waits_are_needed(told: Told) -> None:
    for path in (told.folder / "manifests").glob("*"):
        path.unlink()

    differences = told.found(range(told.backup.head + 1, 10_000)).differences

    assert any("put its manifest back" in said for said in differences)


def test_a_grant_whose_reservation_was_lost_is_reserved_again(told: Told) -> None:
    ledger, claim = positions(told.region, LedgerReserved)[-1], positions(told.region, ClaimReserved)[-1]

    after = told.again((ledger, claim))

    assert len(after.facts(LedgerReserved)) == len(after.facts(ClaimReserved)) == 4
    assert compare(after.office).differences == ()


def test_a_reservation_whose_grant_was_lost_does_not_stand_in_its_way(told: Told) -> None:
    first = positions(told.region, AllowanceGranted)[-1]
    after = told.again([first, *range(first + 3, 10_000)])

    after.releases(told.run)

    assert len(after.facts(AllowanceGranted)) == len(after.facts(LedgerReserved)) == 4


def test_a_dwelling_stays_taken(tmp_path: Path) -> None:
    made = region(tmp_path)
    made.knows(Home(1), Home(2))
    backup = backed_up(made)
    made.pays_out()

    assert restored(made, backup, tmp_path).log.kept_all(DWELLINGS) == made.log.kept_all(DWELLINGS)


def test_an_account_whose_number_was_lost_is_named_until_it_is_brought_again(tmp_path: Path) -> None:
    made = region(tmp_path)
    backup = backed_up(made)
    made.knows(Home(1))
    after = restored(made, backup, tmp_path)
    [said] = compare(after.office).missing
    assert Home(1).client in said

    answer = after.binds(Home(1).client, 1)

    assert answer.outcome == "unchanged"
    assert compare(after.office).missing == ()


def test_nobody_is_paid_on_a_lost_number(tmp_path: Path) -> None:
    made = region(tmp_path)
    backup = backed_up(made)
    made.knows(Home(1), Home(2))
    after = restored(made, backup, tmp_path)
    told_again(after, made.told)

    run = after.pays_out()

    assert after.office.bank.place(f"{run}-001").exists() is False
    for number in (1, 2):
        after.binds(Home(number).client, number)
    after.log.submit(lambda tx: tx.drop(PROBLEMS, run)).result(5)
    after.releases(run)
    assert after.office.bank.place(f"{run}-001").exists()


def told_again(after: Region, position: int) -> None:
    """Benefits reads what intake told again, from the beginning."""
    after.told = position
    mark = b'{"upto":%d,"beyond":[]}' % position
    after.log.submit(lambda tx: tx.keep("watermark", "intake", mark)).result(5)
