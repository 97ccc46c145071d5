"""A region that pays on behalf of two municipalities, and households to pay."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from services.benefits.debtor import Debtor
from services.benefits.payment_file import CreditTransfer, Header

MUNICIPALITIES = {"GM0361": "Gemeente Alkmaar", "GM1980": "Gemeente Dijk en Waard"}
# Account numbers of examples: the last three digits decide what the simulated bank does (deploy/bank/outcomes.py).
CREDITORS = {
    "paid": "NL39RABO0300065264",
    "closed": "NL09RABO0300065901",
    "deceased": "NL79RABO0300065902",
    "unknown": "NL52RABO0300065903",
}


@pytest.fixture
def debtor() -> Debtor:
    return Debtor("Regionale uitvoering", "NL91ABNA0417164300", None, MUNICIPALITIES)


@pytest.fixture
def header(debtor: Debtor) -> Header:
    return Header("ET2023-1-0001", datetime(2024, 2, 15, 9, 30, tzinfo=UTC), date(2024, 2, 16), debtor, "GOVT")


@pytest.fixture
def pay() -> Callable[..., CreditTransfer]:
    """Make a transfer of which only what matters is named."""

    def made(reference: str = "r0000000000000000000000001-1", **changes: object) -> CreditTransfer:
        usual: dict[str, object] = {
            "amount_cents": 130_000,
            "creditor_name": "A. de Vries",
            "creditor_iban": CREDITORS["paid"],
            "remittance": "Energietoeslag 2023",
            "municipality": "GM0361",
        }
        return CreditTransfer(reference, **{**usual, **changes})  # type: ignore[arg-type]  # tests also give what is wrong

    return made
