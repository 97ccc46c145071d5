"""Defects that are planted in the code that pays, of which a state machine must find each."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from services.benefits import payment, run_signing, schemas
from services.benefits.right import Granted, Right
from services.contracts.envelope import Event
from services.eventlog.decider import Refused


def instructed_again(state: Right, command: payment.InstructPayment) -> list[Event] | Refused:
    """Whatever became of the payment before."""
    return [payment._instructed(state, command, state.account)] if isinstance(state, Granted) else Refused("not-granted")


def otherwise(whole: Callable[..., Any], **said: Any) -> Callable[..., Any]:  # noqa: ANN401 - any fact
    """The same fact with other fields; a number becomes so much more."""

    def changed(*asked: Any) -> Any:  # noqa: ANN401 - the same
        fact = whole(*asked)
        more = {name: getattr(fact, name) + value if isinstance(value, int) else value for name, value in said.items()}
        return fact.model_copy(update=more)

    return changed


OF_PAYMENTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "i1-a-cent-more-is-booked": (payment, "_paid", otherwise(payment._paid, amount_cents=1)),
    "i2-paid-again-before-the-outcome-is-known": (payment, "_instruct", instructed_again),
    "i4-signed-by-who-prepared-it": (run_signing, "_not_to_be_signed", lambda *_: ""),
    "i4-cents-are-written-as-euros": (schemas, "euros", lambda cents: f"{cents}.00"),
    "i5-paid-on-another-account": (payment, "_instructed", otherwise(payment._instructed, account_fingerprint="thief")),
}
"""By invariant: the module, the function in it, and what comes in its place."""


def assert_found(machine: type[RuleBasedStateMachine], usual: settings) -> None:
    """The machine fails, and by what it counts itself."""
    sought = settings(usual, max_examples=400, derandomize=True, database=None, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=sought)

    assert any("tests/benefits" in str(entry.path) and "planted" not in str(entry.path) for entry in found.traceback[-2:])
