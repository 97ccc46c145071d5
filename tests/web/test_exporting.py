"""What the vault holds for a client is theirs, but for accounts of others that are paid out of their benefit."""

from datetime import UTC, date, datetime
from pathlib import Path

from services.access.processing_log import ProcessingLog
from services.benefits.account import BindAccount, Holding, binding
from services.contracts.codec import published
from services.eventlog.log import Origin
from services.eventlog.memory import MemoryLog
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault
from services.web.exporting import Archive, gathered
from services.web.reads import Reads

NOW, CLIENT = datetime(2024, 2, 15, tzinfo=UTC), "p-0000000000000001"
OWN, LANDLORD = "NL91ABNA0417164300", "NL44RABO0123456789"


def test_the_account_of_a_landlord_is_not_given(tmp_path: Path) -> None:
    log, vault, processing = MemoryLog("benefits", published()), Vault(MemoryKeys()), ProcessingLog(tmp_path)
    bind = BindAccount(CLIENT, "GM0361", "acc-own", "f" * 64, date(2024, 1, 1))
    log.submit(binding(bind, Holding(OWN, "J. Testgeval"), vault, Origin("s-1", "bind", NOW, "c"), b"")).result(5)
    paid = {"iban": LANDLORD, "holder_name": "Verhuurder"}
    log.submit(lambda tx: vault.seal(tx, "acc-rent", CLIENT, "e-1", paid)).result(5)

    told = gathered(Archive(log, vault, Reads(processing, lambda: NOW), lambda: NOW), CLIENT, log.after(0, 10))
    processing.close()

    assert [value["iban"] for value in told["values"].values()] == [OWN]
    assert "third-party-accounts" in told["left_out"]
