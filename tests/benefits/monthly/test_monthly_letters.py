"""What a letter says: who writes, what was decided and why in words, and until when one can object."""

from datetime import date

from services.benefits.monthly import letters
from services.contracts.monthly import BenefitEnded
from tests.benefits.monthly.people import REPORTED, terms


def test_a_letter_has_its_opening_its_reason_in_words_and_the_last_day_of_the_objection() -> None:
    decided = BenefitEnded(**terms("end", REPORTED, reason="moved-abroad").said)
    text = letters.installed().text(decided, date(2024, 2, 29))

    assert text.startswith("Geachte heer of mevrouw,\n\n")
    assert "moved abroad" in text
    assert "2024-02-29" in text
