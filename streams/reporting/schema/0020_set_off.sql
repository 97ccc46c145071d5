-- A payment of a month that came back meets the claim on that month: it is promised to nobody any more, and counts as repaid.
CREATE OR REPLACE VIEW promises
(
    client String COMMENT 'Client to whom it was promised',
    right_ref String COMMENT 'Right that was granted',
    scheme LowCardinality(String) COMMENT 'energy-allowance or monthly-benefit',
    kind LowCardinality(String) COMMENT 'allowance; of the monthly benefit month, back-payment, holiday-allowance, advance, fixed-charge or attachment',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    run_ref LowCardinality(String) COMMENT 'Run that granted it',
    scheme_year UInt16 COMMENT 'Scheme year; of the monthly benefit the year of the month that it is about',
    month Date COMMENT 'First day of the month of the promised day',
    amount_cents Int64 COMMENT 'Euro cents granted',
    promised_on Date COMMENT 'Day by which it was promised',
    instructed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Moment at which its first payment was put into a file; NULL when none was',
    paid_on Nullable(Date) COMMENT 'Day on which the bank booked the payment that stays; NULL while none does',
    state LowCardinality(String) COMMENT 'pending, instructed, paid, rejected, returned, withdrawn, or revoked: then nothing is promised any more',
    days_late Int32 COMMENT 'Days between the promised day and payment, or the day of the last fact while unpaid; 0 when in time or revoked',
    is_on_time Nullable(Bool) COMMENT 'Paid by the promised day; NULL while the day is not over, and of what was revoked',
    benefits_position UInt64 COMMENT 'Last position of benefits that the row rests on'
)
AS SELECT
    client, right_ref, scheme, kind, municipality, run_ref, scheme_year, toStartOfMonth(promised_on) AS month, amount_cents, promised_on,
    instructed_at, paid_on, state,
    toInt32(if(state = 'revoked', 0, greatest(0, dateDiff('day', promised_on, ifNull(paid_on, known_on))))) AS days_late,
    multiIf(state = 'revoked', NULL, days_late > 0, false, paid_on IS NOT NULL, true, NULL) AS is_on_time,
    benefits_position
FROM
(
    SELECT
        right_ref,
        anyIf(f.client, is_grant) AS client,
        if(countIf(fact = 'monthly-right-granted') > 0, 'monthly-benefit', anyIf(JSONExtractString(data, 'scheme'), is_grant)) AS scheme,
        if(scheme = 'monthly-benefit', anyIf(JSONExtractString(data, 'kind'), is_grant), 'allowance') AS kind,
        anyIf(f.municipality, is_grant) AS municipality,
        anyIf(f.run_ref, is_grant) AS run_ref,
        if(scheme = 'monthly-benefit', toUInt16(substring(anyIf(JSONExtractString(data, 'month'), is_grant), 1, 4)), anyIf(f.scheme_year, is_grant))
            AS scheme_year,
        anyIf(ifNull(f.amount_cents, 0), is_grant) AS amount_cents,
        anyIf(toDateOrZero(JSONExtractString(data, 'promised_on')), is_grant) AS promised_on,
        minOrNullIf(recorded_at, fact = 'payment-instructed') AS instructed_at,
        argMax(multiIf(is_grant, 'pending', fact IN ('allowance-revoked', 'monthly-right-set-off'), 'revoked', substring(fact, 9)), version) AS state,
        if(state = 'paid', argMaxOrNullIf(toDateOrZero(JSONExtractString(data, 'booked_on')), version, fact = 'payment-paid'), NULL) AS paid_on,
        assumeNotNull((SELECT max(toDate(recorded_at, 'Europe/Amsterdam')) FROM events WHERE service = 'benefits')) AS known_on,
        max(f.position) AS benefits_position
    FROM (SELECT *, fact IN ('allowance-granted', 'monthly-right-granted') AS is_grant FROM facts) AS f
    WHERE fact IN ('allowance-granted', 'monthly-right-granted', 'allowance-revoked', 'monthly-right-set-off', 'payment-instructed', 'payment-paid',
        'payment-returned', 'payment-rejected', 'payment-withdrawn')
    GROUP BY right_ref
    HAVING countIf(is_grant) > 0
)
COMMENT 'One row per right that was promised, of an allowance or the monthly benefit: by when, when it was sent and paid, and how late';

CREATE OR REPLACE VIEW recovery_claims
(
    claim_ref String COMMENT 'Recovery claim',
    client String COMMENT 'Client',
    municipality LowCardinality(String) COMMENT 'Municipality',
    ground LowCardinality(String) COMMENT 'advance-refused, advance-not-settled, paid-too-much, duty-to-inform, withdrawn or fine',
    claimed_cents Int64 COMMENT 'Euro cents claimed',
    offset_cents Int64 COMMENT 'Taken from what the client is paid',
    repaid_cents Int64 COMMENT 'Paid back by the client, or met by a payment of its month that came back',
    written_off_cents Int64 COMMENT 'No longer claimed',
    reduced_cents Int64 COMMENT 'No longer claimed after an objection or ruling, of what was open',
    refund_cents Int64 COMMENT 'Came in, and is paid back: after an objection or ruling, or as a payment that came back was more than was open',
    open_cents Int64 COMMENT 'Still to come',
    opened_on Date COMMENT 'Day of the claim',
    letter_on Nullable(Date) COMMENT 'Day on which its letter left; NULL: nothing is taken for it yet',
    benefits_position UInt64 COMMENT 'Last position of benefits that the row rests on'
)
AS SELECT
    c.claim_ref, c.client, c.municipality, c.ground, c.claimed_cents, c.offset_cents,
    c.repaid_cents, c.written_off_cents, c.reduced_cents, c.refund_cents, c.open_cents, c.opened_on,
    coalesce(least(own.left_on, decision.left_on), own.left_on, decision.left_on) AS letter_on,
    c.benefits_position
FROM
(
    SELECT
        substring(stream, 19) AS claim_ref,
        any(f.client) AS client,
        any(f.municipality) AS municipality,
        anyIf(JSONExtractString(data, 'ground'), fact = 'recovery-opened') AS ground,
        sumIf(ifNull(amount_cents, 0), fact = 'recovery-opened') AS claimed_cents,
        sumIf(ifNull(amount_cents, 0), fact = 'recovery-offset') AS offset_cents,
        sumIf(ifNull(amount_cents, 0), fact = 'recovery-repaid') AS repaid_cents,
        sumIf(ifNull(amount_cents, 0), fact = 'recovery-written-off') AS written_off_cents,
        sumIf(ifNull(amount_cents, 0), fact = 'recovery-reduced') AS reduced_cents,
        sumIf(JSONExtractInt(data, 'refund_cents'), fact IN ('recovery-reduced', 'recovery-repaid')) AS refund_cents,
        claimed_cents - offset_cents - repaid_cents - written_off_cents - reduced_cents AS open_cents,
        anyIf(toDateOrZero(JSONExtractString(data, 'opened_on')), fact = 'recovery-opened') AS opened_on,
        if(startsWith(ground, 'advance-'), anyIf(JSONExtractString(data, 'decision_ref'), fact = 'recovery-opened'), '') AS told_by,
        max(f.position) AS benefits_position
    FROM facts AS f
    WHERE fact IN ('recovery-opened', 'recovery-offset', 'recovery-repaid', 'recovery-written-off', 'recovery-reduced')
    GROUP BY stream
) AS c
LEFT JOIN
(
    SELECT JSONExtractString(data, 'decision_ref') AS ref, minOrNull(toDateOrZero(JSONExtractString(data, 'notified_on'))) AS left_on
    FROM facts WHERE fact = 'decision-notified' GROUP BY ref
) AS own ON own.ref = c.claim_ref
LEFT JOIN
(
    SELECT JSONExtractString(data, 'decision_ref') AS ref, minOrNull(toDateOrZero(JSONExtractString(data, 'notified_on'))) AS left_on
    FROM facts WHERE fact = 'decision-notified' GROUP BY ref
) AS decision ON decision.ref = c.told_by
COMMENT 'One row per recovery claim, with what is still open and when its letter left';
