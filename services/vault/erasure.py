"""Where a client stands on the way to being erased, as each service keeps it beside its facts: whoever is barred gets nothing new."""

from services.eventlog.decider import Refused
from services.eventlog.log import Transaction
from services.vault.vault import Kept, Vault

ERASURE = "erasure"
UNDER_WAY, GONE = b"under-way", b"erased"

CLIENT_ERASED = Refused("client-erased", "this client was erased; nothing is written of them any more")
ERASURE_UNDER_WAY = Refused("erasure-under-way", "this client is being erased; nothing new begins until that is done or called off")


def bar(tx: Transaction, client: str) -> None:
    """From now on nothing new begins for a client."""
    tx.keep(ERASURE, client, UNDER_WAY)


def unbar(tx: Transaction, client: str) -> None:
    """The erasure was called off."""
    tx.drop(ERASURE, client)


def barred(source: Kept, client: str) -> Refused | None:
    """Why nothing may begin for a client, if so."""
    stage = source.kept(ERASURE, client)
    if stage is None:
        return None
    return CLIENT_ERASED if stage == GONE else ERASURE_UNDER_WAY


def is_erased(source: Kept, client: str) -> bool:
    """Whether nothing personal is left of a client."""
    return source.kept(ERASURE, client) == GONE


def destroy(tx: Transaction, vault: Vault, client: str) -> None:
    """Key, vault rows and their bytes on disk are gone when this transaction is answered; a repeat finds nothing left.

    A crash after the key went and before the commit leaves rows that nobody can open; the next attempt drops them.
    """
    vault.erase(tx, client)
    tx.keep(ERASURE, client, GONE)
    tx.scrub()
