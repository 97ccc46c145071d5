"""The state machine of the allowance is no test that cannot fail: what is planted, it finds."""

import pytest

from services.benefits import decision
from tests.benefits import test_benefits_rights_always as always
from tests.benefits.planted import OF_PAYMENTS, assert_found

DEFECTS = {
    **OF_PAYMENTS,
    "i2-the-ledger-forgets": (decision, "_hit", lambda *_: ""),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_that_is_planted_in_the_allowance_is_found(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*DEFECTS[defect])

    assert_found(always.Rights, always.TestRights.settings)
