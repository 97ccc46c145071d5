"""The office behind the routes of benefits: its log, vault, rules and background work, and who may do what there."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from services.access.caller import Caller, Role, allow
from services.benefits.allowance_rules import AllowanceRules
from services.benefits.budget import BudgetedRunCommand, PaidAgain, Share, WithBudgets
from services.benefits.cancelling import Cancellation
from services.benefits.files import Bank, FileWriter
from services.benefits.guards import Guards
from services.benefits.jobs import Jobs, Steps
from services.benefits.manifest import Line, ManifestChanged, Manifests
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.preparing import PreparingMonth
from services.benefits.monthly.releasing import ReleasingMonth
from services.benefits.municipal_budget import MUNICIPAL_BUDGET, MunicipalBudget
from services.benefits.payments import Payments, Position
from services.benefits.preparation import Preparing, rules_of
from services.benefits.preparing_again import PreparingAgain
from services.benefits.recording import cents_by_municipality
from services.benefits.references import run_stream
from services.benefits.release import Releasement
from services.benefits.releasing_again import ReleasingAgain
from services.benefits.request import RunRequest, known_runs, requested
from services.benefits.residents import Residents
from services.benefits.run import RUN
from services.benefits.run_commands import ApproveRun
from services.benefits.run_state import Approved, Prepared, Releasing, Run
from services.benefits.settlement import Settlement
from services.contracts.intake import Scheme
from services.contracts.run_control import budget_stream
from services.contracts.runs import RunPrepared
from services.eventlog.log import EventLog
from services.vault.keyed_hash import KeyedHash
from services.vault.vault import Vault
from services.web.callers import requires
from services.web.problem import Problem, unavailable

GONE: Final = frozenset({"rejected", "returned", "withdrawn", "revoked", "refused", "withheld"})
"""Standings of which a run pays nothing any more."""

XML: Final[dict[str, Any]] = {"application/xml": {"schema": {"type": "string"}}}
"""How a description says that something is XML."""

OFFICERS: tuple[Role, ...] = ("payments-officer",)
APPROVERS: tuple[Role, ...] = ("payments-approver",)
BINDERS: tuple[Role, ...] = ("payments-officer", "caseworker")
JUDGES: tuple[Role, ...] = ("payments-officer", "payments-approver", "caseworker")
VIEWERS: tuple[Role, ...] = ("payments-officer", "payments-approver", "manager", "operator", "auditor")

Officer = Annotated[Caller, requires(*OFFICERS)]
Approver = Annotated[Caller, requires(*APPROVERS)]
Binder = Annotated[Caller, requires(*BINDERS)]
Judge = Annotated[Caller, requires(*JUDGES)]
Viewer = Annotated[Caller, requires(*VIEWERS)]
OwnOfficer = Annotated[Caller, requires(*OFFICERS, scope="own")]
OwnViewer = Annotated[Caller, requires(*VIEWERS, scope="own")]
RegionalOfficer = Annotated[Caller, requires(*OFFICERS, scope="region")]
RegionalViewer = Annotated[Caller, requires(*VIEWERS, scope="region")]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds a run: the most that it may come to, in cents, the last day on which the law lets it be paid, and who signs."""

    ceiling_cents: int
    pay_until: date
    guards: Guards


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes share; `now` gives the time in UTC, `new_ref("acc-")` a random reference behind a prefix.

    `copied` waits a little until a second place has every fact up to a position, and says whether it has.
    """

    log: EventLog
    vault: Vault
    fingerprints: KeyedHash
    rules: Sequence[AllowanceRules]
    norms: Norms
    manifests: Manifests
    payments: Payments
    residents: Residents
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

    def runs_open(self) -> frozenset[str]:
        """Municipalities of which a run is between its preparation and its release: money for their clients is near."""
        near = (ref for ref in known_runs(self.log) if isinstance(self.run(ref), Prepared | Approved | Releasing))
        asked = (requested(self.log, ref) for ref in near)
        return frozenset(code for request in asked if request is not None for code in request.municipalities)

    def asked_for(self, run_ref: str, caller: Caller, roles: tuple[Role, ...]) -> RunRequest:
        """The request behind a run; raises `Problem` 404, and `Forbidden` unless the caller works for all its municipalities."""
        request = requested(self.log, run_ref)
        if request is None:
            raise Problem(404, "unknown-run", "no such run is known here")
        for municipality in request.municipalities:
            allow(caller, roles, municipality)
        return request

    def with_budgets(self, command: BudgetedRunCommand, shares: Mapping[str, Share]) -> WithBudgets:
        """A command on a run that was asked for, with what it does to the budgets of its municipalities."""
        request = requested(self.log, command.run_ref)
        assert request is not None
        again = self._paid_again(request) if isinstance(command, ApproveRun) and request.kind == "pay-again" else None
        return WithBudgets(command, request.scheme, request.scheme_year, shares, again)

    def _paid_again(self, request: RunRequest) -> PaidAgain:
        """The run whose failed payments are made again: what of its part of each budget it still needs."""
        assert request.corrects is not None
        kept = Counter(dict.fromkeys(request.municipalities, 0))
        for position in self.payments.statement(request.corrects):
            kept[position.municipality] += 0 if position.standing in GONE else position.amount_cents
        return PaidAgain(request.corrects, kept)

    def budget(self, scheme: Scheme, scheme_year: int, municipality: str) -> MunicipalBudget:
        """What a municipality set aside for a scheme and year, and what runs took of it."""
        return MUNICIPAL_BUDGET.fold(envelope.event for envelope in self.log.read(budget_stream(scheme, scheme_year, municipality)))

    def budget_by_rules(self, scheme: Scheme, scheme_year: int, municipality: str) -> int | None:
        """What the rules say was set aside, in cents; None where they say nothing."""
        rules = next((each for each in self.rules if each.guards(scheme, scheme_year)), None)
        return None if rules is None else rules.budget_cents(municipality)

    def bounds_of(self, request: RunRequest) -> Bounds:
        """The bounds of a run; a month that is late must still be paid. Raises `Stuck` where there are no rules."""
        if request.scheme == "monthly-benefit":
            most_cents = self.norms.ceiling(request.decided_on).run_cents
            return Bounds(self.run_ceiling_cents or most_cents, date.max, self.norms)
        rules = rules_of(self.rules, request)
        return Bounds(self.run_ceiling_cents or rules.run_ceiling.amount_cents, rules.pay_until.on, rules)

    def shares(self, request: RunRequest) -> dict[str, Share]:
        """What a prepared run comes to in each municipality, and what the rules say was set aside, nothing for the monthly benefit."""
        rules = None if request.scheme == "monthly-benefit" else rules_of(self.rules, request)
        cents = self._cents(request.run_ref).items()
        return {code: Share(each, None if rules is None else rules.budget_cents(code)) for code, each in cents}

    def left_of_budget(self, scheme: Scheme, scheme_year: int, municipality: str) -> int | None:
        """What runs may still take, in cents; None where nobody set a limit."""
        budget = self.budget(scheme, scheme_year, municipality)
        limit_cents = budget.limit_cents(self.budget_by_rules(scheme, scheme_year, municipality))
        return None if limit_cents is None else limit_cents - budget.taken_cents

    def nothing_paid(self, run_ref: str) -> dict[str, Share]:
        """The municipalities of a run that ended without a payment."""
        request = requested(self.log, run_ref)
        return {code: Share(0) for code in (() if request is None else request.municipalities)}

    def _cents(self, run_ref: str) -> dict[str, int]:
        history = (envelope.event for envelope in self.log.read(run_stream(run_ref)))
        prepared = next((event for event in history if isinstance(event, RunPrepared)), None)
        return {} if prepared is None else cents_by_municipality(self.lines(prepared.manifest_hash))

    def lines(self, manifest_hash: str) -> Iterator[Line]:
        """The lines of a manifest; raises `Problem` 409 where it is no longer what its name says, 503 where it cannot be read."""
        try:
            return self.manifests.read(manifest_hash)
        except ManifestChanged:
            raise Problem(409, "manifest-changed", "the lines of this run were changed after they were prepared: abort it") from None
        except OSError:
            raise unavailable("the lines of this run cannot be read now") from None

    def rules_for(self, scheme_year: int) -> AllowanceRules | None:
        """The rules of a scheme year."""
        return next((each for each in self.rules if each.scheme_year == scheme_year), None)


def paid_shares(statement: Iterable[Position]) -> dict[str, Share]:
    """What a run paid in each municipality."""
    paid: Counter[str] = Counter()
    for position in statement:
        paid[position.municipality] += position.amount_cents if position.standing == "paid" else 0
    return {code: Share(cents) for code, cents in paid.items()}


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is made outside and given to benefits; a preparation waits at most `patience_seconds` for intake.

    `run_ceiling_cents` bounds the total of a run in place of the ceiling in the rules.
    """

    log: EventLog
    vault: Vault
    fingerprints: KeyedHash
    rules: Sequence[AllowanceRules]
    norms: Norms
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
    writer = FileWriter(log, manifests, given.vault, given.fingerprints, given.bank, now)
    steps = Steps(
        preparing=Preparing(log, given.rules, manifests, now, given.patience_seconds),
        preparing_again=PreparingAgain(log, (*given.rules, given.norms), given.norms, payments, manifests, now),
        releasement=Releasement(log, manifests, now),
        writer=writer,
        releasing_again=ReleasingAgain(writer, given.norms, now),
        preparing_month=PreparingMonth(log, given.norms, manifests, now),
        releasing_month=ReleasingMonth(log, manifests, now),
        cancellation=Cancellation(log, manifests, now),
        settlement=Settlement(log, payments, given.fingerprints, now),
        inbox=given.bank.folder / "in",
    )
    return Office(
        log=log,
        vault=given.vault,
        fingerprints=given.fingerprints,
        rules=given.rules,
        norms=given.norms,
        manifests=manifests,
        payments=payments,
        residents=Residents(log),
        bank=given.bank,
        jobs=Jobs(steps),
        now=now,
        new_ref=given.new_ref,
        run_ceiling_cents=given.run_ceiling_cents,
        copied=given.copied,
    )
