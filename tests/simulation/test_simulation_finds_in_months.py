"""The simulation finds what is broken on purpose in months: paid twice, on a replaced account, forgotten, or not claimed."""

from dataclasses import replace

import pytest

from deploy.simulation import history as simulated
from services.benefits import releasing_again
from services.benefits.monthly import entitlement, entitling, preparing
from services.benefits.monthly.entitling import Books, DecideEntitlement
from tests.simulation.test_simulation_finds import found


@pytest.fixture(autouse=True)
def _every_history_pays_months(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "SHARE_WITH_RUN", 1.0)
    monkeypatch.setattr(simulated, "SHARE_OF_MONTHS", 1.0)


def test_a_month_that_two_runs_decide_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entitling, "_hindrance", lambda _state, _command: "")
    assert found() in {"I1", "I2", "I13"}


def test_a_month_that_is_paid_on_an_account_that_was_replaced_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = entitling._hindrance

    def as_approved(state: Books, command: DecideEntitlement) -> str:
        return decide(replace(state, fingerprint=""), command)

    monkeypatch.setattr(entitling, "_hindrance", as_approved)
    assert found() == "I5"


def test_a_payment_again_on_an_account_that_was_replaced_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing_again, "_hindered", lambda *_: "")
    assert found() == "I5"


def test_a_client_whom_a_month_forgets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_counts", lambda _request, _client, due: bool(due.money))
    assert found() == "I3"


def test_a_month_that_comes_to_less_and_is_not_claimed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entitlement, "claims", lambda *_: ())
    assert found() == "I1"
