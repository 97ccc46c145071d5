"""What intake tells is noted in benefits once, as a consequence of intake's fact, and nothing else follows from it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.benefits.policy import react
from services.contracts.benefits import HouseholdNoted
from services.contracts.envelope import Envelope, Event
from services.contracts.intake import HouseholdRegistered, IntakeAccepted
from services.eventlog.handle import Work
from services.eventlog.log import Origin
from tests.benefits.a_region import ALKMAAR, NOW, Home, household, person, region

THEN = datetime(2023, 6, 1, tzinfo=UTC)


def follows(event: Event) -> list[Work[Any, Any]]:
    home = event.home()
    about = (home.stream, 3, 41, home.key, home.client, home.municipality)
    return react(lambda: NOW)(Envelope("e-9", "intake", *about, THEN, NOW, "cause-of-intake", "story-1", event))


def test_what_is_noted_names_the_fact_that_it_follows_from() -> None:
    (work,) = follows(HouseholdRegistered(household_ref=household(1), on=THEN.date(), facts=Home(1).facts))

    assert work.origin == Origin("reactor:benefits", "e-9:note", NOW, "story-1", "e-9", THEN)
    assert work.body_hash == b""


def test_a_household_that_split_off_is_noted_with_the_one_that_it_left(tmp_path: Path) -> None:
    made = region(tmp_path)
    made.tells(HouseholdRegistered(household_ref=household(2), on=THEN.date(), facts=Home(2).facts, split_from=household(1)))
    (noted,) = made.facts(HouseholdNoted)

    assert (noted.split_from, noted.cause, noted.source_version) == (household(1), "registered", 1)


def test_nothing_follows_from_what_is_no_matter_of_benefits() -> None:
    taken_in = IntakeAccepted(client=person(1), household_ref=household(1), municipality=ALKMAAR, route="standard", accepted_on=NOW.date())

    assert follows(taken_in) == []
