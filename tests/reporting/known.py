"""A small region whose figures were computed by hand, and records as Kafka would give them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.contracts.bank import BankLineUnmatched
from services.contracts.benefits import (
    AllowanceGranted,
    AllowanceRefused,
    AllowanceWithheld,
    PaymentInstructed,
    PaymentPaid,
    PaymentRejected,
    PaymentReturned,
)
from services.contracts.codec import Record, headers_of, rfc3339
from services.contracts.envelope import Event
from services.contracts.handover import BatonOpened, ContactPersonAssigned
from services.contracts.intake import (
    ApplicationReceived,
    BenefitScheme,
    HouseholdFacts,
    HouseholdMoved,
    HouseholdRegistered,
    IntakeAccepted,
    Member,
)
from services.contracts.payouts import AllowanceRevoked, PaymentWithdrawn
from services.contracts.run_control import BudgetReleased, BudgetReserved, RunApprovalEscalated, RunSampleDrawn, SampleRow, SampleRowJudged
from services.contracts.runs import FileHandedOver, PaymentFileWritten, RunApproved, RunPrepared, RunReleased, RunReleaseOrdered
from services.contracts.teams import StaffJoined, StaffLeft

ALKMAAR, BERGEN = "GM0361", "GM0373"
START = datetime(2024, 2, 15, 9, 0, tzinfo=UTC)
DECIDED, PROMISED, EXECUTED = date(2024, 2, 15), date(2024, 3, 1), date(2024, 2, 28)


@dataclass
class OnKafka:
    """A record as a consumer gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


def records(service: str, facts: Iterable[Event], start: int = 0, partition: int = 0) -> list[OnKafka]:
    """Facts of one service, in the order of its log, a second apart."""
    versions: dict[str, int] = {}
    found = []
    for number, fact in enumerate(facts, start=start):
        home = fact.home()
        versions[home.stream] = versions.get(home.stream, 0) + 1
        moment = rfc3339(START + timedelta(seconds=number))
        record = Record(
            number + 1, f"{service}-{number}", home.stream, versions[home.stream], fact.TYPE, home.key, home.client, home.municipality,
            moment, moment, "s-1", f"c-{number}", None, "x", fact.model_dump_json().encode(),
        )  # fmt: skip
        source = f"urn:nld:oin:00000000000000000000:systeem:{service}"
        found.append(OnKafka(f"{service}.events", partition, number, home.key.encode(), headers_of(record, source), record.data))
    return found


def household(number: int, municipality: str, benefit: BenefitScheme = "pw", persons: int = 1) -> HouseholdFacts:
    members = tuple(Member(person_ref=f"p-{number}-{place}", role="applicant", age_band="27-pension") for place in range(persons))
    return HouseholdFacts(
        municipality=municipality, household_type="single", living="independent", dwelling_ref=f"d-{number}",
        income_cents_per_month=120_000, income_source="benefit", benefit=benefit, members=members,
    )  # fmt: skip


def right(number: int, municipality: str, amount_cents: int) -> dict[str, object]:
    about = {"right_ref": f"r{number}", "client": f"p-{number}-0", "household_ref": f"h-{number}", "municipality": municipality}
    return about | {"run_ref": "run-1", "amount_cents": amount_cents}


def decided(number: int, municipality: str, amount_cents: int, *reasons: str) -> dict[str, object]:
    rules = {"scheme": "energy-allowance", "scheme_year": 2023, "tranche": 1, "sequence": 1, "rule_version": "v1", "facts_hash": "f"}
    return right(number, municipality, amount_cents) | rules | {"reasons": reasons, "decided_on": DECIDED}


def granted(number: int, municipality: str, amount_cents: int = 130_000) -> AllowanceGranted:
    about = decided(number, municipality, amount_cents, "benefit-on-reference-date")
    return AllowanceGranted.model_validate(about | {"account_ref": "acc", "account_fingerprint": "fp", "promised_on": PROMISED})


def payment(number: int, municipality: str, attempt: int = 1, amount_cents: int = 130_000) -> dict[str, object]:
    return right(number, municipality, amount_cents) | {"attempt": attempt, "end_to_end_id": f"r{number}-{attempt}"}


def instructed(number: int, municipality: str, attempt: int = 1, amount_cents: int = 130_000) -> PaymentInstructed:
    account = {"message_id": f"m-{attempt}", "account_ref": "acc", "account_fingerprint": "fp", "execution_on": EXECUTED}
    return PaymentInstructed.model_validate(payment(number, municipality, attempt, amount_cents) | account)


def paid(number: int, municipality: str, on: date, attempt: int = 1, amount_cents: int = 130_000) -> PaymentPaid:
    return PaymentPaid.model_validate(payment(number, municipality, attempt, amount_cents) | {"booked_on": on, "document_ref": "doc"})


def returned(number: int, municipality: str, code: str) -> PaymentReturned:
    about = payment(number, municipality) | {"reason_code": code, "booked_on": date(2024, 3, 4), "document_ref": "doc"}
    return PaymentReturned.model_validate(about)


def rejected(number: int, municipality: str, code: str) -> PaymentRejected:
    return PaymentRejected.model_validate(payment(number, municipality) | {"reason_code": code, "document_ref": "doc"})


def accepted(number: int, municipality: str, on: date, route: str = "standard") -> IntakeAccepted:
    about = {"client": f"p-{number}-0", "household_ref": f"h-{number}", "municipality": municipality, "route": route, "accepted_on": on}
    return IntakeAccepted.model_validate(about)


def baton(number: int, municipality: str, person: str) -> BatonOpened:
    about = {"client": f"p-{number}-0", "municipality": municipality, "organisation": "region", "team_ref": "team-1"}
    return BatonOpened.model_validate(about | {"contact_person": person, "on": date(2024, 1, 5)})


INTAKE: list[Event] = [
    HouseholdRegistered(household_ref="h-1", on=date(2024, 1, 1), facts=household(1, ALKMAAR)),
    HouseholdRegistered(household_ref="h-2", on=date(2024, 1, 1), facts=household(2, ALKMAAR, persons=2)),
    HouseholdRegistered(household_ref="h-3", on=date(2024, 1, 1), facts=household(3, BERGEN, "none")),
    HouseholdRegistered(household_ref="h-4", on=date(2024, 1, 1), facts=household(4, BERGEN)),
    HouseholdMoved(household_ref="h-4", on=date(2024, 1, 9), facts=household(4, ALKMAAR), from_municipality=BERGEN),
    accepted(1, ALKMAAR, date(2024, 1, 5)),
    accepted(2, ALKMAAR, date(2024, 2, 6), "integral"),
    accepted(3, BERGEN, date(2024, 2, 7)),
    ApplicationReceived(
        client="p-3-0", household_ref="h-3", municipality=BERGEN, application_ref="a-3", scheme="energy-allowance", scheme_year=2023,
        channel="desk", received_on=date(2024, 1, 10),
    ),
    ApplicationReceived(
        client="p-9-0", household_ref="h-9", municipality=BERGEN, application_ref="a-9", scheme="energy-allowance", scheme_year=2023,
        channel="post", received_on=date(2024, 1, 20),
    ),
    ApplicationReceived(
        client="p-5-0", household_ref="h-5", municipality=ALKMAAR, application_ref="a-5", scheme="energy-allowance", scheme_year=2023,
        channel="web-form", received_on=date(2023, 12, 1),
    ),
]  # fmt: skip

HANDOVER: list[Event] = [
    StaffJoined(team_ref="team-1", municipality=ALKMAAR, staff_ref="s-1", on=date(2023, 1, 1)),
    StaffJoined(team_ref="team-1", municipality=ALKMAAR, staff_ref="s-2", on=date(2023, 1, 1)),
    baton(1, ALKMAAR, "s-1"),
    baton(2, ALKMAAR, "s-1"),
    ContactPersonAssigned(
        client="p-2-0", municipality=ALKMAAR, team_ref="team-1", contact_person="s-2", on=date(2024, 2, 9), reason="leave"
    ),
    StaffLeft(team_ref="team-1", municipality=ALKMAAR, staff_ref="s-1", on=date(2024, 2, 9)),
]

PREPARED = RunPrepared(
    run_ref="run-1", scheme="energy-allowance", scheme_year=2023, tranche=1, intake_position=11, households=9, candidates=6, excluded=2,
    held=1, granted=5, refused=1, total_cents=600_000, manifest_hash="m", rule_versions=("v1",), decided_on=DECIDED, promised_on=PROMISED,
    prepared_by="s-1",
)  # fmt: skip

AGAIN = {
    "run_ref": "run-2", "kind": "pay-again", "corrects": "run-1", "households": 1, "candidates": 1, "excluded": 0, "held": 0,
    "granted": 1, "refused": 0, "total_cents": 130_000, "manifest_hash": "m2",
}  # fmt: skip


def file(run_ref: str, message_id: str, payments: int, total_cents: int) -> PaymentFileWritten:
    return PaymentFileWritten(
        run_ref=run_ref, message_id=message_id, part=1, parts=1, count=payments, total_cents=total_cents, sha256="00", execution_on=EXECUTED
    )


# Five grants approved for 6,000 euro: h-1, h-2 and h-5 in Alkmaar, h-4 in Bergen for 800, h-6 withheld. h-3 was refused for two reasons.
# h-1 paid on time, h-2 returned (AC04) and paid again a day late, h-4 rejected (AC01), h-5 withdrawn and revoked.
# h-2 was paid again by run-2, which a late signature approved.
BENEFITS: list[Event] = [
    PREPARED,
    RunApproved(run_ref="run-1", manifest_hash="m", granted=5, total_cents=600_000, approved_by="s-2"),
    RunReleaseOrdered(run_ref="run-1", ordered_by="s-1", execution_on=EXECUTED),
    granted(1, ALKMAAR),
    granted(2, ALKMAAR),
    granted(4, BERGEN, 80_000),
    granted(5, ALKMAAR),
    AllowanceRefused.model_validate(decided(3, BERGEN, 0, "income-above-limit", "student-finance")),
    AllowanceWithheld.model_validate(decided(6, BERGEN, 130_000, "already-paid-in-full")),
    RunReleased(run_ref="run-1", granted=4, refused=1, withheld=1, total_cents=470_000),
    instructed(1, ALKMAAR),
    instructed(2, ALKMAAR),
    instructed(4, BERGEN, amount_cents=80_000),
    instructed(5, ALKMAAR),
    paid(1, ALKMAAR, date(2024, 2, 29)),
    paid(2, ALKMAAR, date(2024, 2, 29)),
    rejected(4, BERGEN, "AC01").model_copy(update={"amount_cents": 80_000}),
    returned(2, ALKMAAR, "AC04"),
    instructed(2, ALKMAAR, attempt=2),
    paid(2, ALKMAAR, date(2024, 3, 2), attempt=2),
    BankLineUnmatched(document_ref="doc", line=7, kind="paid", end_to_end_id="x-1", amount_cents=500, reason_code="unknown-payment"),
    file("run-1", "m-1", 4, 470_000),
    RunPrepared.model_validate(PREPARED.model_dump() | AGAIN),
    RunSampleDrawn(run_ref="run-2", manifest_hash="m2", rows=(SampleRow(right_ref="r2", municipality=ALKMAAR, standing="again"),)),
    SampleRowJudged(run_ref="run-2", right_ref="r2", verdict="right", judged_by="s-2"),
    RunApprovalEscalated(run_ref="run-2", level=1, signatures=0, needed=1, due_at=None),
    RunApproved(run_ref="run-2", manifest_hash="m2", granted=1, total_cents=130_000, approved_by="s-2"),
    BudgetReserved(scheme="energy-allowance", scheme_year=2023, municipality=ALKMAAR, run_ref="run-2", amount_cents=130_000),
    file("run-2", "m-2", 1, 130_000),
    FileHandedOver(run_ref="run-2", message_id="m-2", handover=1, handed_to="s-1"),
    BudgetReleased(scheme="energy-allowance", scheme_year=2023, municipality=ALKMAAR, run_ref="run-2", amount_cents=30_000),
    PaymentWithdrawn.model_validate(payment(5, ALKMAAR) | {"reason_code": "wrong-facts"}),
    AllowanceRevoked.model_validate(right(5, ALKMAAR, 130_000) | {"reason_code": "wrong-facts"}),
]

ALL = {"intake": INTAKE, "handover": HANDOVER, "benefits": BENEFITS}
FACTS = sum(len(facts) for facts in ALL.values())


def everything() -> list[OnKafka]:
    return [record for service, facts in ALL.items() for record in records(service, facts)]
