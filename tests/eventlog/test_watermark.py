"""Up to where everything was seen, whatever the order in which it came."""

from hypothesis import given
from hypothesis import strategies as st

from services.eventlog.watermark import Watermark


@given(st.permutations(range(1, 30)), st.integers(1, 7))
def test_everything_seen_in_any_order_and_portions_is_everything(order: list[int], portion: int) -> None:
    mark = Watermark()
    for start in range(0, len(order), portion):
        mark = Watermark.from_bytes(mark.seen(order[start : start + portion] * 2).to_bytes())

    assert mark == Watermark(29)


@given(st.sets(st.integers(1, 40)))
def test_a_hole_holds_the_mark_before_it(seen: set[int]) -> None:
    expected = next(n for n in range(1, 42) if n not in seen) - 1

    assert Watermark().seen(seen).upto == expected
