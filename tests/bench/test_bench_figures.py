"""What a figure says of itself: its ratio, its target, and the eight fields that scripts rely on."""

from io import StringIO

import orjson
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from deploy.bench.figure import Figure, Target, as_json, medians, show
from deploy.bench.sides.percentile import percentile

AT_LEAST_EIGHT_TIMES = Target("ratio", "at least", 8)
AT_MOST_TWENTY = Target("value", "at most", 20)


def test_a_ratio_is_met_from_its_limit_on() -> None:
    found = [Figure("commands", value, "commands/s", AT_LEAST_EIGHT_TIMES, "peer", 10.0).met for value in (80.0, 79.9, None)]

    assert found == [True, False, None]


def test_a_value_is_met_up_to_its_limit() -> None:
    found = [Figure("release", value, "s", AT_MOST_TWENTY).met for value in (20.0, 20.1, None)]

    assert found == [True, False, None]


def test_a_ratio_without_its_peer_is_neither_met_nor_missed() -> None:
    alone = Figure("commands", 80.0, "commands/s", AT_LEAST_EIGHT_TIMES, "peer", None)

    assert (alone.ratio, alone.met) == (None, None)


def test_a_figure_without_a_target_is_neither_met_nor_missed() -> None:
    assert Figure("p50", 0.01, "s").as_row()["met"] is None


def test_scripts_get_a_list_of_rows_with_the_agreed_fields() -> None:
    told = orjson.loads(as_json([Figure("relay", 25_001.23, "facts/s", Target("ratio", "at least", 0.85), "producer", 30_000.0)]))

    assert told == [
        {
            "what": "relay",
            "value": 25_000.0,
            "unit": "facts/s",
            "peer": "producer",
            "peer_value": 30_000.0,
            "ratio": 0.8334,
            "target": "at least 0.85 x peer",
            "met": False,
        }
    ]


def test_people_get_one_table_that_says_what_was_missed() -> None:
    told = StringIO()

    show([Figure("release", 21.0, "s", AT_MOST_TWENTY), Figure("p50", None, "s")], Console(file=told, width=120))

    assert [word in told.getvalue() for word in ("release", "21", "at most 20", "NO", "p50")] == [True] * 5


def test_sides_take_turns_so_that_a_busy_moment_meets_all() -> None:
    moments = iter([1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    assert medians(3, lambda: next(moments), lambda: next(moments)) == [2.0, 20.0]


def test_a_side_that_cannot_be_had_has_no_median() -> None:
    assert medians(2, lambda: 3.0, lambda: None) == [3.0, None]


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_at_least_the_share_of_all_values_is_at_most_the_percentile(values: list[float], share: int) -> None:
    found = percentile(values, share)

    assert found in values
    assert sum(value <= found for value in values) * 100 >= share * len(values)
    assert sum(value < found for value in values) * 100 < share * len(values)
