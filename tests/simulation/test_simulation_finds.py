"""The simulation finds what is broken on purpose: each part of the house that forgets its duty breaks an invariant within some seeds."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from deploy.simulation import history as simulated
from deploy.simulation import views
from deploy.simulation.commands import Violated
from deploy.simulation.history import history
from deploy.simulation.rooms import Product
from services.benefits import decision, files, knowledge, payment, preparing_again
from services.benefits.payment import InstructPayment
from services.benefits.preparation import Preparing
from services.benefits.references import end_to_end_id
from services.benefits.right import Granted, Right
from services.contracts.envelope import Event
from services.contracts.handover import BatonAccepted, BatonFact, BatonOffered
from services.eventlog.memory import MemoryTransaction
from services.eventlog.reactor import Reactor
from services.handover import directory
from services.handover import state as handover_state
from services.handover.baton import Baton, baton_after
from streams import folding
from streams.batching import Continuity
from streams.keeper import Keeper
from tests.simulation.broken_parts import CommitsFirst, GoesOnWhereItWas, MovesItsCheckpointFirst, TellsKafkaFirst

SEEDS = 1_000


def found(product: Product | None = None) -> str:
    """The invariant that breaks first."""
    for seed in range(SEEDS):
        try:
            history(seed, product)
        except Violated as violated:
            return violated.invariant
    return "nothing"


@pytest.mark.parametrize(
    ("product", "invariants"),
    [
        (Product(relay=MovesItsCheckpointFirst), {"I7", "I13"}),
        (Product(follower=CommitsFirst), {"I7", "I10", "I13"}),
        (Product(sink=TellsKafkaFirst), {"I8", "I13"}),
        (Product(sink=GoesOnWhereItWas), {"I8", "I13"}),
    ],
)
def test_a_process_that_does_the_second_thing_first_is_found(product: Product, invariants: set[str]) -> None:
    assert found(product) in invariants


def test_a_payment_that_is_another_attempt_each_time_its_file_is_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = count(1)
    monkeypatch.setattr(files, "end_to_end_id", lambda right, _attempt: end_to_end_id(right, next(attempts)))
    monkeypatch.setattr(payment, "_instruct", lambda state, command: [payment._instructed(state, command, state.account)])
    assert found() == "I2"


def test_a_payment_that_arrived_and_is_made_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def instruct(state: Right, command: InstructPayment) -> list[Event]:
        assert isinstance(state, Granted)
        account = command.account or state.account
        replaced = [] if account == state.account else [payment._replaced(state, command, account)]
        return [] if command.attempt <= len(state.attempts) else [*replaced, payment._instructed(state, command, account)]

    monkeypatch.setattr(simulated, "SHARE_WITH_RUN", 1.0)
    monkeypatch.setattr(preparing_again, "FAILED", {"rejected", "returned", "paid"})
    monkeypatch.setattr(preparing_again, "hindrance", lambda *_: "")
    monkeypatch.setattr(payment, "_instruct", instruct)
    assert found() == "I2"


def test_a_run_that_pays_more_again_than_failed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "SHARE_WITH_RUN", 1.0)
    monkeypatch.setattr(preparing_again, "FAILED", {"rejected", "returned", "paid"})
    monkeypatch.setattr(preparing_again, "hindrance", lambda *_: "caseworker-needed")
    assert found() == "I4"


def test_a_release_that_does_not_look_at_the_ledger_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "_hit", lambda _state, _command: "")
    assert found() in {"I2", "I13"}


def test_a_command_whose_answer_is_not_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryTransaction, "remember", lambda *_: None)
    assert found() == "I6"


def test_a_client_who_waits_for_a_team_and_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "wait", lambda *_: None)
    assert found() in {"I7", "I10", "I13"}


def test_a_baton_that_moves_again_when_a_second_one_accepts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def still_offered(before: Baton | None, fact: BatonFact) -> Baton:
        after = baton_after(before, fact)
        return after._replace(offer=before.offer) if before is not None and isinstance(fact, BatonAccepted) else after

    monkeypatch.setattr(handover_state, "baton_after", still_offered)
    assert found() == "I11"


def test_an_offer_that_moves_the_baton_before_anybody_accepts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(before: Baton | None, fact: BatonFact) -> Baton:
        after = baton_after(before, fact)
        return after._replace(team_ref=fact.to_team_ref) if isinstance(fact, BatonOffered) else after

    monkeypatch.setattr(handover_state, "baton_after", moved)
    assert found() in {"I10", "I11"}


def test_a_view_that_folds_a_repeat_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "place", lambda *_: "next")
    assert found() == "I9"


def test_a_view_that_confirms_what_was_not_acknowledged_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    take: Callable[..., Any] = Keeper.take

    async def confirm_anyway(keeper: Keeper, topic: str, partition: int, records: Any) -> None:  # noqa: ANN401 - records of Kafka
        try:
            await take(keeper, topic, partition, records)
        except views.Unheard:
            keeper.confirm(keeper.view.name, topic, partition, records[-1].offset)

    monkeypatch.setattr(Keeper, "take", confirm_anyway)
    assert found() in {"I9", "I13"}


def test_a_run_that_does_not_wait_for_what_intake_told_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Preparing, "_wait_for", lambda *_: None)
    assert found() == "I4"


def test_a_run_that_rests_on_more_than_it_names_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "_key", lambda _event: "nothing is beyond a position")
    assert found() == "I4"


def test_a_payment_that_is_booked_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment, "_settle", lambda _attempt, _command, fact: [fact])
    assert found() == "I1"


def test_a_view_that_is_not_recovered_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "newest", lambda *_: [])
    assert found() == "I9"


def test_a_view_that_does_not_notice_what_it_was_never_given_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def always(*_: object) -> bool:
        return True

    monkeypatch.setattr(Continuity, "holds", always)
    assert found() in {"I9", "I13"}


def test_a_leaver_who_keeps_the_clients_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "clients", lambda *_: ())
    assert found() == "I10"


def test_a_reactor_that_forgets_what_was_before_a_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    batch: Callable[..., Any] = Reactor.batch
    monkeypatch.setattr(Reactor, "batch", lambda reactor, incoming: batch(reactor, incoming[:-1] or incoming))
    assert found() in {"I7", "I10", "I13"}
