"""Benefits over HTTP."""

import asyncio
from dataclasses import replace

from fastapi import FastAPI, Request, Response

from services.access.caller import Caller, allow
from services.access.gate import Gate
from services.benefits import bank_calendar
from services.benefits.account import (
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
from services.benefits.api_bank import BANK_ANSWERS, add_bank
from services.benefits.api_budgets import add_budgets
from services.benefits.api_insight import add_insight
from services.benefits.api_recalls import add_recalls
from services.benefits.api_run import add_orders
from services.benefits.api_run_again import add_again
from services.benefits.api_run_reading import add_reading
from services.benefits.api_worklist import add_worklist
from services.benefits.bodies import AccountLine, ConfirmationBody, OpeningBalanceLine
from services.benefits.ledger import LEDGER, Ledger, LedgerCommand, RecordOpeningBalance
from services.benefits.monthly import letters
from services.benefits.monthly.api import add_decisions
from services.benefits.monthly.api_following import add_following
from services.benefits.monthly.api_journal import add_journal
from services.benefits.monthly.api_reading import add_benefit_reading, add_claim_reading
from services.benefits.monthly.api_run import add_month_orders, add_month_reading
from services.benefits.monthly.api_taking_over import add_taking_over
from services.benefits.monthly.desk import MonthlyDesk
from services.benefits.monthly.promises import MonthlyPromises
from services.benefits.monthly.roll import Roll
from services.benefits.office import BINDERS, OFFICERS, Binder, Office, Officer
from services.benefits.references import opening_right_ref
from services.benefits.residents import require, require_in
from services.eventlog.decider import Refused
from services.eventlog.handle import Work
from services.eventlog.log import Transaction
from services.vault.keyed_hash import bind
from services.web.app import new_app
from services.web.bulk import bulk
from services.web.commands import IdempotencyKey, body_hash, origin, respond
from services.web.exporting import Archive, add_export
from services.web.reads import Reads

__all__ = ["BANK_ANSWERS", "make_app"]

DESCRIPTION = "The monthly benefit, accounts, one-off allowance runs from preparation to close, payment files, and bank answers."


def make_app(office: Office, gate: Gate, reads: Reads, body_limit_bytes: int) -> FastAPI:
    """All routes of benefits. Raises `SecretChanged` where the log was written under another secret."""
    bind(office.log, "account", office.fingerprints)
    app = new_app("benefits", DESCRIPTION, gate, body_limit_bytes)
    add_intake(app, office)
    add_orders(app, office, reads)
    add_again(app, office)
    add_recalls(app, office, reads)
    add_budgets(app, office)
    add_reading(app, office, reads)
    add_worklist(app, office)
    add_bank(app, office, reads)
    add_insight(app, office, reads)
    add_monthly(app, office, reads)
    add_export(app, Archive(office.log, office.vault, reads, office.now))
    return app


def add_monthly(app: FastAPI, office: Office, reads: Reads) -> None:
    """The monthly benefit of each client."""
    desk = MonthlyDesk(
        log=office.log,
        vault=office.vault,
        fingerprints=office.fingerprints,
        norms=office.norms,
        letters=letters.installed(),
        residents=office.residents,
        payments=office.payments,
        now=office.now,
        new_ref=office.new_ref,
    )
    add_decisions(app, desk)
    add_taking_over(app, desk)
    add_following(app, desk)
    add_benefit_reading(app, desk, reads)
    add_claim_reading(app, desk, reads)
    calendar = bank_calendar.installed()
    add_month_orders(app, office, calendar)
    promises = MonthlyPromises(office.log, office.manifests, office.payments, office.norms, calendar, Roll(office.log))
    add_month_reading(app, office, promises, reads)
    add_journal(app, office.log)


def add_intake(app: FastAPI, office: Office) -> None:
    """What a region brings along: accounts, and what was paid before."""

    @app.post("/v1/accounts/_bulk")
    async def bind_accounts(caller: Binder, request: Request) -> Response:
        """Binds accounts to clients from NDJSON, answered line by line; the number goes into the vault.

        Where money for a client is near, another account than the bound one waits for a second person.
        """
        running = await asyncio.to_thread(office.runs_open)

        def work_of(line: AccountLine, _number: int) -> Work[AccountCommand, Bound]:
            return _binding(office, caller, line, running)

        return await bulk(request, office.log, AccountLine, work_of)

    @app.post("/v1/accounts/confirmations", status_code=201)
    async def confirm_account(caller: Binder, key: IdempotencyKey, body: ConfirmationBody) -> Response:
        """Confirms a change of account that waits, by a second person who types its number from the evidence."""
        allow(caller, BINDERS, body.municipality)
        day = office.now().date()
        await asyncio.to_thread(_require_paid_there, office, caller, body)
        command = ConfirmAccount(body.client, body.municipality, office.fingerprints.of(body.iban), day, caller.actor)
        said = body_hash(body, office.fingerprints.secret)
        return await respond(office.log, confirming(command, origin(caller, key, office.now), said))

    @app.post("/v1/opening-balances/_bulk")
    async def record_opening_balances(caller: Officer, request: Request) -> Response:
        """Records what the system before this one paid, from NDJSON, answered line by line."""

        def work_of(line: OpeningBalanceLine, _number: int) -> Work[LedgerCommand, Ledger]:
            return _opening(office, caller, line)

        return await bulk(request, office.log, OpeningBalanceLine, work_of)


def _require_paid_there(office: Office, caller: Caller, said: AccountLine | ConfirmationBody) -> bool:
    """An account is a matter of where somebody lives, and of where money for them is near; whether they live there. See `require`."""
    homes = office.residents.homes(said.client, office.now().date())
    require(caller, homes | office.payments.near(said.client), said.municipality)
    return said.municipality in homes


def _binding(office: Office, caller: Caller, line: AccountLine, running: frozenset[str]) -> Work[AccountCommand, Bound]:
    allow(caller, BINDERS, line.municipality)
    lives_there = _require_paid_there(office, caller, line)
    account = BindAccount(
        client=line.client,
        municipality=line.municipality,
        account_ref=office.new_ref("acc-"),
        fingerprint=office.fingerprints.of(line.iban),
        on=office.now().date(),
    )
    asked = origin(caller, f"accounts/_bulk:{line.id}", office.now)
    # The body holds an account number, so its hash is keyed.
    body = body_hash(line, office.fingerprints.secret)
    near = line.municipality in running or office.payments.money_is_near(line.client)
    command = ProposeAccount(account, caller.actor) if near else account
    work = binding(command, Holding(line.iban, line.holder_name), office.vault, asked, body)

    def permitted(tx: Transaction) -> AccountCommand | Refused:
        """Where somebody does not live any more, the account is changed by who bound it before."""
        allow(caller, BINDERS, None if lives_there else bound_in(tx, line.client))
        return work.command(tx)

    return replace(work, command=permitted)


def _require_shared_there(office: Office, caller: Caller, line: OpeningBalanceLine) -> None:
    """The client stood in that household there, and every other adult lived where the caller works: it takes a part of their right."""
    require(caller, office.residents.lived_in(line.client), line.municipality)
    require_in(office.residents.lived_together(line.household_ref, line.municipality), line.client)
    for person in line.persons:
        lived = office.residents.lived_in(person)
        require(caller, lived, next(filter(caller.works_for, sorted(lived)), line.municipality))


def _opening(office: Office, caller: Caller, line: OpeningBalanceLine) -> Work[LedgerCommand, Ledger]:
    allow(caller, OFFICERS, line.municipality)
    _require_shared_there(office, caller, line)
    command = RecordOpeningBalance(
        household_ref=line.household_ref,
        municipality=line.municipality,
        scheme=line.scheme,
        scheme_year=line.scheme_year,
        right_ref=opening_right_ref(line.scheme, line.household_ref, line.scheme_year, line.id),
        amount_cents=line.amount_cents,
        source_ref=line.id,
        persons=tuple(sorted({line.client, *line.persons})),
    )
    return Work(
        decider=LEDGER,
        command=lambda _tx: command,
        origin=origin(caller, f"opening-balances/_bulk:{line.id}", office.now),
        body_hash=body_hash(line),
        refs=lambda _recorded: {"right_ref": command.right_ref},
    )
