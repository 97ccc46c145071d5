"""Given something wrong that months rested on: every month, holiday allowance, advance, right and claim, and the drafts that mend it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.benefits.monthly.benefit import BENEFIT, STREAMS, benefit_stream
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.correction import Correction, corrections
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.grounds import APPLICATION, DECISION, INCOME, MONTH, income_name
from services.benefits.monthly.norms import Norms
from services.benefits.monthly.one_benefit import dossier_in
from services.benefits.monthly.recovery import Claim
from services.contracts.envelope import Event
from services.contracts.monthly import BenefitApplied, BenefitDecision, IncomeReported
from services.contracts.monthly_money import AdvancesReclaimed, EntitlementDecided
from services.eventlog.log import EventLog

Rests = Callable[[EntitlementDecided], bool]
Whose = tuple[str, str]
"""A client, and the municipality that decided."""
OF_RIGHTS = ("client", "fixed-charge", "attachment")


def under_rules(version: str) -> Rests:
    """What was decided under these rules, or every version that begins so."""
    return lambda fact: fact.rule_version.startswith(version)


def on_ground(name: str) -> Rests:
    """What rested on a decision, a form of income or a row of a rule, by its name in `rests_on`; a form may be named without its day."""
    return lambda fact: any(each == name or each.startswith(f"{name}/") for each in fact.rests_on)


def on_import(log: EventLog, key_prefix: str) -> Rests:
    """What rested on applications, decisions and forms of income whose command keys begin so, with or without the route before them."""
    brought = {(str(each.client), _named(each.event)) for each in log.scan(STREAMS) if _begins(each.correlation_id, key_prefix)}
    return lambda fact: any((fact.client, name) in brought for name in fact.rests_on)


def _begins(correlation_id: str, key_prefix: str) -> bool:
    """The lines of a file for many clients have one key in common, and each client's route before it."""
    return correlation_id.startswith(key_prefix) or correlation_id.partition(":")[2].startswith(key_prefix)


def _named(event: Event) -> str:
    match event:
        case BenefitDecision():
            return DECISION + event.decision_ref
        case IncomeReported():
            return income_name(event)
        case BenefitApplied():
            return f"{APPLICATION}{event.applied_on}"
        case _:
            return ""


def resting(log: EventLog, rests: Rests) -> Iterator[EntitlementDecided]:
    """Every decision about money that rested on it, and holiday allowances that rested on such a month, by client."""
    touched: set[tuple[Whose, str]] = set()
    for envelope in log.scan(STREAMS):
        fact = envelope.event
        if not isinstance(fact, EntitlementDecided) or isinstance(fact, AdvancesReclaimed):
            continue
        whose = fact.client, fact.municipality
        if rests(fact) or any((whose, name) in touched for name in fact.rests_on):
            touched.add((whose, f"{MONTH}{fact.month}/{fact.sequence}"))
            yield fact


def rights_of(facts: Iterable[EntitlementDecided]) -> Iterator[str]:
    """The rights that decisions about money gave."""
    return (part.ref for fact in facts for part in fact.parts if part.kind in OF_RIGHTS)


@dataclass(frozen=True, slots=True)
class Mending:
    """What months come to by what is known now, by client and municipality; claims that rested on what was wrong; and requests to send."""

    drafts: dict[Whose, list[Correction]]
    claims: list[Claim]
    requests: list[dict[str, Any]]


def mending(log: EventLog, norms: Norms, facts: Iterable[EntitlementDecided], ground: str = "") -> Mending:
    """Facts and rules that were put right show in the drafts; for a decision or form that was not, there is the request that does it."""
    touched: dict[Whose, set[str]] = {}
    for fact in facts:
        touched.setdefault((fact.client, fact.municipality), set()).add(f"{fact.month}/{fact.sequence}")
    dossiers = {whose: _dossier(log, whose) for whose in sorted(touched)}
    drafts = {whose: found for whose, own in dossiers.items() if (found := list(corrections(norms, own)))}
    book = claims(log) if touched else {}
    owed = [each for whose, names in sorted(touched.items()) for each in _of(book, whose) if _rested(each, names, ground)]
    requests = [each for whose, own in dossiers.items() for each in _requests(whose, own, ground)]
    return Mending(drafts, owed, [*requests, *_run(dossiers, drafts)])


def _dossier(log: EventLog, whose: Whose) -> Dossier:
    return dossier_in(BENEFIT.fold(envelope.event for envelope in log.read(benefit_stream(whose[0]))), *whose)


def _of(book: Mapping[str, Iterable[Claim]], whose: Whose) -> Iterator[Claim]:
    client, municipality = whose
    return (claim for claim in book.get(client, ()) if claim.opened.municipality == municipality)


def _rested(claim: Claim, names: set[str], ground: str) -> bool:
    by_month = any(f"{each.month}/{each.sequence}" in names for each in claim.opened.months)
    return by_month or (bool(ground) and DECISION + claim.opened.decision_ref == ground)


def _requests(whose: Whose, own: Dossier, ground: str) -> Iterator[dict[str, Any]]:
    """A decision is opened again, a form reported again: what a caseworker sends, once what was wrong in it is filled in."""
    client, municipality = whose
    ref = ground.removeprefix(DECISION)
    if own.decision(ref) is not None and not any(each.decision_ref == ref for each in own.reopened):
        yield {"path": f"/v1/benefits/{client}/reopenings", "body": {"decision_ref": ref, "ground": "own-mistake"}}
    for report in own.income.values():
        if ground and income_name(report).startswith(ground) and ground.startswith(INCOME):
            lines = [line.model_dump() for line in report.lines]
            yield {"path": f"/v1/benefits/{client}/incomes", "body": {"month": report.month, "lines": lines, "municipality": municipality}}


def _run(dossiers: dict[Whose, Dossier], drafts: dict[Whose, list[Correction]]) -> Iterator[dict[str, Any]]:
    """One run of the last decided month decides every drafted month again."""
    if any(each.cents for found in drafts.values() for each in found):
        last = max(fact.month for own in dossiers.values() for fact in own.money)
        yield {"path": f"/v1/months/{last}/runs", "body": {}}
