"""Views come out the same whatever the order between streams, and however often a relay repeats itself."""

import random
from collections.abc import Sequence
from typing import get_args

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.benefits import BenefitsEvent, PaymentReturned, RightEvent
from services.contracts.codec import published
from services.contracts.envelope import Envelope, Event
from services.contracts.monthly_money import MonthlyMoneyEvent, MonthlyRightSetOff
from services.contracts.payouts import PayoutEvent
from streams import allowance_run, contact_view, payout_status, team_directory
from streams.arrivals import arrivals
from streams.folding import Folding
from streams.payout_status import STATES
from streams.payout_totals import PayoutTotals
from streams.view import Row, View, canonical, folded, place
from tests.streams.history import RUN, Recorder, Sent, at, client_ref, envelopes, facts_of, right_ref, run_facts, sent

CODEC = published()
VIEWS = (contact_view.VIEW, payout_status.VIEW, allowance_run.VIEW, team_directory.VIEW)


def in_order(view: View, facts: Sequence[Envelope[Event]]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for fact in facts:
        key = view.row_key(fact.stream, fact.key)
        if fact.stream.startswith(view.streams) and place(rows.get(key), fact.stream, fact.version) == "next":
            rows[key] = folded(view, rows.get(key), fact)
    return rows


def bytes_of(rows: dict[str, Row]) -> dict[str, bytes]:
    return {key: canonical(row) for key, row in rows.items()}


@st.composite
def interleavings(draw: st.DrawFn) -> tuple[list[Envelope[Event]], list[Envelope[Event]]]:
    """Facts as recorded, and the same facts in another order between streams, with repeats."""
    facts = [fact for number in draw(st.sets(st.integers(0, 30), min_size=1, max_size=3)) for fact in facts_of(number, extra=2)]
    recorded = envelopes([*facts, *run_facts()])
    streams: dict[str, list[Envelope[Event]]] = {}
    for fact in recorded:
        streams.setdefault(fact.stream, []).append(fact)
    mixed: list[Envelope[Event]] = []
    queues = [list(queue) for queue in streams.values()]
    while queues:
        queue = draw(st.sampled_from(queues))
        mixed.append(queue.pop(0))
        if draw(st.booleans()):
            mixed += mixed[-draw(st.integers(1, 4)) :]
        queues = [queue for queue in queues if queue]
    return recorded, mixed


def in_portions(view: View, records: Sequence[Sent], size: int) -> dict[str, bytes]:
    stored: dict[str, bytes] = {}

    def load(key: str) -> Row | None:
        return orjson.loads(stored[key]) if key in stored else None

    for start in range(0, len(records), size):
        stored |= bytes_of(Folding(view, load, (), {}).take(arrivals(CODEC, records[start : start + size], view.streams)).rows)
    return stored


@settings(deadline=None, max_examples=50)
@given(interleavings())
def test_any_interleaving_with_repeats_gives_the_same_bytes(histories: tuple[list[Envelope[Event]], list[Envelope[Event]]]) -> None:
    recorded, mixed = histories
    for view in VIEWS:
        assert bytes_of(in_order(view, mixed)) == bytes_of(in_order(view, recorded))


@settings(deadline=None, max_examples=50)
@given(interleavings(), st.integers(1, 7))
def test_portions_of_any_size_give_the_same_bytes(histories: tuple[list[Envelope[Event]], list[Envelope[Event]]], size: int) -> None:
    recorded, _ = histories
    recorder = Recorder()
    records = [at(sent(*recorder.record(fact.service, fact.event)), 0, n) for n, fact in enumerate(recorded)]
    for view in VIEWS:
        assert in_portions(view, records, size) == bytes_of(in_order(view, recorded))


@settings(deadline=None, max_examples=50)
@given(interleavings())
def test_totals_moved_right_by_right_are_the_totals_summed_at_start(histories: tuple[list[Envelope[Event]], list[Envelope[Event]]]) -> None:
    recorded, _ = histories
    moved, rows = PayoutTotals(), dict[str, Row]()
    for fact in recorded:
        if fact.stream.startswith(payout_status.RIGHTS):
            key = payout_status.VIEW.row_key(fact.stream, fact.key)
            old, rows[key] = rows.get(key), folded(payout_status.VIEW, rows.get(key), fact)
            moved.move(old, rows[key])
    summed = PayoutTotals()
    for row in rows.values():
        summed.move(None, row)
    assert moved.of("run_ref", RUN) == summed.of("run_ref", RUN)


@settings(deadline=None, max_examples=50)
@given(interleavings())
def test_every_cent_decided_stands_in_exactly_one_state(histories: tuple[list[Envelope[Event]], list[Envelope[Event]]]) -> None:
    recorded, _ = histories
    for row in in_order(payout_status.VIEW, recorded).values():
        assert row["decided_cents"] == sum(row[f"{state}_cents"] for state in STATES)
        assert [state for state in STATES if row[f"{state}_cents"]] in ([], [row["state"]])


def test_a_fold_leaves_the_row_that_it_was_given_as_it_was() -> None:
    facts = envelopes(facts_of(2, extra=3))
    random.Random(1).shuffle(facts)
    for view in VIEWS:
        row: Row | None = None
        for fact in sorted((f for f in facts if f.stream.startswith(view.streams)), key=lambda f: (f.stream, f.version)):
            before = None if row is None else canonical(row)
            following = folded(view, row, fact)
            assert before == (None if row is None else canonical(row))
            row = following


def test_the_contact_view_says_who_holds_the_client_and_what_is_open() -> None:
    row = in_order(contact_view.VIEW, envelopes(facts_of(5, extra=1)[:4]))[client_ref(5)]
    shown = contact_view.shown(row)
    assert shown["contact"] == {"contact_person": "s-1", "team_ref": "team-1", "organisation": "region", "since": "2024-02-15"}
    assert list(shown["open"]["applications"]) == [f"a-{5:016x}"]
    assert shown["open"]["payouts"] == []


def test_an_application_is_no_longer_open_once_it_is_decided() -> None:
    shown = contact_view.shown(in_order(contact_view.VIEW, envelopes(facts_of(5)[:5]))[client_ref(5)])
    assert shown["open"] == {"applications": {}, "payouts": [right_ref(5)], "offer": None, "call_backs": {}, "matters": {}, "needs": {}}


def test_a_returned_payment_is_open_again_with_its_reason() -> None:
    shown = contact_view.shown(in_order(contact_view.VIEW, envelopes(facts_of(2)))[client_ref(2)])
    assert shown["open"]["payouts"] == [right_ref(2)]
    assert (shown["payouts"][right_ref(2)]["reason_code"], shown["payouts"][right_ref(2)]["returned_cents"]) == ("AC06", 80_000)


def test_a_returned_payment_that_met_a_claim_is_open_no_more() -> None:
    facts = envelopes(facts_of(2))
    returned = next(fact.event for fact in facts if isinstance(fact.event, PaymentReturned))
    about = {name: getattr(returned, name) for name in RightEvent.model_fields}
    gone = MonthlyRightSetOff(**about, claim_ref="cl-1", set_off_on=returned.booked_on, set_off_by="s-1")
    shown = contact_view.shown(in_order(contact_view.VIEW, envelopes([*facts_of(2), ("benefits", gone)]))[client_ref(2)])
    payout = shown["payouts"][right_ref(2)]

    assert (shown["open"]["payouts"], payout["state"], payout["set_off_against"]) == ([], "returned", "cl-1")
    assert shown["payout_cents"] == {"promised": 0, "paid": 0, "returned": 80_000}


def test_another_contact_person_leaves_the_organisation_as_it_was() -> None:
    row = in_order(contact_view.VIEW, envelopes(facts_of(5, extra=2)))[client_ref(5)]
    assert (row["contact"]["contact_person"], row["contact"]["organisation"]) == ("s-3", "region")


def test_the_integral_flag_shows() -> None:
    shown = contact_view.shown(in_order(contact_view.VIEW, envelopes(facts_of(100)))[client_ref(100)])
    assert shown["integral"] is True


def test_a_run_shows_its_files_and_who_took_them() -> None:
    row = in_order(allowance_run.VIEW, envelopes(run_facts()))[RUN]
    assert row["state"] == "released"
    assert [handover["handed_to"] for handover in row["files"]["M-1"]["handovers"]] == ["s-2"]


def test_every_fact_about_a_right_has_its_line_in_the_payout_fold() -> None:
    told = (*get_args(BenefitsEvent), *get_args(PayoutEvent), *get_args(MonthlyMoneyEvent))
    rights = {event for event in told if issubclass(event, RightEvent)}
    assert rights == payout_status._TOLD.keys()


@pytest.mark.parametrize("field", ["name", "birth", "iban", "bsn", "address"])
def test_no_view_has_a_place_for_personal_data(field: str) -> None:
    for view in VIEWS:
        for row in in_order(view, envelopes([*facts_of(2), *run_facts()])).values():
            assert field not in {part for name in row for part in name.split("_")}
