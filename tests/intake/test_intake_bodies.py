"""What intake does not take in: every wrong field is named at once, and nothing of what was sent is repeated."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from services.intake.bodies import Address, ApplicationBody, HouseholdBody, IncomeBody, SearchBody
from services.intake.lines import ApplicationLine, ChangeLine, HouseholdLine
from services.web.problem import field_errors
from tests.intake.stories import address, household_body, member_body, person

BSN = "999990342"
CHANGE: dict[str, Any] = {"id": "c-1", "on": "2024-01-20", "bsn": [BSN], "municipality": "GM0361", "address": address()}
SPLIT = {"kind": "split", "household_type": "single", "remaining_household_type": "couple"}
APPLICATION = {"scheme": "energy-allowance", "scheme_year": 2023, "channel": "desk", "received_on": "2024-02-01"}


def wrong_fields(model: type[BaseModel], told: object) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate_json(orjson.dumps(told) if not isinstance(told, bytes) else told)
    return sorted(error["field"] for error in field_errors(refused.value.errors()))


def with_amount(amount: str) -> bytes:
    """The amount as it stands in the JSON, which a Python number could not show."""
    return orjson.dumps(household_body(member_body(BSN))).replace(
        b'"income_cents_per_month":120000', b'"income_cents_per_month":' + amount.encode()
    )


def test_a_household_as_it_should_be_is_taken_in() -> None:
    body = HouseholdBody.model_validate_json(orjson.dumps(household_body(member_body(BSN))))

    assert body.members[0].bsn == BSN


@pytest.mark.parametrize(
    "bsn", ["123456789", "000000000", "99999034", "9999903420", "99999034a", "999 990 342", "٩٩٩٩٩٠٣٤٢", "", None, 999990342]
)
def test_a_number_that_is_no_bsn_is_refused(bsn: object) -> None:
    assert wrong_fields(SearchBody, {"bsn": bsn}) == ["bsn"]


@pytest.mark.parametrize("bsn", ["123456782", "111222333", "999990342", "999999990"])
def test_the_bsns_of_the_examples_are_taken_in(bsn: str) -> None:
    assert SearchBody(bsn=bsn).bsn == bsn


def test_a_bsn_that_lost_its_leading_zero_gets_it_back() -> None:
    assert SearchBody(bsn="10000008").bsn == SearchBody(bsn="010000008").bsn == "010000008"


@pytest.mark.parametrize("amount", ["-1", "0.5", "1e3", "1E3", "100.0", '"1200"', '"12,00"', '"1.200"', "true", "null", "10000001", "NaN"])
def test_an_amount_that_is_no_whole_number_of_cents_is_refused(amount: str) -> None:
    assert wrong_fields(HouseholdBody, with_amount(amount)) == ["income_cents_per_month"]


@pytest.mark.parametrize("on", ["2024-02-30", "15-02-2024", "2024-02-15T00:00:00", "20240215", "1999-12-31", 1707955200, "", None])
def test_a_date_that_is_none_is_refused(on: object) -> None:
    assert wrong_fields(HouseholdBody, household_body(member_body(BSN), on=on)) == ["on"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("municipality", "GM0363"),
        ("municipality", "Alkmaar"),
        ("household_type", "trio"),
        ("living", "tent"),
        ("income_source", ""),
        ("benefit", "wajong"),
        ("members", []),
        ("members", {}),
        ("iban", "NL91ABNA0417164300"),
    ],
)
def test_a_wrong_or_unknown_field_is_named(field: str, value: object) -> None:
    assert wrong_fields(HouseholdBody, household_body(member_body(BSN)) | {field: value}) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("postcode", "1851"),
        ("postcode", "0851 TV"),
        ("number", "0"),
        ("number", "A1"),
        ("number", "123456"),
        ("number", "12 1234567"),
        ("street", ""),
        ("street", "  "),
        ("town", "Hei\nloo"),
    ],
)
def test_a_wrong_part_of_an_address_is_named(field: str, value: str) -> None:
    body = household_body(member_body(BSN), address={**address(), field: value})

    assert wrong_fields(HouseholdBody, body) == [f"address.{field}"]


@pytest.mark.parametrize("number", ["1", "99999", "12A", "12 A", "12-1", "12 bis", "12A-3", "12 A 3", "7-hs"])
def test_house_numbers_as_they_are_written_are_taken_in(number: str) -> None:
    assert Address.model_validate(address(number)).number == number


def test_a_household_has_one_applicant_and_at_most_one_partner() -> None:
    two = household_body(member_body(BSN), member_body("999999990"))
    none = household_body(member_body(BSN, "resident"))
    partners = household_body(member_body(BSN), member_body("999999990", "partner"), member_body("123456782", "partner"))

    assert [wrong_fields(HouseholdBody, body) for body in (two, none, partners)] == [["members"]] * 3


def test_every_wrong_field_is_named_at_once() -> None:
    body = household_body(member_body("123456789"), municipality="GM9999", income_cents_per_month=-5, on="soon", colour="red")

    assert wrong_fields(HouseholdBody, body) == ["colour", "income_cents_per_month", "members.0.bsn", "municipality", "on"]


@pytest.mark.parametrize("kind", [{"kind": "split"}, {**SPLIT, "kind": "move"}])
def test_the_types_of_a_split_are_asked_for_a_split_and_only_then(kind: dict[str, str]) -> None:
    assert wrong_fields(ChangeLine, CHANGE | kind | {"on": "soon"}) == ["household_type", "on", "remaining_household_type"]


def test_a_change_names_somebody() -> None:
    assert wrong_fields(ChangeLine, CHANGE | SPLIT | {"bsn": []}) == ["bsn"]
    assert wrong_fields(ChangeLine, CHANGE | SPLIT | {"bsn": ["123456789"]}) == ["bsn.0"]


def test_a_change_of_an_unknown_kind_is_refused() -> None:
    assert wrong_fields(ChangeLine, CHANGE | {"kind": "merge"}) == ["kind"]


@pytest.mark.parametrize("line_id", ["", "123456782", "has space", "x" * 101, 7])
def test_a_line_has_an_id_that_is_no_bsn(line_id: object) -> None:
    assert wrong_fields(HouseholdLine, {"id": line_id, **household_body(member_body(BSN))}) == ["id"]


@pytest.mark.parametrize("field", ["scheme", "scheme_year", "channel", "received_on"])
def test_an_application_says_what_for_when_and_how(field: str) -> None:
    assert wrong_fields(ApplicationBody, {"client": person(1), **APPLICATION, field: "x"}) == [field]


def test_an_application_goes_by_bsn_in_a_file_and_by_reference_alone() -> None:
    assert wrong_fields(ApplicationLine, {"id": "a-1", "client": person(1), **APPLICATION}) == ["bsn", "client"]
    assert wrong_fields(ApplicationBody, {"bsn": BSN, **APPLICATION}) == ["bsn", "client"]


def test_a_note_may_have_lines_but_nothing_unseen() -> None:
    taken = ApplicationLine.model_validate_json(orjson.dumps({"id": "a-1", "bsn": BSN, **APPLICATION, "note": "een\ntwee"}))

    assert taken.note == "een\ntwee"
    assert wrong_fields(ApplicationLine, {"id": "a-1", "bsn": BSN, **APPLICATION, "note": "een\u0000twee"}) == ["note"]


@pytest.mark.parametrize("cents", [0, 10_000_000])
def test_the_smallest_and_largest_income_are_taken_in(cents: int) -> None:
    told = {"on": "2024-01-20", "income_cents_per_month": cents, "income_source": "wages", "benefit": "none"}

    assert IncomeBody.model_validate_json(orjson.dumps(told)).means().income_cents_per_month == cents


secrets = st.from_regex(r"[A-Za-z0-9]{8,18}", fullmatch=True)
places = st.sampled_from(["municipality", "on", "household_type", "living", "address", "income_cents_per_month", "benefit", "members"])


@given(st.dictionaries(places, secrets, min_size=1))
def test_no_message_repeats_what_was_sent(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        HouseholdBody.model_validate_json(orjson.dumps(household_body(member_body(BSN)) | wrong))

    told = orjson.dumps(field_errors(refused.value.errors())).decode()
    assert not any(secret in told for secret in wrong.values())
    assert BSN not in told
