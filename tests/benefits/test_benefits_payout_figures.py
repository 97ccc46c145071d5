"""Figures of money for operations say where every cent stands, and cry when it does not add up."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.benefits.payout_figures import payout_figures
from services.benefits.request import note_problem
from services.contracts.benefits import PaymentPaid
from services.eventlog.decider import Decider
from services.eventlog.handle import Work
from tests.benefits.a_region import Home, Region, region
from tests.benefits.facts import instructed


@pytest.fixture
def paying(tmp_path: Path) -> Region:
    made = region(tmp_path)
    made.knows(Home(1), Home(2), Home(3, income_cents=900_000))
    return made


def figure(paying: Region, name: str, **labels: str) -> float:
    payout_figures(paying.office).take()
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None
    return value


def test_every_cent_stands_somewhere(paying: Region) -> None:
    paying.pays_out()

    assert figure(paying, "payout_cents", standing="sent") == 260_000
    assert figure(paying, "payout_rights", standing="refused") == 1
    assert figure(paying, "payout_conservation_diff_cents") == 0
    assert figure(paying, "payout_duplicate_instructions") == 0


def test_a_right_with_two_payments_under_way_shows_and_so_do_its_cents(paying: Region) -> None:
    run = paying.pays_out()
    first = paying.office.payments.statement(run)[0]
    second = instructed(2, f"{run}-002").model_copy(update={"right_ref": first.right_ref, "run_ref": run})
    paying.log.submit(_as_it_is(paying, second)).result(5)

    assert figure(paying, "payout_duplicate_instructions") == 1
    assert figure(paying, "payout_conservation_diff_cents") == 130_000


def test_a_run_that_is_stuck_shows(paying: Region) -> None:
    paying.log.submit(note_problem("run-1", "account-absent")).result(5)

    assert figure(paying, "runs_stuck") == 1


def test_what_waits_longest_shows_in_seconds(paying: Region) -> None:
    paying.pays_out()

    assert figure(paying, "payout_oldest_unknown_seconds") == 0
    assert figure(paying, "payout_oldest_pending_seconds") == 0
    assert paying.facts(PaymentPaid) == []


def _as_it_is(paying: Region, *facts: object) -> Work[None, None]:
    """A fact that no decider would have written."""
    decider: Decider[None, None] = Decider(
        initial=None,
        reads=lambda _: (facts[0].home().stream,),  # type: ignore[attr-defined]  # facts are events
        decide=lambda _state, _command: list(facts),  # type: ignore[arg-type]  # as above
        evolve=lambda state, _event: state,
    )
    return Work(decider, lambda _tx: None, paying.origin(), b"")
