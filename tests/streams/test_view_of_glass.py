"""The contact view keeps who was let in, for its own door; it shows and publishes that it was so, and not who or why."""

from datetime import timedelta
from typing import Any

from services.access.break_glass import opening_of
from services.contracts.break_glass import BreakGlassExpired, BreakGlassOpened, BreakGlassReviewed
from services.contracts.envelope import Event
from services.contracts.erasure import ClientErased
from streams import contact_view
from streams.glass_parts import openings
from streams.journal import _published
from streams.view import Row, canonical, folded
from tests.contracts.glass_examples import GLASS_EXAMPLES
from tests.streams.history import DAY, MUNICIPALITIES, client_ref, envelopes, facts_of

WHO: dict[str, Any] = {"client": client_ref(1), "municipality": MUNICIPALITIES[1]}
ABOUT: dict[str, Any] = {**WHO, "opening": 1}
BEFORE = facts_of(1)
opened = BreakGlassOpened.model_validate({**GLASS_EXAMPLES[0].model_dump(), **ABOUT})
second = opened.model_copy(update={"opening": 2, "opened_at": opened.opened_at + timedelta(minutes=5)})
SECRETS = (b"s-9", b"s-boss", b"danger-to-life", b"could-have-waited", b"t-9", b"glass")
judged = BreakGlassReviewed(**ABOUT, verdict="unjustified", reason="could-have-waited", reviewed_by="s-boss")


def row_of(*facts: Event) -> Row:
    row: Row | None = None
    for fact in envelopes([*BEFORE, *(("handover", fact) for fact in facts)]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    return row


def test_what_did_not_end_is_there_for_the_door() -> None:
    assert openings(row_of(opened, second)) == [opening_of(opened), opening_of(second)]
    assert openings(row_of(opened, second, BreakGlassExpired(**ABOUT))) == [opening_of(second)]


def test_the_timeline_tells_that_it_was_so() -> None:
    shown = contact_view.shown(row_of(opened, BreakGlassExpired(**ABOUT), judged))
    whats = [each["what"] for each in shown["timeline"]]
    assert [what for what in whats if what.startswith("break-glass")] == [
        "break-glass-opened",
        "break-glass-expired",
        "break-glass-reviewed",
    ]


def test_neither_who_nor_why_is_shown_or_published() -> None:
    row = row_of(opened, judged)
    for told in (canonical(contact_view.shown(row)), _published(row)):
        assert told is not None
        assert not [secret for secret in SECRETS if b'"%s"' % secret in told]


def test_nothing_of_it_is_left_of_an_erased_client() -> None:
    gone = ClientErased(**WHO, erasure=1, erased_on=DAY)
    assert row_of(opened, gone).keys() == {"client", "municipality", "erased_on", "slots", "seen"}


def test_a_row_without_an_opening_is_the_row_that_it_was() -> None:
    assert "glass" not in row_of()
