"""What benefits still needs a client for: money that is on its way or owed, a benefit, a claim, an objection, a retention term."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

from services.benefits.monthly.benefit import BENEFIT, benefit_stream
from services.benefits.monthly.condition import Applied, Reopened, Running, Suspended
from services.benefits.monthly.dossier import Dossier
from services.benefits.monthly.one_benefit import Dossiers, dossier_in
from services.benefits.monthly.recovery import RECOVERY, Claim
from services.benefits.monthly.recovery import STREAMS as RECOVERIES
from services.benefits.monthly.refunds import due_cents
from services.benefits.payment import PAYMENT
from services.benefits.payments import Payments
from services.benefits.references import right_stream, run_stream
from services.benefits.request import known_runs, requested
from services.benefits.right import Granted, Right
from services.benefits.run import RUN
from services.benefits.run_state import Approved, Cancelling, Prepared, Releasing, Unprepared
from services.contracts.erasure import Hindrance
from services.contracts.monthly import BenefitGranted
from services.contracts.monthly_money import RecoveryOpened
from services.eventlog.log import EventLog, Transaction
from services.vault.retention import Category, Retention

NEAR: Final = Unprepared | Prepared | Approved | Releasing | Cancelling
"""A run that may still decide about, or take back from, a client of its municipalities."""


@dataclass(frozen=True, slots=True)
class _File:
    """Everything that was decided about a client, with the streams in which it stands."""

    dossiers: Dossiers
    rights: dict[str, Right]
    claims: dict[str, Claim]
    recorded: datetime | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Looks into the transaction for what is named there, and into the log for what must first be found."""

    log: EventLog
    payments: Payments
    retention: Retention

    def hindrances(self, tx: Transaction, client: str, today: date) -> Sequence[Hindrance]:
        """Everything for which benefits needs a client on a day."""
        file = self._file(tx, client)
        found = (*_of_rights(file), *_of_dossiers(file.dossiers, today), *_of_claims(file), *self._of_runs(tx, client))
        return (*found, *self._of_terms(file, today))

    def _file(self, tx: Transaction, client: str) -> _File:
        rights = {each.right_ref: PAYMENT.fold(tx.read(right_stream(each.right_ref))) for each in self.payments.of_client(client)}
        claims = {ref: RECOVERY.fold(tx.read(RECOVERIES + ref)) for ref in claims_of(self.log, client)}
        opened = {ref: claim for ref, claim in claims.items() if isinstance(claim, Claim)}
        streams = (benefit_stream(client), *map(right_stream, rights), *(RECOVERIES + ref for ref in claims))
        recorded = max((moment for stream in streams if (moment := tx.recorded(stream)) is not None), default=None)
        return _File(BENEFIT.fold(tx.read(benefit_stream(client))), rights, opened, recorded)

    def _of_runs(self, tx: Transaction, client: str) -> Iterator[Hindrance]:
        """A run between its order and its release may pay the client, whom it lists by reference."""
        near = (ref for ref in known_runs(self.log) if isinstance(RUN.fold(tx.read(run_stream(ref))), NEAR))
        bound = tx.recorded(f"benefits/account/{client}") is not None
        yield from (_hindrance("run-under-way", ref) for ref in near if bound and requested(self.log, ref) is not None)

    def _of_terms(self, file: _File, today: date) -> Iterator[Hindrance]:
        if file.recorded is None:
            return
        last = file.recorded.date()
        until = max((self.retention.until(category, last, today) for category in _categories(file)), default=today)
        if today < until:
            yield _hindrance("retention-term-runs", until=until)


def claims_of(log: EventLog, client: str) -> list[str]:
    """The recovery claims on a client, by reference."""
    told = (envelope.event for envelope in log.scan(RECOVERIES))
    return [event.claim_ref for event in told if isinstance(event, RecoveryOpened) and event.client == client]


def _hindrance(reason: str, what: str | None = None, until: date | None = None) -> Hindrance:
    return Hindrance(service="benefits", reason=reason, what=what, until=until)


def _of_rights(file: _File) -> Iterator[Hindrance]:
    """What was granted and did not arrive, or whose outcome nobody knows."""
    for ref, right in file.rights.items():
        if isinstance(right, Granted) and (not right.attempts or right.attempts[-1].outcome != "paid"):
            yield _hindrance("payment-open", ref)


def _of_dossiers(dossiers: Dossiers, today: date) -> Iterator[Hindrance]:
    for own in dossiers.values():
        yield from _of_dossier(own, today)


def _of_dossier(own: Dossier, today: date) -> Iterator[Hindrance]:
    match own.condition:
        case Applied() | Reopened():
            yield _hindrance("application-open")
        case Running() | Suspended():
            yield _hindrance("benefit-runs")
        case _:
            pass
    if own.shares_with is not None:
        yield _hindrance("benefit-shared", own.shares_with)
    decided = {each.objection_ref for each in own.outcomes}
    yield from (_hindrance("objection-open", each.objection_ref) for each in own.objections if each.objection_ref not in decided)
    open_terms = (each for each in own.notified if today <= each.objection_until)
    yield from (_hindrance("objection-term-runs", each.decision_ref, each.objection_until) for each in open_terms)


def _of_claims(file: _File) -> Iterator[Hindrance]:
    yield from (_hindrance("recovery-open", ref) for ref, claim in file.claims.items() if claim.open_cents)
    yield from (_hindrance("refund-open", ref) for ref, claim in file.claims.items() if _due_cents(file, claim))


def _due_cents(file: _File, claim: Claim) -> int:
    opened = claim.opened
    return due_cents(dossier_in(file.dossiers, opened.client, opened.municipality), claim)


def _categories(file: _File) -> set[Category]:
    granted = [right for right in file.rights.values() if isinstance(right, Granted)]
    decided = any(isinstance(each, BenefitGranted) for own in file.dossiers.values() for each in own.decisions)
    categories: set[Category] = {"benefit-file"} if granted or decided or file.claims else {"application-refused"}
    return categories | (cast("set[Category]", {"payment"}) if any(right.attempts for right in granted) else set())
