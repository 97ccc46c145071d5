"""What was refused or sent back in a history is paid again, most of it on another account that two people agreed on."""

from collections.abc import Callable
from typing import Any

from deploy.simulation.commands import Command
from deploy.simulation.people import IBANS, REJECTED, TODAY, Script, Town
from deploy.simulation.rooms import FINGERPRINTS
from services.benefits.account import ACCOUNT, BindAccount, ConfirmAccount, Holding, ProposeAccount, binding
from services.benefits.preparing_again import FAILED
from services.eventlog.handle import Work

PROPOSER, CONFIRMER = "s-caseworker", "s-caseworker-2"


def paid_again(town: Town, run_ref: str, follow: Callable[[str], Script]) -> Script:
    """Where something failed, other accounts first, and then a run that `follow` brings to its close."""
    failed = [each for each in town.benefits.office.payments.of_run(run_ref) if each.standing in FAILED]
    for position in failed:
        if town.nature.chance.random() < 0.8:
            yield from another_account(town, position.client, position.municipality)
    if failed:
        yield from follow(run_ref)


def another_account(town: Town, client: str, municipality: str) -> Script:
    """Proposed by one, and confirmed by another where money is near."""
    iban = town.nature.chance.choice((IBANS, IBANS, REJECTED))[town.number() % 50]
    account = BindAccount(client, municipality, town.nature.new_ref("acc-"), FINGERPRINTS.of(iban), TODAY)
    yield _proposing(town, ProposeAccount(account, PROPOSER), Holding(iban, "Jannie Testgeval"))
    confirm = ConfirmAccount(account.client, account.municipality, account.fingerprint, TODAY, CONFIRMER)
    yield town.command(town.benefits, lambda o, said: Work(ACCOUNT, lambda _tx: confirm, o, said), CONFIRMER)


def _proposing(town: Town, command: ProposeAccount, holding: Holding) -> Command:
    def propose(origin: Any, said: bytes) -> Any:  # noqa: ANN401 - work of whatever room
        return binding(command, holding, town.benefits.vault, origin, said)

    return town.command(town.benefits, propose, PROPOSER)
