"""A client is erased in three services or in none: refused while anything runs, called off where one needs them, done once."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.contracts.erasure import BenefitsClientErased, ClientErased, ErasureOrdered, HandoverClientErased
from services.eventlog.log import Conflict
from services.handover.break_glass import BreakGlass
from services.handover.contact_work import of_client
from services.handover.contacts import AnswerCallBack, RecordContact, RequestCallBack
from services.handover.glass_work import breaking
from services.handover.work import Asked, Note, baton_of
from services.intake import waiting
from services.intake.api_erasure import shown
from services.intake.applications import application
from services.intake.bodies import ApplicationBody
from services.intake.desk import BSN, Absent
from services.intake.erasure import CalledOff, Erased, UnderWay
from services.vault.erasure import is_erased
from services.vault.vault import Unopened
from tests.erasure.region import GM, YEARS, Region

APPLICATION = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01", "note": "schulden"}


@pytest.fixture
def region(tmp_path: Path) -> Region:
    return Region(tmp_path)


def long_gone(region: Region) -> str:
    """A client who was in care and paid on an account, and whom nobody needed for eleven years."""
    client = region.registers()
    body = ApplicationBody.model_validate({**APPLICATION, "client": client}, strict=False)
    region.does("intake", application(region.desk, region.asked(), body))
    region.carries()
    region.binds(client)
    region.time += 11 * YEARS
    return client


def speaks(region: Region, client: str) -> str:
    """Somebody notes what was said; the reason of a refusal."""
    now = region.time
    note = Note(region.vaults["handover"], region.people.new_ref("t-"), "niet bellen")
    command = RecordContact(
        client, GM, region.people.new_ref("contact-"), "telephone", "to-client", "income", "s-a", now, now, note.text_ref
    )
    return region.does("handover", of_client(client, lambda _baton: command, Asked(region.origin(), b""), note)).reason


def test_a_client_whom_nobody_needs_is_erased_everywhere(region: Region) -> None:
    client = long_gone(region)

    assert isinstance(region.erases(client), Erased)
    assert [is_erased(log, client) for log in region.logs.values()] == [True, True, True]
    assert [vault.is_erased(region.logs[name], client) for name, vault in region.vaults.items()] == [True, True, False]
    assert region.logs["intake"].kept_all(BSN) == []


def test_each_service_tells_once_that_it_erased(region: Region) -> None:
    client = long_gone(region)
    region.asks(client)
    region.carries(times=3)

    told = [
        len(region.told(*each))
        for each in (("intake", ClientErased), ("benefits", BenefitsClientErased), ("handover", HandoverClientErased))
    ]
    assert told == [1, 1, 1]


def test_asking_again_changes_nothing(region: Region) -> None:
    client = long_gone(region)
    origin = region.origin()
    first, again = region.asks(client, origin=origin), region.asks(client, origin=origin)
    region.carries()

    assert (first, region.asks(client).outcome) == (again, "unchanged")


def test_who_saw_an_older_version_reads_again(region: Region) -> None:
    with pytest.raises(Conflict):
        region.asks(long_gone(region), expected=3)


def test_nobody_is_erased_who_is_not_known(region: Region) -> None:
    with pytest.raises(Absent):
        region.asks("p-00000000000000ff")


def test_a_household_on_benefit_keeps_its_client(region: Region) -> None:
    client = region.registers(benefit="pw", income_source="benefit")

    refused = region.asks(client)
    assert (refused.outcome, refused.reason) == ("refused", "benefit-runs")
    assert "retention-term-runs" in refused.detail


def test_a_running_term_is_named_with_its_end(region: Region) -> None:
    assert region.asks(region.registers()).detail.endswith("until 2025-02-15")


def test_a_service_that_needs_the_client_calls_it_off_everywhere(region: Region) -> None:
    client = long_gone(region)
    speaks(region, client)

    state = region.erases(client)
    assert isinstance(state, CalledOff)
    assert [(each.service, each.reason) for each in state.fact.hindrances] == [("handover", "retention-term-runs")]
    assert not region.told("benefits", BenefitsClientErased)
    assert (region.binds(client, 2).outcome, speaks(region, client)) == ("accepted", "")


def test_after_it_was_called_off_it_can_be_asked_for_again(region: Region) -> None:
    client = long_gone(region)
    speaks(region, client)
    region.erases(client)
    region.time += 11 * YEARS

    assert isinstance(region.erases(client), Erased)


def test_an_open_call_back_keeps_the_client(region: Region) -> None:
    client = long_gone(region)
    at, today = region.time, region.today
    ask = RequestCallBack(client, GM, "cb-1", "team-1", "telephone", "income", at, today, region.handover.rules, None)
    region.does("handover", of_client(client, lambda _baton: ask, Asked(region.origin(), b"")))

    state = region.erases(client)
    assert isinstance(state, CalledOff)
    assert ("call-back-open", "cb-1") in [(each.reason, each.what) for each in state.fact.hindrances]
    answered = AnswerCallBack(client, "cb-1", "reached", "s-a")
    assert region.does("handover", of_client(client, lambda _baton: answered, Asked(region.origin(), b""))).outcome == "accepted"


def test_an_opening_that_nobody_judged_keeps_the_client(region: Region) -> None:
    client = long_gone(region)
    emergency = BreakGlass(client, GM, "danger-to-life", "s-9", (), region.time, region.today, region.handover.rules, "t-9")
    work = breaking(client, lambda _baton: emergency, Asked(region.origin(), b""), Note(region.vaults["handover"], "t-9", "ligt op straat"))
    assert region.does("handover", work).outcome == "accepted"

    state = region.erases(client)
    assert isinstance(state, CalledOff)
    assert ("break-glass-not-reviewed", "1") in [(each.reason, each.what) for each in state.fact.hindrances]


def test_while_the_others_are_asked_nothing_new_begins(region: Region) -> None:
    client = long_gone(region)
    region.asks(client)
    region.carries_from("intake")

    assert isinstance(region.erasure(client), UnderWay)
    assert (region.binds(client, 2).reason, speaks(region, client)) == ("erasure-under-way", "erasure-under-way")


def test_nothing_is_written_of_a_client_who_was_erased(region: Region) -> None:
    client = long_gone(region)
    region.erases(client)
    body = ApplicationBody.model_validate({**APPLICATION, "client": client}, strict=False)

    assert region.does("intake", application(region.desk, region.asked(), body)).reason == "client-erased"
    assert region.binds(client, 2).reason == "client-erased"
    assert speaks(region, client) == "baton-not-open"


def test_nobody_holds_a_client_who_was_erased(region: Region) -> None:
    client = long_gone(region)
    region.erases(client)

    assert region.logs["handover"].submit(lambda tx: baton_of(tx, client)).result(5) is None


def test_the_vault_opens_nothing_of_a_client_who_was_erased(region: Region) -> None:
    client = long_gone(region)
    region.erases(client)

    with pytest.raises(Unopened):
        region.desk.vault.open(region.logs["intake"], client)


def test_the_same_person_may_come_back_as_a_new_client(region: Region) -> None:
    client = long_gone(region)
    region.erases(client)
    region.people = type(region.people)()

    assert region.registers() != client


def test_the_clock_erases_who_is_needed_no_more(region: Region) -> None:
    client = region.registers()
    region.passes(timedelta(days=200))
    before = is_erased(region.logs["intake"], client)
    region.passes(YEARS)

    assert (before, is_erased(region.logs["intake"], client)) == (False, True)


def test_the_clock_looks_again_on_the_day_that_a_term_ends(region: Region) -> None:
    client = region.registers()
    body = ApplicationBody.model_validate({**APPLICATION, "client": client}, strict=False)
    region.does("intake", application(region.desk, region.asked(), body))
    region.carries()
    region.passes(9 * YEARS)
    before = is_erased(region.logs["intake"], client)
    region.passes(2 * YEARS)

    assert (before, is_erased(region.logs["intake"], client)) == (False, True)


def test_an_erasure_is_shown_service_by_service(region: Region) -> None:
    client = long_gone(region)
    state = region.erases(client)
    assert isinstance(state, Erased)

    told = shown(region.logs["intake"], client, state)
    assert (told["state"], told["services"]) == ("erased", {"benefits": {"state": "erased"}, "handover": {"state": "erased"}})
    assert told["gone_from_backups_on"] > told["erased_on"]


def test_an_order_is_told_only_when_everybody_cleared(region: Region) -> None:
    client = long_gone(region)
    region.asks(client)
    region.carries_from("intake")
    region.carries_from("benefits")

    assert region.told("intake", ErasureOrdered) == []


def stands(region: Region) -> list[tuple[str, str]]:
    """State and last day that was named, of each erasure that waits."""
    return [(each.state, f"{each.again_at:%Y-%m}" if each.again_at else "") for each in waiting.waiting(region.logs["intake"])]


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_whose_erasure_is_refused_waits_until_the_clock_tries_again_and_erases(region: Region) -> None:
    client = region.registers()
    region.asks(client)
    waiting.tell(region.logs["intake"], region.now)

    assert (stands(region), sample("intake_erasures", state="refused")) == ([("refused", "2025-02")], 1)
    region.passes(timedelta(days=300))
    until = sample("intake_erasure_again_seconds") or 0
    region.passes(YEARS)
    assert (until < 90 * 86_400, stands(region), is_erased(region.logs["intake"], client)) == (True, [], True)


def test_an_erasure_waits_for_services_since_it_was_asked_for(region: Region) -> None:
    client = long_gone(region)
    region.asks(client)
    waiting.tell(region.logs["intake"], region.now)
    region.time += timedelta(days=2)

    assert (stands(region), sample("intake_erasure_waiting_seconds")) == ([("asked", "")], 2 * 86_400)
    region.carries()
    assert (stands(region), sample("intake_erasure_waiting_seconds")) == ([], 0)


def test_an_erasure_that_another_service_called_off_waits_with_its_day_if_somebody_asked_for_it(region: Region) -> None:
    client = long_gone(region)
    speaks(region, client)
    region.erases(client)

    assert stands(region) == [("refused", "2045-02")]


def test_who_was_not_asked_for_by_anybody_does_not_wait(region: Region) -> None:
    client = region.registers()
    body = ApplicationBody.model_validate({**APPLICATION, "client": client}, strict=False)
    region.does("intake", application(region.desk, region.asked(), body))
    region.carries()
    region.passes(2 * YEARS)

    assert stands(region) == []
