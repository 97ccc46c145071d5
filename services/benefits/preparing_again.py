"""Prepare a run that pays again only what failed of another run, and say of the rest what must be done first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.benefits.account_now import account_now, facts_in
from services.benefits.assessment import Account
from services.benefits.guards import Guards, guards_for
from services.benefits.manifest import AgainLine, KeptBackLine, Line, Manifests
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.still_due import StillDue, still_due
from services.benefits.paying_again import hindrance
from services.benefits.payment import PAYMENT
from services.benefits.payments import Payments, Position
from services.benefits.recording import record_prepared
from services.benefits.references import right_stream
from services.benefits.request import RunRequest, Stuck
from services.benefits.right import Granted
from services.contracts.runs import RunPrepared
from services.eventlog.log import EventLog

FAILED = frozenset({"rejected", "returned", "withdrawn"})


@dataclass(frozen=True, slots=True)
class PreparingAgain:
    """Where such a preparation reads and writes."""

    log: EventLog
    rules: Sequence[Guards]
    norms: Norms
    payments: Payments
    manifests: Manifests
    now: Callable[[], datetime]

    def prepare(self, request: RunRequest) -> None:
        """Put the prepared run down; a repeat changes nothing. Raises `Stuck` where nothing failed.

        A payment whose outcome is unknown is no line of it: the run that sent it shows it as open.
        """
        assert request.corrects is not None
        rules = guards_for(self.rules, request.scheme, request.scheme_year)
        failed = [each for each in self.payments.of_run(request.corrects) if each.standing in FAILED]
        due = still_due(self.log, self.norms)
        lines = [self._line(each, due) for each in failed]
        if not lines:
            raise Stuck("nothing-failed")
        digest = self.manifests.write(lines)
        record_prepared(self.log, rules, _prepared(request, lines, digest), lines, self.now())

    def _line(self, position: Position, due: StillDue) -> Line:
        state = PAYMENT.fold(envelope.event for envelope in self.log.read(right_stream(position.right_ref)))
        assert isinstance(state, Granted)
        account = account_now(facts_in(self.log), state.grant, self.now().date()) or Account(*state.account)
        said = _said(state, position)
        hindered = due.hindrance(state.grant) or hindrance(state, account.fingerprint)
        if hindered:
            return KeptBackLine(**said, reasons=(hindered,))
        return AgainLine(
            **said,
            reasons=(),
            attempt=position.attempt + 1,
            amount_cents=position.amount_cents,
            account_ref=account.account_ref,
            account_fingerprint=account.fingerprint,
        )


def _said(state: Granted, position: Position) -> Mapping[str, Any]:
    return {
        "household_ref": position.household_ref,
        "municipality": position.municipality,
        "rule_version": state.grant.rule_version,
        "facts_hash": state.grant.facts_hash,
        "right_ref": position.right_ref,
        "client": position.client,
        "reason_code": state.attempts[-1].reason_code,
    }


def _prepared(request: RunRequest, lines: list[Line], digest: str) -> RunPrepared:
    again = list(_again(lines))
    return RunPrepared(
        run_ref=request.run_ref,
        scheme=request.scheme,
        scheme_year=request.scheme_year,
        tranche=request.tranche,
        intake_position=request.intake_position,
        households=len(lines),
        candidates=len(again),
        excluded=0,
        held=len(lines) - len(again),
        granted=len(again),
        refused=0,
        total_cents=sum(line.amount_cents for line in again),
        manifest_hash=digest,
        rule_versions=tuple(sorted({line.rule_version for line in lines})),
        decided_on=request.decided_on,
        promised_on=request.promised_on,
        prepared_by=request.prepared_by,
        kind=request.kind,
        corrects=request.corrects,
    )


def _again(lines: list[Line]) -> Iterator[AgainLine]:
    return (line for line in lines if isinstance(line, AgainLine))
