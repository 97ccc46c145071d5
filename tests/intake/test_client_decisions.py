"""What is decided about a client, given what happened to them."""

from datetime import date
from typing import Any

import pytest

from services.contracts.intake import ApplicationReceived, IntakeAccepted
from services.eventlog.decider import Refused
from services.intake.client import AcceptIntake, ReceiveApplication, Route, client
from tests.intake.stories import TODAY, Story, household_ref, person

story = Story(client)
WHO: dict[str, Any] = {"client": person(1), "household_ref": household_ref(1), "municipality": "GM0399"}


def apply(number: int = 1, received_on: date = TODAY, scheme_year: int = 2023) -> ReceiveApplication:
    return ReceiveApplication(
        **WHO,
        today=TODAY,
        application_ref=f"a-{number:016x}",
        scheme="energy-allowance",
        scheme_year=scheme_year,
        channel="desk",
        received_on=received_on,
        text_ref=None,
    )


def received(scheme_year: int = 2023) -> ApplicationReceived:
    return ApplicationReceived(
        **WHO,
        application_ref=f"a-{1:016x}",
        scheme="energy-allowance",
        scheme_year=scheme_year,
        channel="desk",
        received_on=TODAY,
    )


def accept(route: Route = "standard", accepted_on: date = TODAY) -> AcceptIntake:
    return AcceptIntake(**WHO, today=TODAY, route=route, accepted_on=accepted_on)


def accepted(route: Route = "standard") -> IntakeAccepted:
    return IntakeAccepted(**WHO, route=route, accepted_on=TODAY)


def test_an_application_brings_a_client_into_care() -> None:
    assert story.when(apply()) == [received(), accepted()]


def test_who_is_in_care_applies_without_being_accepted_again() -> None:
    assert story.given(accepted("integral")).when(apply()) == [received()]


def test_a_second_application_for_the_same_scheme_year_changes_nothing() -> None:
    assert story.given(received(), accepted()).when(apply(2)) == []


def test_another_scheme_year_is_another_application() -> None:
    assert story.given(received(2022), accepted()).when(apply()) == [received()]


def test_an_application_from_the_future_is_refused() -> None:
    assert story.when(apply(received_on=date(2024, 2, 16))) == Refused("date-in-future")


def test_an_application_from_before_its_scheme_year_is_refused() -> None:
    decision = story.when(apply(received_on=date(2022, 12, 31)))

    assert isinstance(decision, Refused)
    assert decision.reason == "before-scheme-year"


@pytest.mark.parametrize("route", ["standard", "integral"])
def test_a_client_comes_into_care(route: Route) -> None:
    assert story.when(accept(route)) == [accepted(route)]


def test_accepting_again_changes_nothing() -> None:
    assert story.given(accepted()).when(accept()) == []


def test_accepting_on_another_route_is_refused() -> None:
    assert story.given(accepted()).when(accept("integral")) == Refused("in-care-on-other-route")


def test_accepting_in_the_future_is_refused() -> None:
    assert story.when(accept(accepted_on=date(2024, 2, 16))) == Refused("date-in-future")
