"""What managers are told of integral flags: scores per municipality and month, households under a flag, and what a dry run comes to."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from services.intake.route.histories import Reading, history
from services.intake.route.rules import RouteRules
from services.intake.route.scoring import scores
from services.intake.route.standing import StandingFlag
from services.intake.route.trial import Change, Trial

MOST_NAMED = 200
"""Clients named of each change; the rest is counted."""

CHANGES: tuple[Change, ...] = ("newly-flagged", "no-longer-flagged", "unchanged")
HOUSEHOLDS = 10_000


def monthly(reading: Reading, rules: RouteRules, municipalities: Collection[str]) -> list[dict[str, Any]]:
    """The scores of some municipalities, by municipality and month."""
    found = scores(map(history, reading.clients), rules, reading.as_of)
    mine = sorted(place for place in found if place[0] in municipalities)
    return [{"municipality": place[0], "month": place[1].isoformat(), **found[place]._asdict()} for place in mine]


def shares(standing: Collection[StandingFlag], households: Mapping[str, int], rules: RouteRules, reading: Reading) -> list[dict[str, Any]]:
    """Households under a flag that stands beside how many are expected to be, per municipality."""
    outcome = rules.outcome(reading.as_of)
    expected = 0 if outcome is None else outcome.flagged_per_10_000_households
    flagged = Counter(place for _, place in {(flag.household_ref, flag.municipality) for flag in standing})
    return [
        {
            "municipality": place,
            "households": number,
            "flagged_households": flagged[place],
            "flagged_share": flagged[place] / number,
            "expected_share": expected / HOUSEHOLDS,
        }
        for place, number in sorted(households.items())
        if number
    ]


def told(tried: Trial, municipalities: Collection[str]) -> dict[str, Any]:
    """A dry run: references of the caller's own clients, numbers for everybody."""
    numbers = Counter((one.municipality, one.change) for one in tried.clients)
    places = sorted({one.municipality for one in tried.municipalities} | {one.municipality for one in tried.clients})
    compared = {one.municipality: one for one in tried.municipalities}
    return {
        "clients": {change: named(tried, change, municipalities) for change in CHANGES},
        "municipalities": [
            {
                "municipality": place,
                **{change: numbers[place, change] for change in CHANGES},
                **({"today": compared[place].today._asdict(), "trial": compared[place].trial._asdict()} if place in compared else {}),
            }
            for place in places
        ],
    }


def named(tried: Trial, change: Change, municipalities: Collection[str]) -> list[str]:
    """The first so many of the caller's clients of a change, by reference."""
    mine = (one.client for one in tried.clients if one.change == change and one.municipality in municipalities)
    return sorted(mine)[:MOST_NAMED]
