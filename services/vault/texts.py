"""Free text of a client as it is read back from the vault."""

from services.vault.vault import Kept, Unopened, Vault


def text_of(vault: Vault, source: Kept, text_ref: str | None) -> str | None:
    """The note under a reference; nothing where there is none, or it was erased. Raises `Unopened` with `damaged`."""
    if text_ref is None:
        return None
    try:
        return str(vault.open(source, text_ref)["note"])
    except Unopened as closed:
        if closed.reason == "damaged":
            raise
        return None
