"""Prepare a month: what every client with a benefit or an application is due, or why not, put down for approval."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.benefits.manifest import EntitledLine, Line, Manifests, ReadClaim, WaitingLine
from services.benefits.monthly.ask import Ask, Client, Plan
from services.benefits.monthly.carrying import answers
from services.benefits.monthly.client_book import ClientBook, Page, carried_on
from services.benefits.monthly.condition import Ended, NeverApplied, TurnedDown
from services.benefits.monthly.entitlement import plan
from services.benefits.monthly.grounds import facts_hash
from services.benefits.monthly.norms import Norms
from services.benefits.recording import record_prepared
from services.benefits.request import RunRequest
from services.contracts.monthly_money import AdvanceDecided, AdvancesReclaimed, HolidayAllowanceDecided, MonthDecided, RefundDecided
from services.contracts.runs import RunPrepared
from services.eventlog.log import EventLog

NOT_DUE = ("no-right", "advance-not-yet")


@dataclass(frozen=True, slots=True)
class PreparingMonth:
    """Where such a preparation reads and writes."""

    log: EventLog
    norms: Norms
    manifests: Manifests
    now: Callable[[], datetime]

    def prepare(self, request: RunRequest) -> None:
        """Put the prepared month down; a repeat changes nothing. A crash before the last step leaves a manifest that nobody names."""
        month = date(request.scheme_year, request.tranche, 1)
        ask = Ask(request.run_ref, month, request.decided_on, request.promised_on, self.norms)
        book, lines, forward = ClientBook(self.log), list[Line](), list[tuple[str, bytes]]()
        for page, due in dues(ask, book):
            forward.extend(carried_on(ask, page))
            if _counts(request, page.client, due):
                lines.append(_line(page.client, due, self.norms))
        book.keep(forward)
        digest = self.manifests.write(lines)
        record_prepared(self.log, self.norms, _prepared(request, lines, digest, self.norms), lines, self.now())


def dues(ask: Ask, book: ClientBook) -> Iterator[tuple[Page, Plan]]:
    """What everybody is due; from the whole past only where what was carried forward of it does not do."""
    for short in book.pages():
        due = plan(ask, short.client)
        page = short if answers(ask, short.client, due) else book.whole(short)
        yield page, due if page is short else plan(ask, page.client)


def _counts(request: RunRequest, client: Client, due: Plan) -> bool:
    """Whether a client has a line. Who has been without a benefit and is owed nothing since has none."""
    over = due.reasons == ("no-right",) and isinstance(client.own.condition, NeverApplied | TurnedDown | Ended)
    return client.municipality in request.municipalities and not over


def _line(client: Client, due: Plan, norms: Norms) -> EntitledLine | WaitingLine:
    said: dict[str, Any] = {
        "client": client.client,
        "household_ref": client.household_ref,
        "municipality": client.municipality,
        "reasons": due.reasons,
        "rule_version": norms.rule_version,
        "facts_hash": facts_hash([each.facts_hash for each in due.money]),
    }
    if not due.money:
        return WaitingLine(**said)
    return EntitledLine(
        **said,
        seen_version=client.own.version,
        read_upto=client.read_upto,
        read_claims=_read_claims(client, due),
        amount_cents=due.amount_cents,
        months=tuple(each for each in due.money if isinstance(each, MonthDecided)),
        holidays=tuple(each for each in due.money if isinstance(each, HolidayAllowanceDecided)),
        advances=tuple(each for each in due.money if isinstance(each, AdvanceDecided)),
        reclaims=tuple(each for each in due.money if isinstance(each, AdvancesReclaimed)),
        refunds=tuple(each for each in due.money if isinstance(each, RefundDecided)),
        rights=due.rights,
        offsets=due.offsets,
        opened=due.opened,
    )


def _read_claims(client: Client, due: Plan) -> tuple[ReadClaim, ...]:
    taken = {offset.claim_ref for offset in due.offsets}
    claims = (claim for claim in client.claims if claim.opened.claim_ref in taken)
    return tuple(ReadClaim(claim_ref=each.opened.claim_ref, upto=each.version, open_cents=each.open_cents) for each in claims)


def _prepared(request: RunRequest, lines: Sequence[Line], digest: str, norms: Norms) -> RunPrepared:
    entitled = [line for line in lines if isinstance(line, EntitledLine)]
    excluded = sum(isinstance(line, WaitingLine) and line.reasons in [(each,) for each in NOT_DUE] for line in lines)
    return RunPrepared(
        run_ref=request.run_ref,
        scheme=request.scheme,
        scheme_year=request.scheme_year,
        tranche=request.tranche,
        intake_position=0,
        households=len(lines),
        candidates=len(entitled),
        excluded=excluded,
        held=len(lines) - len(entitled) - excluded,
        granted=sum(len(line.rights) for line in entitled),
        refused=0,
        total_cents=sum(line.amount_cents for line in entitled),
        manifest_hash=digest,
        rule_versions=tuple(norms.version_for(code) for code in request.municipalities),
        decided_on=request.decided_on,
        promised_on=request.promised_on,
        prepared_by=request.prepared_by,
        kind="month",
    )
