"""What the contact view shows of a client's matters."""

from typing import Any

from services.contracts.envelope import Event
from streams import contact_view
from streams.view import Row, folded
from tests.contracts.examples import EXAMPLES
from tests.contracts.intake_examples import M
from tests.streams.history import envelopes

BY_NAME: dict[str, Event] = {event.TYPE.split(".")[3]: event for event in EXAMPLES}


def shown(*names: str) -> dict[str, Any]:
    row: Row | None = None
    for fact in envelopes([("intake", BY_NAME[f"matter-{name}"]) for name in ("opened", *names)]):
        row = folded(contact_view.VIEW, row, fact)
    assert row is not None
    return contact_view.shown(row)


def matter(*names: str) -> dict[str, Any]:
    found: dict[str, Any] = shown(*names)["matters"][M]
    return found


def test_a_matter_is_open_with_its_term_until_it_is_decided() -> None:
    told = ("reported", "applied", "term-started")

    assert shown(*told)["open"]["matters"][M]["terms"] == {"decision": {"due_on": "2024-02-26", "state": "runs"}}
    assert shown(*told, "decided")["open"]["matters"] == {}
    assert (matter(*told, "decided")["state"], matter(*told, "decided")["starts_on"]) == ("accepted", "2024-01-01")


def test_near_and_late_terms_show() -> None:
    told = ("applied", "term-started")

    assert matter(*told, "term-neared")["terms"]["decision"]["state"] == "near"
    assert matter(*told, "term-neared", "term-passed")["terms"]["decision"]["state"] == "late"
    assert matter(*told, "advance-fell-due")["terms"]["advance"] == {"due_on": "2024-01-29", "state": "late"}


def test_missing_papers_show_with_their_day() -> None:
    assert (matter("papers-asked")["missing"], matter("papers-asked")["recover_by"]) == (["bank-statements"], "2024-01-15")
    assert matter("papers-asked", "papers-received")["missing"] == ["rental-contract"]


def test_a_matter_that_went_on_in_another_is_not_open() -> None:
    assert shown("reported", "merged")["open"]["matters"] == {}


def test_a_matter_whose_beginning_was_given_up_is_still_shown() -> None:
    row: Row | None = None
    for fact in envelopes([("intake", BY_NAME["matter-papers-asked"])]):
        row = folded(contact_view.VIEW, row, fact)

    assert row is not None
    assert contact_view.shown(row)["open"]["matters"][M]["missing"] == ["bank-statements"]
