import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.benefits import iban


@pytest.mark.parametrize("written", ["NL91 ABNA 0417 1643 00", "nl91abna0417164300", "NL91ABNA0417164300"])
def test_an_iban_as_people_write_it_becomes_its_electronic_form(written: str) -> None:
    assert iban.normalise(written) == "NL91ABNA0417164300"


def test_accounts_abroad_within_sepa_are_accepted() -> None:
    assert iban.normalise("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("NL92ABNA0417164300", "check-digits"),
        ("NL91ABNA041716430", "structure"),
        ("NL9112340417164300", "structure"),
        ("XX91ABNA0417164300", "structure"),
        ("", "characters"),
        ("NL91-ABNA-0417164300", "characters"),
        ("NL91ABNA041716430\u0663", "characters"),
        ("\u00df", "characters"),
        ("EG380019000500000000263180002", "outside-sepa"),
    ],
)
def test_a_wrong_iban_is_refused_with_its_reason(written: str, reason: str) -> None:
    with pytest.raises(iban.InvalidIban) as refused:
        iban.normalise(written)
    assert (refused.value.reason, str(refused.value)) == (reason, f"not an IBAN for SEPA: {reason}")


@pytest.mark.parametrize("written", ["NL9112340417164300", "NL91\u00c4BNA0417164300"])
def test_a_refusal_does_not_repeat_the_number(written: str) -> None:
    with pytest.raises(iban.InvalidIban) as refused:
        iban.normalise(written)
    assert "0417164300" not in "".join(traceback.format_exception_only(refused.value))
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@given(st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_mistyped_digit_never_passes(place: int, digit: str) -> None:
    right = "NL91ABNA0417164300"
    typed = right[:place] + digit + right[place + 1 :]
    assert iban.is_normal(typed) == (typed == right)


@given(st.text())
def test_whatever_is_typed_is_either_normal_or_refused(text: str) -> None:
    try:
        assert iban.is_normal(iban.normalise(text))
    except iban.InvalidIban:
        assert not iban.is_normal(text)
