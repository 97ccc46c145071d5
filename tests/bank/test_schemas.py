import pytest

from services.benefits import schemas

NAME = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@pytest.mark.parametrize("message", sorted(schemas.CARRIERS))
def test_every_message_has_its_official_schema(message: str) -> None:
    assert f'targetNamespace="{schemas.NAMESPACE}{message}"' in schemas.path(message).read_text()


def test_a_message_that_we_do_not_exchange_has_none() -> None:
    with pytest.raises(KeyError):
        schemas.path("pacs.004.001.09")


def test_the_message_is_known_by_its_namespace() -> None:
    assert schemas.message_of(schemas.read(f'<Document xmlns="{NAME}"/>'.encode(), 1000)) == "camt.053.001.08"
    assert schemas.message_of(schemas.read(b"<Document/>", 1000)) is None


def test_a_violation_names_place_and_rule_but_not_the_value() -> None:
    root = schemas.read(f'<Document xmlns="{NAME}">\n<Secret>Jansen</Secret></Document>'.encode(), 1000)
    violation = schemas.violations(root, "camt.053.001.08")[0]
    assert violation.startswith("line 2: Secret breaks ")
    assert "Jansen" not in violation


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<a/>" + b" " * 1000, "larger than 1000 bytes"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "holds a document type declaration"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "not well-formed XML, line 1"),
        (b"", "not well-formed XML, line 1"),
        (b"<a>&b;</a>", "not well-formed XML, line 1"),
        (b"<a>" * 300 + b"</a>" * 300, "larger than 1000 bytes"),
        (b"<a>" * 130 + b"\xff" + b"</a>" * 130, "not well-formed XML, line 1"),
    ],
)
def test_unsafe_or_broken_xml_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(schemas.UnreadableXml) as refused:
        schemas.read(body, 1000)
    assert refused.value.reason == reason


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(schemas.UnreadableXml):
        schemas.read(b"<a>" * 5000 + b"</a>" * 5000, 1_000_000)


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1300.00", 130_000), ("1300", 130_000), ("0.1", 10), ("0.3", 30), (" +7.05000 ", 705), ("0.01", 1), ("999999999.99", 99_999_999_999)],
)
def test_an_amount_is_read_in_whole_cents(text: str, cents: int) -> None:
    assert schemas.cents(text) == cents


@pytest.mark.parametrize("text", ["0.005", "1e3", "1.300,00", "-1.00", ".5", "", "NaN", "\u0661", "0.30000000000000004", "1.00.0"])
def test_what_is_not_in_whole_cents_is_no_amount(text: str) -> None:
    assert schemas.cents(text) is None


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Ömer Çelik-d'Ancona & Zn", "Omer Celik-d'Ancona + Zn"),
        ("Łukasz Śledź", "Lukasz Sledz"),
        ("\u2019t  Hooft_Şahin\t", "'t Hooft-Sahin"),
        ("Vries <script>", "Vries .script."),
        ("北京", "Bei Jing"),
        ("\U0001f600", ""),
        ("&;.", ""),
    ],
)
def test_a_name_is_brought_into_the_sepa_character_set(name: str, latin: str) -> None:
    assert schemas.sepa_text(name) == latin
