"""What a letter says: who writes, what was decided and why in words, and until when one can object."""

from datetime import date

from services.benefits.monthly import letters
from services.contracts.monthly import BenefitEnded
from tests.benefits.monthly.people import REPORTED, terms

TEXTS = letters.installed()


def test_a_letter_has_its_opening_its_reason_in_words_and_the_last_day_of_the_objection() -> None:
    decided = BenefitEnded(**terms("end", REPORTED, reason="moved-abroad").said)
    text = TEXTS.text(decided, date(2024, 2, 29))

    assert text.startswith(f"{TEXTS.opening}\n\n")
    assert TEXTS.opening.strip()
    assert "moved abroad" in text
    assert "2024-02-29" in text
