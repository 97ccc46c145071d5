"""What is published of a client says who, what is open and by when, and the same of whatever it is about."""

from collections.abc import Iterable
from typing import Any, cast, get_args

import orjson
import pytest

from services.contracts.envelope import Event
from services.contracts.matters import Subject
from services.contracts.route import LifeDomain
from streams import contact_view
from streams.journal import _published
from streams.view import Row, folded
from tests.contracts.examples import EXAMPLES
from tests.contracts.intake_examples import M
from tests.streams.history import envelopes

BY_NAME: dict[str, Event] = {event.TYPE.split(".")[3]: event for event in EXAMPLES}
MATTER = ("matter-opened", "matter-reported", "matter-applied", "matter-term-started", "matter-papers-asked")
NEED = ("need-identified", "need-goal-set", "need-work-started")
CONTACTS = ("baton-opened", "baton-offered", "contact-recorded", "call-back-requested")
WENT_ON = ("baton-opened", "baton-offered", "baton-accepted", "handover-completed")


def published(service: str, names: Iterable[str], **about: Any) -> bytes:  # noqa: ANN401 - fields of facts
    row: Row | None = None
    for fact in envelopes([(service, _about(BY_NAME[name], about)) for name in names]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    return cast("bytes", _published(row))


def _about(event: Event, about: dict[str, Any]) -> Event:
    return event.model_copy(update={field: value for field, value in about.items() if field in type(event).model_fields})


@pytest.mark.parametrize("subject", get_args(Subject))
def test_a_matter_is_published_the_same_whatever_it_is_about(subject: str) -> None:
    told = published("intake", MATTER, subject=subject)
    assert told == published("intake", MATTER, subject="debt-help")
    assert orjson.loads(told)["open"]["matters"][M] == {"state": "applied", "due_on": "2024-01-15"}


@pytest.mark.parametrize("domain", get_args(LifeDomain))
def test_a_need_is_published_the_same_whatever_it_is_about(domain: str) -> None:
    told = published("intake", NEED, domain=domain, need=f"{domain}-need", goal=f"{domain}-goal")
    assert told == published("intake", NEED, domain="work", need="a-job", goal="a-goal")
    assert list(orjson.loads(told)["needs"].values()) == [{"state": "open"}]


def test_contacts_and_offers_are_published_the_same_whatever_they_are_about() -> None:
    told = published("handover", CONTACTS, subject="home-care", purpose="coordinate-care", domain_from="wmo", domain_to="youth")
    assert told == published("handover", CONTACTS, subject="payment", purpose="guide-to-work")
    assert {"due_at", "state"} <= orjson.loads(told)["open"]["offer"].keys()


def test_what_became_of_a_handover_is_published_the_same_whatever_it_was_for() -> None:
    told = published("handover", WENT_ON, domain_from="work-income", domain_to="youth", result="at-school")
    assert told == published("handover", WENT_ON, domain_from="work-income", domain_to="debt-help", result="debts-paid")
