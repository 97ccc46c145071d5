"""How benefits answers when a client is to be erased, and who is no longer paid because of it."""

from services.benefits.keeping import Keeping
from services.benefits.office import Office
from services.contracts.erasure import BenefitsClientErased, BenefitsErasureCalledOff, BenefitsErasureCleared, BenefitsErasureHindered
from services.eventlog.log import Transaction
from services.vault.clearing import Clearance, Language
from services.vault.retention import Retention

LANGUAGE = Language(BenefitsErasureCleared, BenefitsErasureHindered, BenefitsErasureCalledOff, BenefitsClientErased)


def clearance(office: Office, retention: Retention) -> Clearance:
    """Everything personal in benefits lies in the vault, so nothing beside the facts is dropped with it."""
    keeping = Keeping(office.log, office.payments, retention)
    return Clearance("benefits", LANGUAGE, office.vault, keeping.hindrances, _nothing_more, office.now, lambda moment: moment.date())


def _nothing_more(_tx: Transaction, _client: str) -> None:
    """What lies beside the facts of benefits says no more of a client than the facts do, which stay."""
