-- Claims name their grounds and the months that they rest on.
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
    open_cents Int64 COMMENT 'Still to come',
    opened_on Date COMMENT 'Day of the claim',
    benefits_position UInt64 COMMENT 'Last position of benefits that the row rests on'
)
AS SELECT
    substring(stream, 19) AS claim_ref,
    any(f.client) AS client,
    any(f.municipality) AS municipality,
    anyIf(JSONExtractString(data, 'ground'), fact = 'recovery-opened') AS ground,
    sumIf(ifNull(amount_cents, 0), fact = 'recovery-opened') AS claimed_cents,
    sumIf(ifNull(amount_cents, 0), fact = 'recovery-offset') AS offset_cents,
    sumIf(ifNull(amount_cents, 0), fact = 'recovery-repaid') AS repaid_cents,
    sumIf(ifNull(amount_cents, 0), fact = 'recovery-written-off') AS written_off_cents,
    claimed_cents - offset_cents - repaid_cents - written_off_cents AS open_cents,
    anyIf(toDateOrZero(JSONExtractString(data, 'opened_on')), fact = 'recovery-opened') AS opened_on,
    max(f.position) AS benefits_position
FROM facts AS f
WHERE fact IN ('recovery-opened', 'recovery-offset', 'recovery-repaid', 'recovery-written-off')
GROUP BY stream
COMMENT 'One row per recovery claim, with what is still open';

CREATE OR REPLACE VIEW recovery_claims_per_month
(
    claim_ref String COMMENT 'Recovery claim',
    client String COMMENT 'Client',
    municipality LowCardinality(String) COMMENT 'Municipality',
    ground LowCardinality(String) COMMENT 'paid-too-much, duty-to-inform or withdrawn',
    month Date COMMENT 'First day of the month that came to less than was paid',
    claimed_cents Int64 COMMENT 'Euro cents claimed of that month',
    benefits_position UInt64 COMMENT 'Position of benefits that the row rests on'
)
AS SELECT
    substring(f.stream, 19) AS claim_ref,
    f.client AS client,
    f.municipality AS municipality,
    JSONExtractString(f.data, 'ground') AS ground,
    toDate(concat(JSONExtractString(of_month, 'month'), '-01')) AS month,
    JSONExtractInt(of_month, 'cents') AS claimed_cents,
    f.position AS benefits_position
FROM facts AS f
ARRAY JOIN JSONExtractArrayRaw(f.data, 'months') AS of_month
WHERE f.fact = 'recovery-opened'
COMMENT 'One row per claim and month that it rests on';
