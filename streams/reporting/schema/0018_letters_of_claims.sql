-- When the letter of a claim left: until then nothing is taken for it.
CREATE OR REPLACE VIEW recovery_claims
(
    claim_ref String COMMENT 'Recovery claim',
    client String COMMENT 'Client',
    municipality LowCardinality(String) COMMENT 'Municipality',
    ground LowCardinality(String) COMMENT 'advance-refused, advance-not-settled, paid-too-much, duty-to-inform, withdrawn or fine',
    claimed_cents Int64 COMMENT 'Euro cents claimed',
    offset_cents Int64 COMMENT 'Taken from what the client is paid',
    repaid_cents Int64 COMMENT 'Paid back by the client',
    written_off_cents Int64 COMMENT 'No longer claimed',
    reduced_cents Int64 COMMENT 'No longer claimed after an objection or ruling, of what was open',
    refund_cents Int64 COMMENT 'Came in, and is paid back after an objection or ruling',
    open_cents Int64 COMMENT 'Still to come',
    opened_on Date COMMENT 'Day of the claim',
    letter_on Nullable(Date) COMMENT 'Day on which its letter left; NULL: nothing is taken for it yet',
    benefits_position UInt64 COMMENT 'Last position of benefits that the row rests on'
)
AS SELECT
    c.claim_ref, c.client, c.municipality, c.ground, c.claimed_cents, c.offset_cents,
    c.repaid_cents, c.written_off_cents, c.reduced_cents, c.refund_cents, c.open_cents, c.opened_on,
    coalesce(least(own.left_on, refusal.left_on), own.left_on, refusal.left_on) AS letter_on,
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
        sumIf(JSONExtractInt(data, 'refund_cents'), fact = 'recovery-reduced') AS refund_cents,
        claimed_cents - offset_cents - repaid_cents - written_off_cents - reduced_cents AS open_cents,
        anyIf(toDateOrZero(JSONExtractString(data, 'opened_on')), fact = 'recovery-opened') AS opened_on,
        if(ground = 'advance-refused', anyIf(JSONExtractString(data, 'decision_ref'), fact = 'recovery-opened'), '') AS told_by,
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
) AS refusal ON refusal.ref = c.told_by
COMMENT 'One row per recovery claim, with what is still open and when its letter left';
