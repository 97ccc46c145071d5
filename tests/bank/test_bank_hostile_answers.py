"""What no bank would send: every body is read or refused with one reason, in time and memory that its size bounds."""

import copy
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from services.benefits.bank_answers import Resolution, Statement, StatusReport, UnreadableAnswer
from services.benefits.bank_reading import read
from tests.bank.bank_messages import details, entry, notification, resolution, statement, status_report, transaction
from tests.hostile import SPITEFUL, bent, resident_growth_bytes

REJECTED = (
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>p1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
    "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
)
GOOD = [
    statement(entry("DBIT", "8", details(transaction("r1-1", "8"))), entry("CRDT", "8", details(transaction("r1-1", "8", "AC04")))),
    notification(entry("DBIT", "8.50", details(transaction("r2-1", "8.50")))),
    status_report("12", "<GrpSts>ACSC</GrpSts>"),
    status_report("03", "<GrpSts>PART</GrpSts>", REJECTED),
    resolution(
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>p1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>r1-1</OrgnlEndToEndId><TxCxlSts>RJCR</TxCxlSts>"
        "<CxlStsRsnInf><Rsn><Cd>CUST</Cd></Rsn></CxlStsRsnInf><OrgnlInstdAmt Ccy='EUR'>8.50</OrgnlInstdAmt>"
        "</TxInfAndSts></OrgnlPmtInfAndSts>",
        "RJCR",
    ),
]
SECRET = "NL91ABNA0417164300"  # pragma: allowlist secret - an example account
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">' + "".join(f'<!ENTITY b{n} "{"&b;" * 10}">' for n in range(10)) + "]>"
BLOW_UP = f'<!DOCTYPE a [<!ENTITY b "{"b" * 50_000}">]><a>{"&b;" * 50_000}</a>'
REASONS = re.compile(
    r"larger than \d+ bytes|holds a document type declaration|not well-formed XML(, line \d+)?|not a message that we read"
    r"|(near )?line \d+: (\w{1,40}|\?) breaks SCHEMAV_\w+|an amount that is not in whole cents|a date outside the calendar"
    r"|an answer to a recall without a reference of its own"
)
READ_OR_REFUSED = re.compile(f"({REASONS.pattern})?")


def refusal(body: bytes) -> str:
    """Why a body is refused, nothing where it is read; any other exception fails the test."""
    try:
        answers = read(body, 1_000_000)
    except UnreadableAnswer as refused:
        return refused.reason
    return "" if all(isinstance(answer, StatusReport | Statement | Resolution) for answer in answers) else "no answer"


@given(st.binary(max_size=300))
@example(b"")
@example(b"\x00")
def test_random_bytes_are_refused(body: bytes) -> None:
    assert REASONS.fullmatch(refusal(body))


@given(st.sampled_from(GOOD).flatmap(bent))
@settings(max_examples=600)
def test_a_bent_answer_is_read_or_refused_with_a_reason(body: bytes) -> None:
    assert READ_OR_REFUSED.fullmatch(refusal(body))


@given(st.data(), st.sampled_from(GOOD), st.sampled_from(["drop", "double", "last", "elsewhere", "stranger", "text"]))
@settings(max_examples=600)
def test_an_answer_with_its_elements_in_disorder_is_read_or_refused(data: st.DataObject, good: bytes, what: str) -> None:
    root = etree.fromstring(good)
    node = data.draw(st.sampled_from([each for each in root.iter() if each is not root]))
    parent = node.getparent()
    assert parent is not None
    match what:
        case "drop":
            parent.remove(node)
        case "double":
            parent.insert(parent.index(node), copy.deepcopy(node))
        case "last":
            parent.append(node)
        case "elsewhere":
            root[0].append(copy.deepcopy(node))
        case "stranger":
            node.tag = data.draw(
                st.sampled_from(["{urn:other}Amt", "Amt", str(root.tag), "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}Id"])
            )
        case _:
            node.text = data.draw(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), max_size=50))
    assert READ_OR_REFUSED.fullmatch(refusal(etree.tostring(root)))


@pytest.mark.parametrize("good", GOOD)
def test_the_examples_are_good(good: bytes) -> None:
    assert refusal(good) == ""


@pytest.mark.parametrize("good", GOOD)
@pytest.mark.parametrize("piece", SPITEFUL)
def test_nothing_of_a_refused_answer_is_repeated(good: bytes, piece: bytes) -> None:
    place = b"<MsgId>" if b"<MsgId>" in good else b"<Assgnmt><Id>"
    with pytest.raises(UnreadableAnswer) as refused:
        read(good.replace(place, place + SECRET.encode() * 3 + piece, 1))
    assert SECRET not in f"{refused.value!r} {refused.value.__cause__}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOMB.encode() + b"<a>&b9;</a>", "document type"),
        (BLOW_UP.encode(), "document type"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><a/>', "document type"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', "document type"),
        (BOMB.encode("utf-16") + "<a>&b9;</a>".encode("utf-16"), "not well-formed"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "not well-formed"),
        (b"<a>" * 1_000 + b"</a>" * 1_000, "not well-formed"),
        (GOOD[2].replace(b"<GrpSts>", b"<x>" * 100_000), "not well-formed"),
        (b"<!-- " + b"-" * 100_000, "not a message"),
        (b"<a/>" + b" " * 20_000_000, "larger than"),
        (GOOD[0].replace(b"<Stmt>", b"<Stmt><Id>\xff</Id>"), "not well-formed"),
        (GOOD[0].decode().encode("utf-16"), "not well-formed"),
        (GOOD[0] + b"<a/>", "not well-formed"),
        (GOOD[0] + b" " * 100_000 + b"<a/>", "not well-formed"),
        (GOOD[0][:-12] + b" " * 100_000, "not well-formed"),
        (b"<Document/>", "not a message"),
        (GOOD[0].replace(b"camt.053.001.08", b"camt.053.001.04"), "not a message"),
        (GOOD[0].replace(b"<Id>S1</Id>", b""), "breaks"),
        (GOOD[0].replace(b">8<", b">-8<"), "breaks"),
        (GOOD[0].replace(b">8<", b">8e3<"), "breaks"),
        (GOOD[0].replace(b">8<", b">8,00<"), "breaks"),
    ],
)
@pytest.mark.timeout(10)
def test_a_dangerous_or_broken_answer_is_refused_at_once(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableAnswer, match=reason):
        read(body)


def test_a_file_of_this_machine_never_reaches_an_answer() -> None:
    body = GOOD[2].replace(b"<Document", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><Document').replace(b">B1<", b">&x;<")
    with pytest.raises(UnreadableAnswer):
        read(body)


def test_a_comment_inside_an_amount_does_not_change_it() -> None:
    spoilt = GOOD[0].replace(b">8<", b">8<!-- 00 -->00<", 1)
    (answer,) = read(spoilt)
    assert isinstance(answer, Statement)
    assert {type(line).__name__ for line in answer.entries} == {"Unrecognised", "Return"}


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" + b"<a/>" * 2_000_000 + b"</a>",
        b"<a>" + b"<a b='' c='' d='' e=''/>" * 300_000 + b"</a>",
        b"<a>" + b"<a xmlns:b='c'/>" * 500_000 + b"</a>",
        GOOD[2].replace(b"</OrgnlGrpInfAndSts>", b"</OrgnlGrpInfAndSts>" + b"<a/>" * 2_000_000),
        statement(entry("DBIT", "8", details("<TxDtls><Amt Ccy='EUR'>-</Amt></TxDtls>" * 200_000))),
        b"<a " + b" ".join(b"a%d=''" % number for number in range(500_000)) + b"/>",
    ],
    ids=["elements", "attributes", "namespaces", "strangers", "faults", "one-element"],
)
@pytest.mark.timeout(20)
def test_a_wrong_answer_takes_little_more_memory_than_its_bytes(body: bytes) -> None:
    def refused() -> None:
        with pytest.raises(UnreadableAnswer):
            read(body)

    assert resident_growth_bytes(refused) < 3 * len(body)


NOT_OURS = details(batch="<NbOfTxs>1</NbOfTxs><TtlAmt Ccy='EUR'>1</TtlAmt>")
ONE_BY_ONE = "".join(details(transaction("r1-1", "1", "AC04")) for _ in range(50_000))
NO_DOMAIN = entry("DBIT", "50000", ONE_BY_ONE).replace(
    "<Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>", ""
)
SILENT = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>p1</OrgnlPmtInfId>" + "<TxInfAndSts/>" * 100_000 + "</OrgnlPmtInfAndSts>"


@pytest.mark.parametrize(
    "body",
    [
        statement(NO_DOMAIN),
        statement(entry("CRDT", "50000", NOT_OURS * 50_000)),
        status_report("03", "", SILENT),
        status_report("12", "", SILENT),
    ],
)
@pytest.mark.timeout(40)
def test_lines_without_number_are_read_in_a_time_that_grows_no_faster(body: bytes) -> None:
    """Where each line looks through its siblings, these would take minutes."""
    assert len(read(body)) == 1
