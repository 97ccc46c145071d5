"""What handover still needs a client for: a handover, a promise to call back, an opening to judge, a case at a higher level, a term."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.contracts.erasure import Hindrance
from services.contracts.handover import BatonAccepted, BatonOpened
from services.contracts.teams import Domain
from services.eventlog.log import EventLog, Transaction
from services.handover.baton import LOWEST, Baton
from services.handover.contact_work import open_call_backs
from services.handover.contacts import contacts_stream
from services.handover.domain import HANDOVER
from services.handover.due_times import local_day
from services.handover.glass_work import listed
from services.handover.state import baton_stream, team_stream
from services.handover.team import UNDESCRIBED
from services.handover.work import baton_of
from services.vault.retention import Retention


@dataclass(frozen=True, slots=True)
class Keeping:
    """Looks into the transaction, and into the log for call-backs and openings, which are listed there."""

    log: EventLog
    retention: Retention

    def hindrances(self, tx: Transaction, client: str, today: date) -> Sequence[Hindrance]:
        """Everything for which handover needs a client on a day."""
        baton = baton_of(tx, client)
        of_baton = () if baton is None else _of_baton(baton)
        return (*of_baton, *self._call_backs(client), *self._openings(client), *self._terms(tx, client, today))

    def _call_backs(self, client: str) -> Iterator[Hindrance]:
        asked = (each for each in open_call_backs(self.log) if each.client == client)
        yield from (_hindrance("call-back-open", each.call_back_ref) for each in asked)

    def _openings(self, client: str) -> Iterator[Hindrance]:
        yield from (_hindrance("break-glass-not-reviewed", str(each.opening)) for each in listed(self.log) if each.client == client)

    def _terms(self, tx: Transaction, client: str, today: date) -> Iterator[Hindrance]:
        recorded = (tx.recorded(stream) for stream in (baton_stream(client), contacts_stream(client)))
        last = max((local_day(moment) for moment in recorded if moment is not None), default=None)
        if last is None:
            return
        until = max((self.retention.until(domain, last, today) for domain in domains(tx, client)), default=today)
        if today < until:
            yield _hindrance("retention-term-runs", until=until)


def domains(tx: Transaction, client: str) -> set[Domain]:
    """The tasks of every team that ever held a client: each keeps what it wrote for its own term."""
    told = tx.read(baton_stream(client))
    opened = {fact.team_ref for fact in told if isinstance(fact, BatonOpened)}
    teams = opened | {fact.to_team_ref for fact in told if isinstance(fact, BatonAccepted)}
    state = HANDOVER.fold(fact for team in sorted(teams) for fact in tx.read(team_stream(team)))
    return {team.domain for team in state.teams.values()} or {UNDESCRIBED}


def _of_baton(baton: Baton) -> Iterator[Hindrance]:
    if baton.offer is not None:
        yield _hindrance("offer-open", str(baton.offer.number))
    if baton.handed is not None and not baton.handed.result:
        yield _hindrance("handover-not-completed", str(baton.handed.number))
    if baton.level > LOWEST:
        yield _hindrance("case-escalated", str(baton.level))


def _hindrance(reason: str, what: str | None = None, until: date | None = None) -> Hindrance:
    return Hindrance(service="handover", reason=reason, what=what, until=until)
