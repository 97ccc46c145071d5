"""The office behind the routes of benefits: its log, vault, rules and background work, and who may do what there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from services.access.caller import Caller, Role, allow
from services.benefits.allowance_rules import AllowanceRules
from services.benefits.files import Bank, FileWriter
from services.benefits.jobs import Jobs, Steps
from services.benefits.manifest import Manifests
from services.benefits.payments import Payments
from services.benefits.preparation import Preparing
from services.benefits.references import run_stream
from services.benefits.release import Releasement
from services.benefits.request import RunRequest, requested
from services.benefits.run import RUN
from services.benefits.run_state import Run
from services.benefits.settlement import Settlement
from services.eventlog.log import EventLog
from services.vault.keyed_hash import KeyedHash
from services.vault.vault import Vault
from services.web.callers import requires
from services.web.problem import Problem

XML: Final[dict[str, Any]] = {"application/xml": {"schema": {"type": "string"}}}
"""How a description says that something is XML."""

OFFICERS: tuple[Role, ...] = ("payments-officer",)
APPROVERS: tuple[Role, ...] = ("payments-approver",)
BINDERS: tuple[Role, ...] = ("payments-officer", "caseworker")
VIEWERS: tuple[Role, ...] = ("payments-officer", "payments-approver", "manager", "operator", "auditor")

Officer = Annotated[Caller, requires(*OFFICERS)]
Approver = Annotated[Caller, requires(*APPROVERS)]
Binder = Annotated[Caller, requires(*BINDERS)]
Viewer = Annotated[Caller, requires(*VIEWERS)]


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes share; `now` gives the time in UTC, `new_ref("acc-")` a random reference behind a prefix.

    `copied` waits a little until a second place has every fact up to a position, and says whether it has.
    """

    log: EventLog
    vault: Vault
    fingerprints: KeyedHash
    rules: Sequence[AllowanceRules]
    manifests: Manifests
    payments: Payments
    bank: Bank
    jobs: Jobs
    now: Callable[[], datetime]
    new_ref: Callable[[str], str]
    run_ceiling_cents: int | None
    copied: Callable[[int], bool]

    @property
    def inbox(self) -> Path:
        """Where messages of the bank are kept."""
        return self.bank.folder / "in"

    def run(self, run_ref: str) -> Run:
        """Where a run stands."""
        return RUN.fold(envelope.event for envelope in self.log.read(run_stream(run_ref)))

    def asked_for(self, run_ref: str, caller: Caller, roles: tuple[Role, ...]) -> RunRequest:
        """The request behind a run; raises `Problem` 404, and `Forbidden` unless the caller works for all its municipalities."""
        request = requested(self.log, run_ref)
        if request is None:
            raise Problem(404, "unknown-run", "no such run is known here")
        for municipality in request.municipalities:
            allow(caller, roles, municipality)
        return request

    def rules_for(self, scheme_year: int) -> AllowanceRules | None:
        """The rules of a scheme year."""
        return next((each for each in self.rules if each.scheme_year == scheme_year), None)

    def regional(self, caller: Caller, roles: tuple[Role, ...]) -> None:
        """Raises `Forbidden` unless the caller works for every municipality: a bank answer may be about any of them."""
        for code in {row.code for rules in self.rules for row in rules.municipalities}:
            allow(caller, roles, code)


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is made outside and given to benefits; a preparation waits at most `patience_seconds` for intake.

    `run_ceiling_cents` bounds the total of a run in place of the ceiling in the rules.
    """

    log: EventLog
    vault: Vault
    fingerprints: KeyedHash
    rules: Sequence[AllowanceRules]
    manifests: Path
    bank: Bank
    now: Callable[[], datetime]
    new_ref: Callable[[str], str]
    copied: Callable[[int], bool]
    patience_seconds: float = 60.0
    run_ceiling_cents: int | None = None


def open_office(given: Equipment) -> Office:
    """Benefits with its background work, which runs once `office.jobs.run` is called in a thread."""
    log, now, manifests, payments = given.log, given.now, Manifests(given.manifests), Payments(given.log)
    steps = Steps(
        preparing=Preparing(log, given.rules, manifests, now, given.patience_seconds),
        releasement=Releasement(log, manifests, now),
        writer=FileWriter(log, manifests, given.vault, given.fingerprints, given.bank, now),
        settlement=Settlement(log, payments, now),
        inbox=given.bank.folder / "in",
    )
    return Office(
        log=log,
        vault=given.vault,
        fingerprints=given.fingerprints,
        rules=given.rules,
        manifests=manifests,
        payments=payments,
        bank=given.bank,
        jobs=Jobs(steps),
        now=now,
        new_ref=given.new_ref,
        run_ceiling_cents=given.run_ceiling_cents,
        copied=given.copied,
    )
