"""Prepare a run: wait for what intake has told, decide on every household, and put the lines and totals down for approval."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from services.benefits import knowledge
from services.benefits.allowance_rules import AllowanceRules
from services.benefits.assessment import Assessment, Case, Grant, Outcome, Refusal, Undecided
from services.benefits.household import adults
from services.benefits.knowledge import Knowledge, Period
from services.benefits.ledger import LEDGER, ClaimOpeningBalance, Ledger, LedgerCommand
from services.benefits.manifest import DecidedLine, GrantedLine, Line, Manifests, RefusedLine, UndecidedLine
from services.benefits.portions import SYSTEM, carry_out
from services.benefits.recording import record_prepared
from services.benefits.references import right_ref
from services.benefits.request import RunRequest, Stuck
from services.contracts.runs import RunPrepared
from services.eventlog.handle import Work
from services.eventlog.log import EventLog, Origin
from services.eventlog.reactor import held, watermark

INTAKE = "intake"
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Preparing:
    """Where preparation reads and writes; it waits at most `patience_seconds` for what intake has told."""

    log: EventLog
    rules: Sequence[AllowanceRules]
    manifests: Manifests
    now: Callable[[], datetime]
    patience_seconds: float

    def prepare(self, request: RunRequest, pause: Callable[[float], None]) -> None:
        """Put the prepared run down; a repeat changes nothing. Raises `Stuck`.

        A crash before the last step leaves nothing but a manifest that nobody names, and claims that were true already.
        """
        rules = rules_of(self.rules, request)
        self._wait_for(request.intake_position, pause)
        lines = self._lines(request, rules)
        digest = self.manifests.write(lines)
        record_prepared(self.log, rules, _prepared(request, rules, lines, digest), lines, self.now())

    def _wait_for(self, position: int, pause: Callable[[float], None]) -> None:
        for _ in range(1 + int(self.patience_seconds / POLL_SECONDS)):
            if held(self.log):
                raise Stuck("intake-records-held")
            if watermark(self.log, INTAKE) >= position:
                return
            pause(POLL_SECONDS)
        raise Stuck("intake-not-reached")

    def _lines(self, request: RunRequest, rules: AllowanceRules) -> list[Line]:
        known = knowledge.gather(self.log, request.scheme_year, request.intake_position)
        known = self._claim_openings(known, rules, request)
        period = Period(request.scheme, request.scheme_year, request.tranche)
        assessment = Assessment(rules, request.tranche, known.accounts, known.claims, knowledge.dwellings(known, rules))
        outcomes = assessment.outcomes(knowledge.households(self.log, known, period), frozenset(request.municipalities))
        wanted = outcomes.keys() & request.only_households if request.kind == "correction" else outcomes
        return [_line(request, rules, *outcomes[ref]) for ref in sorted(wanted)]

    def _claim_openings(self, known: Knowledge, rules: AllowanceRules, request: RunRequest) -> Knowledge:
        missing = list(knowledge.unclaimed_openings(known, rules))
        if not missing:
            return known
        for _ in carry_out(self.log, (_claiming(command, self.now()) for command in missing)):
            pass
        return knowledge.gather(self.log, request.scheme_year, request.intake_position)


def rules_of(rules: Iterable[AllowanceRules], request: RunRequest) -> AllowanceRules:
    """The rules of a request; raises `Stuck` where there are none for its year or municipalities, or the law forbids it."""
    found = next((each for each in rules if (each.scheme, each.scheme_year) == (request.scheme, request.scheme_year)), None)
    if found is None:
        raise Stuck("no-rules-for-scheme-year")
    if not request.municipalities or any(found.municipality(code) is None for code in request.municipalities):
        raise Stuck("no-rules-for-municipality")
    if request.decided_on > found.decide_until.on or request.promised_on > found.pay_until.on:
        raise Stuck("after-the-legal-last-day")
    return found


def _claiming(command: ClaimOpeningBalance, at: datetime) -> Work[LedgerCommand, Ledger]:
    persons = sha256("|".join(command.persons).encode()).hexdigest()[:16]
    command_id = f"{command.right_ref}:claims:{persons}"
    origin = Origin(SYSTEM, command_id, at, command.right_ref)
    return Work(decider=LEDGER, command=lambda _tx: command, origin=origin, body_hash=b"")


def _line(request: RunRequest, rules: AllowanceRules, case: Case, outcome: Outcome) -> Line:
    said: dict[str, Any] = {
        "household_ref": case.known.household_ref,
        "municipality": case.rule.code,
        "rule_version": rules.rule_version(case.rule.code),
        "facts_hash": case.facts_hash,
    }
    match outcome:
        case Undecided(standing, reasons):
            return UndecidedLine(**said, standing=standing, reasons=reasons)
        case Refusal(client, reasons):
            return RefusedLine(**said, **_right(request, case, client), reasons=reasons)
        case Grant():
            return _granted(said, request, rules, case, outcome)


def _granted(said: Mapping[str, Any], request: RunRequest, rules: AllowanceRules, case: Case, grant: Grant) -> GrantedLine:
    assert case.facts is not None
    return GrantedLine(
        **said,
        **_right(request, case, grant.client),
        reasons=(),
        amount_cents=grant.amount_cents,
        account_ref=grant.account.account_ref,
        account_fingerprint=grant.account.fingerprint,
        adults=adults(case.facts),
        dwelling_ref=case.facts.dwelling_ref if rules.one_per_dwelling.applies else "",
        year_amount_cents=rules.year_amount.amount_cents,
        ceiling_cents=rules.payment_ceiling.amount_cents,
    )


def _right(request: RunRequest, case: Case, client: str) -> dict[str, Any]:
    known = case.known
    named = right_ref(request.scheme, known.household_ref, request.scheme_year, request.tranche, known.sequence)
    return {"right_ref": named, "sequence": known.sequence, "client": client}


def _prepared(request: RunRequest, rules: AllowanceRules, lines: Sequence[Line], digest: str) -> RunPrepared:
    standings = Counter(line.standing for line in lines)
    return RunPrepared(
        run_ref=request.run_ref,
        scheme=request.scheme,
        scheme_year=request.scheme_year,
        tranche=request.tranche,
        intake_position=request.intake_position,
        households=len(lines),
        candidates=sum(isinstance(line, DecidedLine) for line in lines),
        excluded=standings["excluded"],
        held=standings["held"],
        granted=standings["granted"],
        refused=standings["refused"],
        total_cents=sum(line.amount_cents for line in lines),
        manifest_hash=digest,
        rule_versions=tuple(rules.rule_version(code) for code in request.municipalities),
        decided_on=request.decided_on,
        promised_on=request.promised_on,
        prepared_by=request.prepared_by,
        kind=request.kind,
        corrects=request.corrects,
    )
