"""How handover answers when a client is to be erased, and what it lets go of: the baton, and what each team knew of its offers."""

from services.contracts.erasure import HandoverClientErased, HandoverErasureCalledOff, HandoverErasureCleared, HandoverErasureHindered
from services.contracts.handover import OfferEvent
from services.eventlog.log import Transaction
from services.handover import directory, offers
from services.handover.due_times import local_day
from services.handover.keeping import Keeping
from services.handover.office import Office
from services.handover.state import baton_stream
from services.vault.clearing import Clearance, Language
from services.vault.retention import Retention

LANGUAGE = Language(HandoverErasureCleared, HandoverErasureHindered, HandoverErasureCalledOff, HandoverClientErased)


def clearance(office: Office, retention: Retention) -> Clearance:
    """The answers of handover."""
    keeping = Keeping(office.log, retention)
    return Clearance("handover", LANGUAGE, office.vault, keeping.hindrances, let_go, office.now, local_day)


def let_go(tx: Transaction, client: str) -> None:
    """Nobody holds the client any more."""
    told = tx.read(baton_stream(client))
    if told:
        directory.let_go(tx)
    for fact in told:
        if isinstance(fact, OfferEvent):
            for team_ref in (fact.from_team_ref, fact.to_team_ref):
                tx.drop(offers.OF_TEAM + team_ref, client)
