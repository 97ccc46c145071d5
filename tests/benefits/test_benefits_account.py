"""The account that a client is paid on: one counts, another waits for a second person while money is near."""

from collections.abc import Sequence
from datetime import date

import pytest

from services.benefits.account import ACCOUNT, AccountCommand, BindAccount, Bound, ConfirmAccount, Holding, ProposeAccount
from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.contracts.payouts import AccountChangeProposed
from services.eventlog.decider import Refused
from tests.benefits.sentences import Given

DAY, LATER, CLIENT, ALKMAAR = date(2024, 2, 15), date(2024, 2, 20), "p-" + "1" * 16, "GM0361"


def bind(name: str = "one", on: date = DAY) -> BindAccount:
    return BindAccount(CLIENT, ALKMAAR, f"acc-{name}", name, on)


def bound(name: str = "one", on: date = DAY) -> AccountBound:
    return AccountBound(client=CLIENT, municipality=ALKMAAR, account_ref=f"acc-{name}", fingerprint=name, on=on)


def proposed(name: str, by: str = "s-desk") -> AccountChangeProposed:
    said = {"client": CLIENT, "municipality": ALKMAAR, "account_ref": f"acc-{name}", "fingerprint": name, "on": DAY}
    return AccountChangeProposed(**said, proposed_by=by)  # type: ignore[arg-type]  # as JSON has it


def confirm(name: str, by: str = "s-second") -> ConfirmAccount:
    return ConfirmAccount(CLIENT, ALKMAAR, name, LATER, by)


@pytest.mark.parametrize(
    ("given", "command", "then"),
    [
        ([], bind(), [bound()]),
        ([bound()], bind(), []),
        ([bound()], bind("two"), [bound("two")]),
        ([bound(), bound("two")], bind(), [bound()]),
        ([], ProposeAccount(bind(), "s-desk"), [bound()]),
        ([bound()], ProposeAccount(bind(), "s-desk"), []),
        ([bound()], ProposeAccount(bind("two"), "s-desk"), [proposed("two")]),
        ([bound(), proposed("two")], ProposeAccount(bind("two"), "s-other"), []),
        ([bound(), proposed("two")], ProposeAccount(bind("three"), "s-other"), [proposed("three", "s-other")]),
        ([bound(), proposed("two")], confirm("two"), [bound("two", LATER)]),
        ([bound(), proposed("two"), proposed("three")], confirm("three"), [bound("three", LATER)]),
        ([bound(), proposed("two"), bound("two", LATER)], confirm("two"), []),
        ([bound()], confirm("two"), Refused("nothing-proposed")),
        ([], confirm("two"), Refused("nothing-proposed")),
    ],
)
def test_an_account_is_bound_proposed_and_confirmed(given: Sequence[Event], command: AccountCommand, then: list[Event] | Refused) -> None:
    assert Given(ACCOUNT, given).when(command) == then


def test_a_proposal_leaves_the_account_that_counts() -> None:
    assert ACCOUNT.fold([bound(), proposed("two")]) == Bound(bound(), proposed("two"))
    assert ACCOUNT.fold([bound(), proposed("two"), bound("two")]) == Bound(bound("two"))


def test_an_account_lies_in_the_stream_of_its_client() -> None:
    assert [ACCOUNT.reads(command) for command in (bind(), ProposeAccount(bind(), "s"), confirm("two"))] == [(bound().home().stream,)] * 3


def test_an_account_number_is_not_in_what_is_logged() -> None:
    assert repr(Holding("NL91ABNA0417164300", "J. Jansen")) == "Holding()"
