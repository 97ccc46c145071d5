"""The contact view of an erased client: nothing but what tells a repeat, in whatever order the services told, and a tombstone outside."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.erasure import BenefitsClientErased, ClientErased, HandoverClientErased
from streams import contact_view
from streams.journal import _published
from streams.view import Row, canonical, folded
from tests.streams.history import DAY, MUNICIPALITIES, client_ref, envelopes, facts_of

GONE: dict[str, Any] = {"client": client_ref(1), "municipality": MUNICIPALITIES[1], "erasure": 1, "erased_on": DAY}
ERASED = [
    *facts_of(1),
    ("benefits", BenefitsClientErased(**GONE)),
    ("handover", HandoverClientErased(**GONE)),
    ("intake", ClientErased(**GONE)),
]


def row_of(seed: int = 0) -> Row:
    """Each stream in order, the streams among each other in any."""
    waiting: dict[str, list] = {}  # type: ignore[type-arg]  # envelopes by stream
    for fact in envelopes(ERASED):
        waiting.setdefault(fact.stream, []).append(fact)
    chance, row = random.Random(seed), None
    while waiting:
        stream = chance.choice(sorted(waiting))
        row = folded(contact_view.VIEW, row, waiting[stream].pop(0))
        waiting = {name: facts for name, facts in waiting.items() if facts}
    assert row is not None
    return row


def test_nothing_is_left_but_what_tells_a_repeat() -> None:
    assert row_of().keys() == {"client", "municipality", "erased_on", "slots", "seen"}


@settings(max_examples=50, deadline=None)
@given(st.integers())
def test_the_order_between_services_leaves_no_trace(seed: int) -> None:
    assert canonical(row_of(seed)) == canonical(row_of())


def test_staff_applications_get_a_tombstone() -> None:
    assert _published(row_of()) is None
