"""One example of every published fact, with invented references."""

from datetime import UTC, date, datetime
from typing import Any

from services.contracts import bank, benefits, erasure, handover, handover_contacts, intake, payouts, restored, run_control, runs, teams
from services.contracts.codec import Record, rfc3339
from services.contracts.envelope import Event
from tests.contracts.glass_examples import GLASS_EXAMPLES
from tests.contracts.intake_examples import MATTER_EXAMPLES, NEED_EXAMPLES, PAIR_EXAMPLES
from tests.contracts.monthly_examples import MONTHLY_EXAMPLES
from tests.contracts.route_examples import ROUTE_EXAMPLES

ON = date(2024, 1, 1)
AT = datetime(2024, 2, 15, 8, 30, 0, 125, tzinfo=UTC)
H, P, R = "h-00000000000000a1", "p-00000000000000b1", "r0123456789abcdef0123456789"
RUN, GM = "run-00000000000000c1", "GM0361"

FACTS = intake.HouseholdFacts(
    municipality=GM,
    household_type="couple",
    living="independent",
    dwelling_ref="d-00000000000000d1",
    income_cents_per_month=121_964,
    income_source="benefit",
    benefit="pw",
    members=(
        intake.Member(person_ref=P, role="applicant", age_band="27-pension"),
        intake.Member(person_ref="p-00000000000000b2", role="partner", age_band="21-26", student=True),
    ),
)

_household: dict[str, Any] = {"household_ref": H, "on": ON, "facts": FACTS}
_client: dict[str, Any] = {"client": P, "household_ref": H, "municipality": GM}
_team: dict[str, Any] = {"team_ref": "team-1", "municipality": GM, "on": ON}
_baton: dict[str, Any] = {"client": P, "municipality": GM, "team_ref": "team-1", "on": ON}
_named: dict[str, Any] = {"team_ref": "team-1", "municipality": GM}
_offer: dict[str, Any] = {"client": P, "municipality": GM, "offer": 1, "from_team_ref": "team-1", "to_team_ref": "team-2"}
_level: dict[str, Any] = {"client": P, "municipality": GM, "reason": "cooperation-stalls", "rule_version": "handover+ab12cd34"}
_reassignment: dict[str, Any] = {"reassignment_ref": "ra-1", "team_ref": "team-1", "municipality": GM, "from_staff": "s-1"}
_call_back: dict[str, Any] = {"client": P, "municipality": GM, "call_back_ref": "cb-1"}
_scheme: dict[str, Any] = {"scheme": "energy-allowance", "scheme_year": 2023}
_ledger: dict[str, Any] = {"household_ref": H, "municipality": GM, **_scheme, "right_ref": R, "amount_cents": 80_000}
_right: dict[str, Any] = {"right_ref": R, "client": P, "household_ref": H, "municipality": GM, "run_ref": RUN, "amount_cents": 80_000}
_decided: dict[str, Any] = {
    **_right,
    **_scheme,
    "tranche": 2,
    "sequence": 1,
    "rule_version": "GM0361-2023-2",
    "facts_hash": "ab" * 32,
    "decided_on": ON,
}
_payment: dict[str, Any] = {**_right, "attempt": 1, "end_to_end_id": f"{R}-1"}
_bound: dict[str, Any] = {"account_ref": "acc-00000000000000e1", "account_fingerprint": "cd" * 16}
_erasure: dict[str, Any] = {"client": P, "municipality": GM, "erasure": 1}
_hindrances = (
    erasure.Hindrance(service="benefits", reason="payment-open", what=R),
    erasure.Hindrance(service="benefits", reason="retention-term-runs", until=date(2034, 1, 1)),
)
_document: dict[str, Any] = {"document_ref": "bank-0123456789abcdef"}

EXAMPLES: tuple[Event, ...] = (
    intake.HouseholdRegistered(**_household),
    intake.HouseholdMoved(**_household, from_municipality="GM0399"),
    intake.HouseholdSplit(**_household, leavers=("p-00000000000000b2",), new_household_ref="h-00000000000000a2"),
    intake.HouseholdIncomeReported(**_household),
    intake.HouseholdMemberBorn(**_household, person_ref=P),
    intake.HouseholdMemberDied(**_household, person_ref="p-00000000000000b3", died_on=ON),
    intake.HouseholdMembersLeft(**_household, leavers=("p-00000000000000b2",), to_household_ref="h-00000000000000a2"),
    intake.HouseholdMembersJoined(**_household, joiners=("p-00000000000000b2",), from_household_ref="h-00000000000000a2"),
    intake.AgeBandReached(**_household, person_ref=P, age_band="pension"),
    intake.ApplicationReceived(**_client, **_scheme, application_ref="a-1", channel="desk", received_on=ON, text_ref="t-1"),
    intake.IntakeAccepted(**_client, route="standard", accepted_on=ON),
    teams.TeamFormed(**_team, organisation="region"),
    teams.StaffJoined(**_team, staff_ref="s-1"),
    teams.StaffLeft(**_team, staff_ref="s-1"),
    handover.BatonOpened(**_baton, organisation="region", contact_person="s-1"),
    handover.ContactPersonAssigned(**_baton, contact_person="s-2", reason="leave"),
    teams.TeamDescribed(**_named, domain="work-income", name="Team 1", telephone="+31 72 000 00 00", email="team-1@example.org"),
    teams.StaffNamed(**_named, staff_ref="s-1", name_ref="n-1"),
    teams.StandInNamed(**_named, staff_ref="s-1", stand_in="s-2", from_on=ON, until_on=ON),
    teams.StaffReturned(**_team, staff_ref="s-1"),
    handover.BatonOffered(
        **_offer, from_organisation="region", to_organisation="municipality", kind="between-organisations", purpose="debt-help",
        legal_basis="wgs-8", domain_from="work-income", domain_to="debt-help", shares=("reference", "debts"), keeps_quality="receiver",
        keeps_coherence="sender", keeps_contact="receiver", near_at=AT, due_at=AT, fall_back_at=AT, rule_version="handover+ab12cd34",
        offered_by="s-1", text_ref="t-1",
    ),
    handover.BatonAccepted(**_offer, organisation="municipality", contact_person="s-3", on=ON, accepted_by="s-3"),
    handover.BatonDeclined(**_offer, reason="no-capacity", declined_by="s-3", text_ref="t-1"),
    handover.BatonOfferWithdrawn(**_offer, reason="mistaken", withdrawn_by="s-1"),
    handover.BatonDueNeared(**_offer, due_at=AT),
    handover.BatonDuePassed(**_offer, due_at=AT),
    handover.BatonFellBack(**_offer, due_at=AT),
    handover.HandoverCompleted(**_offer, result="goal-reached", completed_by="s-3"),
    handover.EscalationRaised(**_level, level=2, directs="case-director"),
    handover.EscalationLowered(**_level, level=1, directs="contact-person"),
    handover.CaseloadReassignmentOrdered(**_reassignment, to_staff=("s-2", "s-3"), reason="reorganisation", ordered_by="s-boss"),
    handover.CaseloadReassignmentCompleted(**_reassignment, clients=500),
    handover_contacts.ContactRecorded(
        client=P, municipality=GM, contact_ref="contact-1", channel="telephone", direction="from-client", subject="payment",
        staff_ref="s-1", at=AT, text_ref="t-1",
    ),
    handover_contacts.CallBackRequested(
        **_call_back, team_ref="team-1", channel="telephone", subject="payment", due_at=AT, rule_version="handover+ab12cd34", text_ref="t-1"
    ),
    handover_contacts.CallBackAnswered(**_call_back, outcome="reached", answered_by="s-1"),
    handover_contacts.CallBackTermPassed(**_call_back, team_ref="team-1", due_at=AT),
    benefits.HouseholdNoted(**_household, cause="registered", source_version=1),
    benefits.ApplicationNoted(**_client, **_scheme, application_ref="a-1", received_on=ON),
    benefits.AccountBound(client=P, municipality=GM, account_ref="acc-00000000000000e1", fingerprint="cd" * 16, on=ON),
    benefits.OpeningBalanceRecorded(**_ledger, source_ref="old-1"),
    benefits.LedgerReserved(**_ledger, run_ref=RUN),
    benefits.ClaimReserved(person_ref=P, household_ref=H, municipality=GM, **_scheme, right_ref=R),
    benefits.AllowanceGranted(**_decided, reasons=("benefit",), **_bound, promised_on=ON),
    benefits.AllowanceRefused(**{**_decided, "amount_cents": 0}, reasons=("income-above-limit",)),
    benefits.AllowanceWithheld(**_decided, reasons=("claimed-elsewhere",)),
    benefits.PaymentInstructed(**_payment, **_bound, message_id="MSG-1", execution_on=ON),
    benefits.PaymentPaid(**_payment, **_document, booked_on=ON),
    benefits.PaymentRejected(**_payment, **_document, reason_code="AC01"),
    benefits.PaymentReturned(**_payment, **_document, reason_code="AC04", booked_on=ON),
    payouts.AccountChangeProposed(
        client=P, municipality=GM, account_ref="acc-00000000000000e2", fingerprint="cd" * 16, on=ON, proposed_by="s-3"
    ),
    payouts.PayAgainAllowed(**_right, attempt=1, ground="investigated", allowed_by="s-4"),
    payouts.PayoutAccountReplaced(**_right, attempt=2, **_bound),
    payouts.PaymentWithdrawn(**_payment, reason_code="wrong-facts"),
    payouts.PaymentRecallAsked(**_payment, reason_code="DUPL", asked_by="s-4"),
    payouts.PaymentRecallAnswered(**_payment, outcome="rejected", reason_code="CUST", document_ref="ef" * 32),
    payouts.RecallFileHandedOver(
        run_ref=RUN,
        message_id=f"{RUN}-rc1",
        number=1,
        after_position=0,
        upto_position=90,
        debtor_fingerprint="cd" * 16,
        count=2,
        total_cents=260_000,
        sha256="ab" * 32,
        handover=1,
        handed_to="s-4",
    ),
    payouts.AllowanceRevoked(**_right, reason_code="wrong-facts"),
    payouts.LedgerReleased(**_ledger, run_ref=RUN),
    payouts.ClaimReleased(person_ref=P, household_ref=H, municipality=GM, **_scheme, right_ref=R),
    run_control.RunSampleDrawn(
        run_ref=RUN, manifest_hash="ef" * 32, rows=(run_control.SampleRow(right_ref=R, municipality=GM, standing="granted"),)
    ),
    run_control.SampleRowJudged(run_ref=RUN, right_ref=R, verdict="right", judged_by="s-4"),
    run_control.RunApprovalEscalated(run_ref=RUN, level=1, signatures=1, needed=2, due_at=AT),
    run_control.RunCancellationOrdered(run_ref=RUN, reason_code="wrong-facts", ordered_by="s-3"),
    run_control.RunCancelled(run_ref=RUN, withdrawn=6, total_cents=480_000),
    run_control.BudgetSet(**_scheme, municipality=GM, amount_cents=9_500_000, decision_ref="raad-2023-117", decided_by="s-7"),
    run_control.BudgetReserved(**_scheme, municipality=GM, run_ref=RUN, amount_cents=480_000),
    run_control.BudgetReleased(**_scheme, municipality=GM, run_ref=RUN, amount_cents=80_000),
    runs.RunPrepared(
        run_ref=RUN, **_scheme, tranche=2, intake_position=9, households=10, candidates=7, excluded=2, held=1, granted=6, refused=1,
        total_cents=480_000, manifest_hash="ef" * 32, rule_versions=("GM0361-2023-2",), decided_on=ON, promised_on=ON, prepared_by="s-3",
    ),
    runs.RunApproved(run_ref=RUN, manifest_hash="ef" * 32, granted=6, total_cents=480_000, approved_by="s-4"),
    runs.RunReleaseOrdered(run_ref=RUN, ordered_by="s-3", execution_on=ON),
    runs.RunReleased(run_ref=RUN, granted=6, refused=1, withheld=0, total_cents=480_000),
    runs.PaymentFileWritten(
        run_ref=RUN,
        message_id="MSG-1",
        part=1,
        parts=1,
        count=6,
        total_cents=480_000,
        sha256="01" * 32,
        execution_on=ON,
        debtor_fingerprint="02" * 32,
    ),
    runs.FileHandedOver(run_ref=RUN, message_id="MSG-1", handover=1, handed_to="s-3"),
    runs.RunClosed(run_ref=RUN, granted_cents=480_000, paid_cents=400_000, returned_cents=80_000, rejected_cents=0, closed_by="s-3"),
    runs.RunAborted(run_ref=RUN, reason_code="wrong-policy", aborted_by="s-3"),
    bank.BankLineUnmatched(**_document, line=3, kind="paid", end_to_end_id=None, amount_cents=None, reason_code="unknown-payment"),
    bank.BankAnswerRead(**_document, kind="camt.053", paid=5, returned=1, rejected=0, unmatched=1),
    *(told.lost() for told in restored.TOLD_BY.values()),
    *(
        told.restored(backup_position=40, read_back=12, lost=2, lifting="bank-confirmed", lifted_by=("s-3", "s-4"))
        for told in restored.TOLD_BY.values()
    ),
    *MONTHLY_EXAMPLES,
    *MATTER_EXAMPLES,
    *ROUTE_EXAMPLES,
    *GLASS_EXAMPLES,
    erasure.ErasureRequested(**_erasure, ground="client-asked", requested_by="s-7", requested_on=ON),
    erasure.ErasureOrdered(**_erasure),
    erasure.ErasureCalledOff(**_erasure, hindrances=_hindrances),
    erasure.ClientErased(**_erasure, erased_on=ON),
    erasure.BenefitsErasureCleared(**_erasure),
    erasure.BenefitsErasureHindered(**_erasure, hindrances=_hindrances),
    erasure.BenefitsErasureCalledOff(**_erasure),
    erasure.BenefitsClientErased(**_erasure, erased_on=ON),
    erasure.HandoverErasureCleared(**_erasure),
    erasure.HandoverErasureHindered(**_erasure, hindrances=_hindrances),
    erasure.HandoverErasureCalledOff(**_erasure),
    erasure.HandoverClientErased(**_erasure, erased_on=ON),
    *NEED_EXAMPLES,
    *PAIR_EXAMPLES,
)  # fmt: skip  # a table of examples


def recorded(event: Event, version: int = 1, position: int = 1) -> Record:
    """The example as it would lie in a log."""
    home = event.home()
    return Record(
        position=position,
        event_id=f"00000000-0000-4000-8000-{position:012d}",
        stream=home.stream,
        version=version,
        type=event.TYPE,
        key=home.key,
        client=home.client,
        municipality=home.municipality,
        effective_at=rfc3339(AT),
        recorded_at=rfc3339(AT),
        actor="s-1",
        command_id="command-1",
        causation_id=None,
        correlation_id="correlation-1",
        data=event.model_dump_json().encode(),
    )
