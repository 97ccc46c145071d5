"""A service loses its log with a disk; an older backup comes back, nobody is paid twice and nobody becomes two clients."""

import json
from pathlib import Path

import httpx
import pytest

from deploy.bank.outcomes import read_outcomes
from deploy.rehearsal.desks import Turned
from services.contracts.bank import BankAnswerRead
from services.contracts.benefits import AllowanceGranted, PaymentInstructed
from services.contracts.codec import published
from services.contracts.runs import FileHandedOver
from services.eventlog.relay import checkpoint
from services.eventlog.sqlite import SqliteLog
from tests.flow.after_a_disaster import NOWHERE, Disaster, chain, chain_with_prepared_run, write_files

pytestmark = pytest.mark.timeout(400)


def facts(disaster: Disaster) -> dict[str, int]:
    """How many grants, payments, hand-overs and messages of the bank the log holds, each under its own name."""
    log = SqliteLog("benefits", disaster.folder / "log.sqlite", published())
    counted = {kind.TYPE: 0 for kind in (AllowanceGranted, PaymentInstructed, FileHandedOver, BankAnswerRead)}
    for record in log.after(0, 1_000_000):
        if record.type in counted:
            counted[record.type] += 1
    log.close()
    return counted


def released_with_kafka_away(disaster: Disaster, run: str) -> None:
    """Released, written and almost handed over, and not a word of it on Kafka."""
    disaster.children[-1].stop()
    disaster.comes_up(BACKBONE_KAFKA=NOWHERE)
    disaster.story.approve_and_release(run)
    with pytest.raises(Turned, match="Kafka does not have it yet"):
        disaster.story.pay(run)


def test_a_log_that_was_restored_pays_nobody_twice(tmp_path: Path) -> None:
    with chain_with_prepared_run(tmp_path) as (disaster, run):
        backup = disaster.backed_up()

        # The tail was never relayed: it is lost, and the file that it wrote has no fact any more.
        released_with_kafka_away(disaster, run)
        disaster.killed()
        assert "restore" in disaster.backbone("serve", "benefits").stderr
        disaster.restored(backup)
        disaster.comes_up()
        disaster.until(lambda: disaster.standing()["differences"])
        assert "has no fact" in disaster.standing()["differences"][0]
        assert disaster.refused()["title"] == "restoring"
        (disaster.settings.data / "bank" / "out" / f"{run}-001.xml").rename(tmp_path / "set-aside.xml")
        disaster.until(disaster.in_use)

        # Now it goes well, to the last answer of the bank; and the log is lost again, with one of the bank's messages.
        disaster.story.approve_and_release(run)
        disaster.story.pay(run)
        inbox = disaster.settings.data / "bank" / "in"
        disaster.until(lambda: facts(disaster)[BankAnswerRead.TYPE] == len(list(inbox.glob("*.xml"))) and relayed(disaster))
        before, paid = facts(disaster), read_outcomes(disaster.story.bank / "out")
        disaster.killed()
        lost = next(inbox.glob("*.xml"))
        message = lost.read_bytes()
        lost.unlink()
        disaster.restored(backup)

        # While Kafka is away nothing can be read back: readings are answered, commands are not. Killed there, it begins again.
        child = disaster.comes_up(BACKBONE_KAFKA=NOWHERE)
        assert disaster.refused()["title"] == "restoring"
        assert disaster.answers("/readyz") == httpx.codes.SERVICE_UNAVAILABLE
        assert disaster.story.run(run)["state"] == "prepared"
        child.kill()
        disaster.comes_up()
        disaster.until(lambda: disaster.standing()["differences"])
        assert "bring it again" in disaster.standing()["differences"][0]
        assert disaster.refused()["title"] == "restoring"
        disaster.story.staff.officer.deliver("/v1/bank-answers", "again", message)
        disaster.until(disaster.in_use)

        # Everything that was ever asked is asked again, and changes nothing.
        disaster.story.bind_accounts()
        disaster.story.record_opening_balances()
        assert disaster.story.prepare_run() == run
        disaster.story.approve_and_release(run)
        disaster.story.pay(run)
        disaster.story.close(run)
        assert facts(disaster) == before
        assert read_outcomes(disaster.story.bank / "out") == paid
        listed = disaster.backbone("quarantine", "list")
        assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "")
        checked = disaster.backbone("verify", "--json")
        assert [finding["detail"] for finding in json.loads(checked.stdout) if not finding["holds"]] == []


def test_clients_who_came_after_the_backup_are_recognised_when_they_are_brought_again(tmp_path: Path) -> None:
    with chain(tmp_path, "intake") as disaster:
        write_files(disaster.story)
        whole = disaster.story.files / "households.ndjson"
        lines = whole.read_bytes().splitlines(keepends=True)
        whole.write_bytes(b"".join(lines[:10]))
        disaster.story.register_households()
        backup = disaster.backed_up()
        whole.write_bytes(b"".join(lines[:-1]))
        disaster.story.register_households()
        before = dict(disaster.story.clients)
        disaster.until(lambda: relayed(disaster))
        disaster.killed()

        disaster.restored(backup)
        disaster.comes_up()
        disaster.until(disaster.in_use)
        assert len(disaster.story.staff.intake.get("/v1/clients/_without_name")) > 10
        whole.write_bytes(lines[-1])
        disaster.story.register_households()
        assert disaster.story.tally["households"]["clients-without-name"] == 1
        whole.write_bytes(b"".join(lines[:-1]))
        disaster.story.register_households()

        assert disaster.story.clients == before
        assert disaster.story.staff.intake.get("/v1/clients/_without_name") == []
        whole.write_bytes(lines[-1])
        disaster.story.register_households()
        assert disaster.story.tally["households"]["clients-without-name"] == 1
        assert len(disaster.story.clients) == len(before) + 1


def relayed(disaster: Disaster) -> bool:
    """Whether Kafka has everything."""
    log = SqliteLog(disaster.service, disaster.folder / "log.sqlite", published())
    try:
        return checkpoint(log) == log.head()
    finally:
        log.close()
