"""The account that a client is paid on: one counts, another waits for a second person while money is near."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count

import pytest

from services.benefits.account import (
    ACCOUNT,
    AccountCommand,
    BindAccount,
    Bound,
    ConfirmAccount,
    Holding,
    ProposeAccount,
    binding,
    bound_in,
    confirming,
)
from services.contracts.benefits import AccountBound
from services.contracts.codec import published
from services.contracts.envelope import Event
from services.contracts.payouts import AccountChangeProposed
from services.eventlog.decider import Refused
from services.eventlog.log import Answer, Origin, OtherBody, Transaction
from services.eventlog.memory import MemoryLog
from services.vault.erasure import bar, destroy
from services.vault.keys import MemoryKeys
from services.vault.vault import OWNED, SEALED, Vault
from tests.benefits.sentences import Given

DAY, LATER, CLIENT, ALKMAAR, BERGEN = date(2024, 2, 15), date(2024, 2, 20), "p-" + "1" * 16, "GM0361", "GM0373"
SAME_PERSON = Refused("proposer-cannot-confirm", "a second person confirms a change of account")
NUMBERS = {"one": "NL91ABNA0417164300", "two": "NL39RABO0300065264"}


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
        ([bound(), proposed("two")], confirm("two", "s-desk"), SAME_PERSON),
        ([bound(), proposed("two")], confirm("three"), Refused("account-differs", "this is not the account number that was proposed")),
        ([bound(), proposed("two")], replace(confirm("two"), municipality=BERGEN), Refused("nothing-proposed")),
        ([bound(), proposed("two")], replace(confirm("one"), municipality=BERGEN), []),
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


@dataclass
class Desk:
    """Accounts of one client on a log in memory, with their numbers in a vault."""

    log: MemoryLog = field(default_factory=lambda: MemoryLog("benefits", published()))
    vault: Vault = field(default_factory=lambda: Vault(MemoryKeys()))
    commands: "count[int]" = field(default_factory=lambda: count(1))

    def origin(self) -> Origin:
        return Origin("s-desk", f"c-{next(self.commands)}", datetime(2024, 2, 15, tzinfo=UTC), "c")

    def brings(self, name: str, *, near: bool = False, again: str = "") -> Answer:
        """The client brings a number; `near` when money is. `again` tells a second reference of the same account."""
        command = replace(bind(name), account_ref=f"acc-{name}{again}")
        asked = ProposeAccount(command, "s-desk") if near else command
        return self.log.submit(binding(asked, Holding(NUMBERS[name], "J. Jansen"), self.vault, self.origin(), b"")).result(5)

    def confirms(self, name: str) -> Answer:
        return self.log.submit(confirming(confirm(name), self.origin(), b"")).result(5)

    def number(self, ref: str) -> object:
        return self.vault.open(self.log, ref)


def test_a_bound_number_lies_in_the_vault_for_its_client_and_its_fact() -> None:
    desk = Desk()
    answer = desk.brings("one")
    [fact] = desk.log.read(bound().home().stream)

    assert (answer.outcome, answer.refs) == ("accepted", {"account_ref": "acc-one"})
    assert desk.number("acc-one") == {"iban": NUMBERS["one"], "holder_name": "J. Jansen"}
    assert desk.vault.owned(desk.log, CLIENT) == ["acc-one"]
    assert (desk.log.kept(SEALED, "acc-one") or b"").split(b"\n")[2] == fact.event_id.encode()


def test_the_number_of_a_proposal_waits_in_the_vault_and_counts_once_a_second_person_typed_it() -> None:
    desk = Desk()
    desk.brings("one")

    assert desk.brings("two", near=True).refs == {"account_ref": "acc-two", "waits_for": "second-person"}
    assert desk.number("acc-two") == {"iban": NUMBERS["two"], "holder_name": "J. Jansen"}
    assert desk.confirms("two").outcome == "accepted"
    assert ACCOUNT.fold(e.event for e in desk.log.read(bound().home().stream)) == Bound(bound("two", LATER))


def test_a_number_that_lies_in_the_vault_is_not_sealed_again() -> None:
    desk = Desk()
    desk.brings("one")
    sealed = desk.log.kept(SEALED, "acc-one")

    assert [desk.brings("one", again="-again").outcome, desk.brings("one", near=True, again="-near").outcome] == ["unchanged"] * 2
    assert desk.log.kept(SEALED, "acc-one") == sealed
    assert desk.vault.owned(desk.log, CLIENT) == ["acc-one"]


@pytest.mark.parametrize("near", [False, True])
def test_a_number_that_a_restore_lost_comes_back_under_its_old_reference(near: bool) -> None:  # noqa: FBT001 - a table
    desk = Desk()
    desk.brings("one")
    desk.log.submit(lambda tx: tx.drop(SEALED, "acc-one")).result(5)

    assert desk.brings("one", near=near, again="-again").outcome == "unchanged"
    assert desk.number("acc-one") == {"iban": NUMBERS["one"], "holder_name": "J. Jansen"}
    assert [owner for owner, _ in desk.log.kept_all(OWNED)] == [CLIENT]


def test_another_number_does_not_fill_the_place_of_one_that_was_lost() -> None:
    desk = Desk()
    desk.brings("one")
    desk.log.submit(lambda tx: tx.drop(SEALED, "acc-one")).result(5)
    desk.brings("two", near=True)

    assert not desk.vault.holds(desk.log, "acc-one")


def test_of_an_erased_client_no_account_is_bound_proposed_or_confirmed() -> None:
    desk = Desk()
    desk.brings("one")
    desk.brings("two", near=True)
    desk.log.submit(lambda tx: destroy(tx, desk.vault, CLIENT)).result(5)

    answers = desk.brings("two"), desk.brings("two", near=True), desk.confirms("two")
    assert [answer.reason for answer in answers] == ["client-erased"] * 3
    assert desk.vault.owned(desk.log, CLIENT) == []


def test_while_a_client_is_being_erased_no_account_is_bound_or_confirmed() -> None:
    desk = Desk()
    desk.brings("one")
    desk.brings("two", near=True)
    desk.log.submit(lambda tx: bar(tx, CLIENT)).result(5)

    assert [answer.reason for answer in (desk.brings("two"), desk.confirms("two"))] == ["erasure-under-way"] * 2


def test_the_same_account_of_a_client_whose_key_is_gone_is_no_new_fact() -> None:
    desk = Desk()
    desk.brings("one")
    desk.log.submit(lambda tx: desk.vault.erase(tx, CLIENT)).result(5)

    assert desk.brings("one").outcome == "unchanged"


def test_the_same_command_with_another_body_is_refused() -> None:
    desk, same = Desk(), Origin("s-desk", "c-same", datetime(2024, 2, 15, tzinfo=UTC), "c")
    held = Holding(NUMBERS["one"], "J. Jansen")
    desk.log.submit(binding(bind(), held, desk.vault, same, b"one")).result(5)

    assert desk.log.submit(binding(bind(), held, desk.vault, same, b"one")).result(5).outcome == "accepted"
    with pytest.raises(OtherBody):
        desk.log.submit(binding(bind(), held, desk.vault, same, b"two")).result(5)
    assert desk.log.submit(confirming(confirm("one"), same, b"one")).result(5).outcome == "accepted"
    with pytest.raises(OtherBody):
        desk.log.submit(confirming(confirm("one"), same, b"two")).result(5)


def test_an_account_is_bound_in_the_municipality_that_bound_it_last() -> None:
    desk, seen = Desk(), list[str | None]()

    def asks(tx: Transaction) -> Answer:
        seen.append(bound_in(tx, CLIENT))
        return Answer("unchanged", "", 0, 0)

    for command in (bind(), replace(bind("two"), municipality=BERGEN)):
        desk.log.submit(asks).result(5)
        desk.log.submit(binding(command, Holding(NUMBERS["one"], "J. Jansen"), desk.vault, desk.origin(), b"")).result(5)
    desk.log.submit(asks).result(5)

    assert seen == [None, ALKMAAR, BERGEN]
