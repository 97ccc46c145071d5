"""One example of every published fact about the monthly benefit, with invented references."""

from datetime import date
from typing import Any

from services.contracts import circumstances, monthly, monthly_money
from services.contracts.envelope import Event

ON = date(2024, 3, 1)
H, P, R = "h-00000000000000a1", "p-00000000000000b1", "r0123456789abcdef0123456789"
RUN, CLAIM, GM = "run-00000000000000c1", "cl-00000000000000f1", "GM0361"

CIRCUMSTANCES = circumstances.Circumstances(
    household_type="couple",
    age_bands=("27-pension", "21-26"),
    cost_sharers=1,
    partner="p-00000000000000b2",
    exemption="first-months",
    income_expected=True,
)
ASSETS = circumstances.AssetsTested(assets_cents=250_000, limit_cents=1_515_000, home_cents=0, home_limit_cents=6_390_000)
_benefit: dict[str, Any] = {"client": P, "household_ref": H, "municipality": GM}
_decision: dict[str, Any] = {
    **_benefit,
    "decision_ref": "dec-00000000000000d1",
    "effective_on": ON,
    "decided_on": ON,
    "decided_by": "s-1",
    "rule_version": "monthly-benefit/1+00000000",
    "reason_code": "entitled",
    "text_ref": "t-1",
}
_bound: dict[str, Any] = {"account_ref": "acc-00000000000000e1", "account_fingerprint": "cd" * 16}
_money: dict[str, Any] = {
    **_benefit,
    "run_ref": RUN,
    "month": "2024-03",
    "sequence": 1,
    "parts": (monthly_money.Part(kind="client", ref=R, cents=121_964), monthly_money.Part(kind="reserve", ref="", cents=6_419)),
    "rule_version": "monthly-benefit/1+00000000",
    "facts_hash": "ab" * 32,
    "decided_on": ON,
    "rests_on": ("decision/dec-00000000000000d1", "income/form-1/2024-03-01", "rule/norm single/2024-01-01"),
}
_recovery: dict[str, Any] = {"claim_ref": CLAIM, "client": P, "municipality": GM, "amount_cents": 50_000}
_right: dict[str, Any] = {"right_ref": R, "client": P, "household_ref": H, "municipality": GM, "run_ref": RUN, "amount_cents": 121_964}

MONTHLY_EXAMPLES: tuple[Event, ...] = (
    monthly.BenefitApplied(**_benefit, declared=CIRCUMSTANCES, reported_on=ON, applied_on=ON, decide_by=ON, search_waived=True),
    monthly.BenefitGranted(**_decision, circumstances=CIRCUMSTANCES, reclaimed_cents=2_000, assets=ASSETS),
    monthly.BenefitRefused(**_decision),
    monthly.AdvancesStopped(**_decision),
    monthly.BenefitChanged(**_decision, circumstances=CIRCUMSTANCES),
    monthly.BenefitSuspended(**_decision, recover_by=ON),
    monthly.BenefitResumed(**_decision),
    monthly.PaymentBlocked(**_decision),
    monthly.PaymentUnblocked(**_decision),
    monthly.BenefitEnded(**_decision),
    monthly.BenefitWithdrawn(**_decision),
    monthly.MeasureImposed(**_decision, percent=30, months=1),
    monthly.FixedChargeArranged(**_decision, **_bound, charge_ref="ch-1", cents_per_month=60_000),
    monthly.FixedChargeStopped(**_decision, charge_ref="ch-1"),
    monthly.AttachmentServed(**_decision, **_bound, attachment_ref="at-1", claimed_cents=90_000),
    monthly.AttachmentLifted(**_decision, attachment_ref="at-1"),
    monthly.BenefitShared(**_benefit, with_client="p-00000000000000b2", on=ON),
    monthly.BenefitShareEnded(**_benefit, with_client="p-00000000000000b2", on=ON),
    monthly.IncomeReported(
        **_benefit,
        month="2024-03",
        lines=(circumstances.IncomeLine(kind="wages", period="four-weeks", net_cents=53_000),),
        reported_on=ON,
        source_ref="form-1",
    ),
    monthly.DecisionNotified(**_benefit, decision_ref="dec-1", letter_ref="t-2", notified_on=ON, objection_until=ON),
    monthly.ObjectionLodged(**_benefit, objection_ref="ob-1", decision_ref="dec-1", lodged_on=ON, decide_by=ON, text_ref="t-3"),
    monthly.ObjectionDecided(**_benefit, objection_ref="ob-1", decision_ref="dec-1", outcome="upheld", decided_on=ON, decided_by="s-2"),
    monthly.DecisionReopened(
        **_benefit, decision_ref="dec-1", ground="ruling", source="ECLI:NL:CRVB:2023:2024", reopened_on=ON, reopened_by="s-2"
    ),
    monthly_money.MonthDecided(
        **_money,
        amounts=monthly_money.MonthAmounts(
            norm_cents=128_383,
            supplement_cents=0,
            received_cents=0,
            exempt_cents=0,
            measure_cents=0,
            total_cents=128_383,
            reserved_cents=6_419,
        ),
        seizable_cents=6_419,
    ),
    monthly_money.HolidayAllowanceDecided(**_money, cents=77_028),
    monthly_money.AdvanceDecided(**_money, cents=115_545, applied_on=ON),
    monthly_money.AdvancesReclaimed(**{**_money, "parts": ()}, cents=2_000, claim_ref=CLAIM),
    monthly_money.RefundDecided(**_money, cents=77_028, claim_ref=CLAIM),
    monthly_money.EntitlementHeld(**_benefit, run_ref=RUN, reason_code="changed-since-approval"),
    monthly_money.MonthlyRightGranted(
        **_right,
        **_bound,
        month="2024-03",
        kind="month",
        sequence=1,
        rule_version="monthly-benefit/1+00000000",
        facts_hash="ab" * 32,
        decided_on=ON,
        promised_on=ON,
    ),
    monthly_money.BenefitTakenOver(**_benefit, upto="2024-03", reserve_cents=64_190, source_ref="old-1", recorded_by="s-3"),
    monthly_money.RecoveryOpened(
        **_recovery,
        ground="paid-too-much",
        opened_on=ON,
        opened_by="s-1",
        decision_ref="dec-1",
        months=(monthly_money.ClaimedMonth(month="2024-03", sequence=2, cents=50_000, because=("income/form-1/2024-03-01",)),),
    ),
    monthly_money.RecoveryOffset(**_recovery, run_ref=RUN, month="2024-03"),
    monthly_money.RecoveryRepaid(**_recovery, received_on=ON, source_ref=R, right_ref=R, refund_cents=71_964),
    monthly_money.MonthlyRightSetOff(**_right, claim_ref=CLAIM, set_off_on=ON, set_off_by="s-1"),
    monthly_money.RecoveryWrittenOff(**_recovery, reason_code="uncollectable", decided_on=ON, decided_by="s-1", decision_ref="dec-1"),
    monthly_money.RecoveryReduced(
        **_recovery,
        refund_cents=20_000,
        claim_cents=0,
        because="ob-1",
        reason_code="objection-upheld",
        decided_on=ON,
        decided_by="s-1",
        decision_ref="dec-1",
    ),
)
