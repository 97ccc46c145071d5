"""Money asked back from the bank: gathered into a file that leaves once, with everything that a bank needs to find the payments."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from deploy.bank.resolution import answer_recall
from services.benefits.debtor import DebtorAccount
from services.benefits.recall_file import Recall, RecallHeader, write
from services.benefits.recalls import RECALL_FILES, HandOverRecalls
from services.contracts.bank import BankAnswerRead, BankLineUnmatched
from services.contracts.benefits import PaymentInstructed
from services.contracts.payouts import PaymentRecallAnswered, RecallFileHandedOver
from services.eventlog.decider import Refused
from services.web.in_process import InProcess
from tests.bank.bank_messages import resolution
from tests.benefits.a_house import House
from tests.benefits.a_region import BERGEN, OFFICER, Home, iban
from tests.benefits.sentences import Given

SPACE = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.055.001.08"}
RUN = "run-00000000000000a1"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.region.knows(Home(1), Home(2), Home(3, municipality=BERGEN))
    yield made
    made.processing.close()


def asks(house: House, run: str, *numbers: int) -> None:
    for number in numbers:
        place = f"{run}/exceptions/{house.right(run, number)}/recalls"
        answer = house.as_("payments-officer", OFFICER).post(place, f"recall-{number}", json={"attempt": 1, "reason_code": "DUPL"})
        assert answer.status_code == 201, answer.json()


def texts(body: bytes, path: str) -> list[str]:
    found = etree.fromstring(body).xpath(path, namespaces=SPACE)
    return [str(each.text) for each in found]  # type: ignore[union-attr, union-attr]  # elements only


def payment(number: int, **said: Any) -> PaymentInstructed:  # noqa: ANN401 - any field
    return PaymentInstructed(
        **{
            "right_ref": f"r{number:026d}",
            "client": f"p-{number:016x}",
            "household_ref": f"h-{number:016x}",
            "municipality": "GM0361",
            "run_ref": RUN,
            "amount_cents": 130_000,
            "attempt": 1,
            "end_to_end_id": f"r{number:026d}-1",
            "message_id": f"{RUN}-001",
            "account_ref": "acc-1",
            "account_fingerprint": "cd" * 16,
            "execution_on": date(2024, 3, 1),
            **said,
        }
    )


HEADER = RecallHeader(f"{RUN}-rc1", "Régio", DebtorAccount(iban(1), "BNGHNL2G"), datetime(2024, 3, 2, 9, 30, tzinfo=UTC))


def test_a_recall_names_each_payment_by_its_original_references_in_the_order_of_the_schema() -> None:
    body = write(HEADER, [Recall(payment(2), "DUPL"), Recall(payment(1), "AM09"), Recall(payment(3, municipality=BERGEN), "DUPL")])

    assert texts(body, "//c:OrgnlPmtInfId") == [f"{RUN}-001-GM0361", f"{RUN}-001-{BERGEN}"]
    assert texts(body, "//c:TxInf/c:OrgnlEndToEndId") == [f"r{n:026d}-1" for n in (1, 2, 3)]
    assert texts(body, "//c:CtrlData/c:CtrlSum | //c:CtrlData/c:NbOfTxs") == ["3", "3900.00"]
    assert texts(body, "//c:CxlRsnInf/c:Rsn/c:Cd") == ["AM09", "DUPL", "DUPL"]
    assert texts(body, "//c:Assgnr//c:Nm | //c:Assgne//c:BICFI | //c:OrgnlMsgNmId[1]") == ["Regio", "BNGHNL2G", *["pain.001.001.09"] * 2]
    transaction = etree.fromstring(body).find(".//c:TxInf", SPACE)
    assert transaction is not None
    assert [etree.QName(each).localname for each in transaction] == [
        "CxlId",
        "OrgnlInstrId",
        "OrgnlEndToEndId",
        "OrgnlInstdAmt",
        "CxlRsnInf",
    ]


def test_the_same_recalls_give_the_same_bytes_without_any_account_or_name_of_a_client() -> None:
    recalls = [Recall(payment(2), "DUPL"), Recall(payment(1), "DUPL")]
    body = write(HEADER, recalls)

    assert body == write(HEADER, recalls[::-1])
    assert b"IBAN" not in body


def written(number: int, municipality: str, reason: str) -> str:
    name = f"r{number:026d}-1"
    return (
        f"<OrgnlPmtInfAndCxl><OrgnlPmtInfId>{RUN}-001-{municipality}</OrgnlPmtInfId>"
        f"<OrgnlGrpInf><OrgnlMsgId>{RUN}-001</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInf>"
        f"<NbOfTxs>1</NbOfTxs><CtrlSum>1300.00</CtrlSum><TxInf><CxlId>{name}</CxlId><OrgnlInstrId>{name}</OrgnlInstrId>"
        f'<OrgnlEndToEndId>{name}</OrgnlEndToEndId><OrgnlInstdAmt Ccy="EUR">1300.00</OrgnlInstdAmt>'
        f"<CxlRsnInf><Rsn><Cd>{reason}</Cd></Rsn></CxlRsnInf></TxInf></OrgnlPmtInfAndCxl>"
    )


@pytest.mark.parametrize(
    ("bic", "bank"), [("BNGHNL2G", "<BICFI>BNGHNL2G</BICFI>"), (None, "<Othr><Id>NOTPROVIDED</Id></Othr>")], ids=["known", "not known"]
)
def test_a_recall_file_is_what_the_standard_asks_for_to_the_letter(bic: str | None, bank: str) -> None:
    header = RecallHeader(HEADER.message_id, HEADER.asker, DebtorAccount(iban(1), bic), HEADER.created_at)
    body = write(header, [Recall(payment(3, municipality=BERGEN), "DUPL"), Recall(payment(1), "AM09")])

    assert body.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<Document xmlns="{SPACE["c"]}"><CstmrPmtCxlReq><Assgnmt><Id>{RUN}-rc1</Id><Assgnr><Pty><Nm>Regio</Nm></Pty></Assgnr>'
        f"<Assgne><Agt><FinInstnId>{bank}</FinInstnId></Agt></Assgne><CreDtTm>2024-03-02T09:30:00Z</CreDtTm></Assgnmt>"
        "<CtrlData><NbOfTxs>2</NbOfTxs><CtrlSum>2600.00</CtrlSum></CtrlData>"
        f"<Undrlyg>{written(1, 'GM0361', 'AM09')}{written(3, BERGEN, 'DUPL')}</Undrlyg></CstmrPmtCxlReq></Document>"
    )


def test_what_was_asked_back_leaves_in_one_file_once(house: House, officer: InProcess) -> None:
    run = house.paid_out()
    asks(house, run, 1, 2)
    before = officer.get(f"{run}/recall-files").json()
    taken = officer.post(f"{run}/recall-files/1/handovers", "take-1")
    repeated = officer.post(f"{run}/recall-files/1/handovers", "take-1")
    again = officer.post(f"{run}/recall-files/1/handovers", "take-2")
    after = officer.get(f"{run}/recall-files").json()

    assert before["waiting"] == {"count": 2, "cents": 260_000}
    assert (taken.status_code, texts(taken.content, "//c:CtrlData/c:NbOfTxs")) == (200, ["2"])
    assert repeated.content == taken.content
    assert (again.status_code, again.json()["title"]) == (409, "handed-over-already")
    assert (after["waiting"]["count"], [each["count"] for each in after["handed_over"]]) == (0, [2])


def test_a_second_person_may_take_the_same_file_again_and_gets_the_same_bytes(house: House, officer: InProcess) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    first = officer.post(f"{run}/recall-files/1/handovers", "take-1")
    asks(house, run, 2)
    other = house.as_("payments-officer", "s-other").post(f"{run}/recall-files/1/handovers", "take-1")

    assert (other.status_code, other.content) == (200, first.content)


def test_what_is_asked_later_waits_for_the_next_file(house: House, officer: InProcess) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    officer.post(f"{run}/recall-files/1/handovers", "take-1")
    asks(house, run, 2)
    second = officer.post(f"{run}/recall-files/2/handovers", "take-2")

    assert texts(second.content, "//c:TxInf/c:OrgnlEndToEndId") == [f"{house.right(run, 2)}-1"]


@pytest.mark.parametrize(("number", "title"), [(1, "nothing-to-recall"), (2, "nothing-to-recall")])
def test_nothing_leaves_where_nothing_was_asked(house: House, officer: InProcess, number: int, title: str) -> None:
    answer = officer.post(f"{house.paid_out()}/recall-files/{number}/handovers", "take-1")

    assert (answer.status_code, answer.json()["title"]) == (409, title)


def test_money_of_a_batch_that_was_sent_twice_is_asked_back_and_comes_back_as_a_return(house: House, officer: InProcess) -> None:
    """Zwolle: 404 payees had the same payment twice; the bank is asked for it, and FOCR closes the recall."""
    run = house.paid_out()
    house.bank_pays(run, 1)
    asks(house, run, 1)
    taken = officer.post(f"{run}/recall-files/1/handovers", "take-1")
    house.bank_sends_back(run, 1, "FOCR")
    position = house.region.office.payments.of_right(house.right(run, 1))

    assert taken.status_code == 200
    assert position is not None
    assert (position.standing, position.reason) == ("returned", "FOCR")


def handed(number: int = 1, by: str = "s-1", sha256: str = "a" * 64) -> HandOverRecalls:
    about: dict[str, Any] = {"run_ref": RUN, "message_id": f"{RUN}-rc{number}", "number": number, "handover": 1, "handed_to": by}
    window: dict[str, Any] = {"after_position": 0, "upto_position": 9, "debtor_fingerprint": "f", "count": 1, "total_cents": 1}
    return HandOverRecalls(RecallFileHandedOver(**about, **window, sha256=sha256))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (handed(), "handed-over-already"),
        (handed(3), "not-the-next-file"),
        (handed(by="s-2", sha256="b" * 64), "recall-file-differs"),
    ],
)
def test_a_recall_file_is_not_handed_over_otherwise(command: HandOverRecalls, reason: str) -> None:
    then = Given(RECALL_FILES, [handed().file]).when(command)

    assert isinstance(then, Refused)
    assert then.reason == reason


def test_a_second_handover_counts() -> None:
    (fact,) = Given(RECALL_FILES, [handed().file]).when(handed(by="s-2"))  # type: ignore[misc]  # it is no refusal

    assert isinstance(fact, RecallFileHandedOver)
    assert fact.handover == 2


def answered(house: House, run: str, folder: Path, **said: list[str]) -> bytes:
    """The bank of the rehearsal has the run's file, and answers its first recall file."""
    house.region.bank_answers(run.rpartition("/")[2], folder)
    taken = house.as_("payments-officer", OFFICER).post(f"{run}/recall-files/1/handovers", "take-1")
    return answer_recall(taken.content, folder / "the-bank", **said).read_bytes()


def outcomes(house: House, run: str) -> dict[str, tuple[str, str | None]]:
    recalls = house.as_("payments-officer", OFFICER).get(f"{run}/recall-files").json()["recalls"]
    return {each["right_ref"]: (each["outcome"], each["answer_code"]) for each in recalls}


def test_the_bank_answers_each_recall_and_a_refused_one_may_be_asked_again(house: House, officer: InProcess, tmp_path: Path) -> None:
    run = house.paid_out()
    asks(house, run, 1, 2, 3)
    names = {number: house.right(run, number) for number in (1, 2, 3)}
    before = outcomes(house, run)
    answer = answered(house, run, tmp_path, refused=[f"{names[2]}-1"], pending=[f"{names[3]}-1"])
    document = officer.post("/v1/bank-answers", content=answer).json()["document_ref"]
    house.region.works()
    again = officer.post(f"{run}/exceptions/{names[2]}/recalls", "recall-again", json={"attempt": 1, "reason_code": "AM09"})

    shown = officer.get(f"/v1/bank-answers/{document}").json()
    assert before == dict.fromkeys(names.values(), ("asked", None))
    assert (shown["read"]["kind"], shown["read"]["recalls"], shown["unmatched"]) == ("camt.029", 3, [])
    assert [fact.outcome for fact in house.region.facts(PaymentRecallAnswered)] == ["accepted", "rejected", "pending"]
    assert (again.status_code, outcomes(house, run)[names[2]]) == (201, ("asked", None))


def test_a_recall_that_is_looked_into_is_answered_later_and_a_last_word_stays(house: House, tmp_path: Path) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    name = house.right(run, 1)
    pending = answered(house, run, tmp_path, pending=[f"{name}-1"])
    refused = pending.replace(b"PDCR", b"RJCR")
    house.region.hears(pending, refused, refused + b"\n", pending.replace(b"PDCR", b"ACCR"))

    unmatched = [(fact.kind, fact.reason_code) for fact in house.region.facts(BankLineUnmatched)]
    assert [fact.outcome for fact in house.region.facts(PaymentRecallAnswered)] == ["pending", "rejected"]
    assert (outcomes(house, run)[name][0], unmatched) == ("rejected", [("recall", "recall-answered-already")])


def test_what_answers_no_recall_of_ours_is_kept_and_shown(house: House, officer: InProcess) -> None:
    run = house.paid_out()
    named = f"{house.right(run, 2)}-1"
    stranger = "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxCxlSts>ACCR</TxCxlSts></TxInfAndSts>"
    house.region.hears(resolution("".join(map(stranger.format, (named, "somebody-else", "r" + "0" * 26 + "-1"))), "CNCL"))

    (read,) = house.region.facts(BankAnswerRead)
    shown = officer.get(f"/v1/bank-answers/{read.document_ref}").json()["unmatched"]
    assert [(each["line"], each["reason_code"]) for each in shown] == [(1, "not-recalled"), (2, "unknown-payment"), (3, "unknown-payment")]
    assert house.region.facts(PaymentRecallAnswered) == []


def test_a_word_on_a_whole_batch_holds_for_each_recall_in_it(house: House) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    batch = f"{run.rpartition('/')[2]}-001-GM0361"
    told = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}</OrgnlPmtInfId><PmtInfCxlSts>RJCR</PmtInfCxlSts></OrgnlPmtInfAndSts>"
    others = [told.replace(batch, name) for name in (f"{run.rpartition('/')[2]}-001-{BERGEN}", "nobodys-batch")]
    house.region.hears(resolution(told + "".join(others), "RJCR"))

    (answer,) = house.region.facts(PaymentRecallAnswered)
    assert (answer.right_ref, answer.outcome) == (house.right(run, 1), "rejected")
    assert [fact.reason_code for fact in house.region.facts(BankLineUnmatched)] == ["not-recalled", "unknown-batch"]


def test_an_answer_about_another_amount_is_for_a_person(house: House) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    about = f"<OrgnlEndToEndId>{house.right(run, 1)}-1</OrgnlEndToEndId><TxCxlSts>ACCR</TxCxlSts><OrgnlInstdAmt Ccy='EUR'>1</OrgnlInstdAmt>"
    house.region.hears(resolution(f"<TxInfAndSts>{about}</TxInfAndSts>", "CNCL"))

    assert [fact.reason_code for fact in house.region.facts(BankLineUnmatched)] == ["amount-differs"]


def test_an_answer_that_is_read_again_after_a_stop_changes_nothing(house: House, tmp_path: Path) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    answer = answered(house, run, tmp_path)
    house.region.hears(answer)
    head = house.region.log.head()
    house.region.hears(answer)

    assert house.region.log.head() == head


def test_the_bank_refuses_to_look_for_a_file_that_it_never_had(house: House, officer: InProcess, tmp_path: Path) -> None:
    run = house.paid_out()
    asks(house, run, 1)
    taken = officer.post(f"{run}/recall-files/1/handovers", "take-1")
    (tmp_path / "empty-bank").mkdir()
    house.region.hears(answer_recall(taken.content, tmp_path / "empty-bank").read_bytes())

    assert list(outcomes(house, run).values()) == [("rejected", "NOOR")]
