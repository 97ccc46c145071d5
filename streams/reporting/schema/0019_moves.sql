-- A client who moves has a benefit in each municipality; the letter of a decision tells of the advances that it claims back.
CREATE OR REPLACE VIEW months_decided
(
    client String COMMENT 'Client',
    municipality LowCardinality(String) COMMENT 'Municipality that decided; two for the month of a move',
    month Date COMMENT 'First day of the month',
    decisions UInt16 COMMENT 'How often the month was decided; more than once where facts changed',
    norm_cents Int64 COMMENT 'Norm by days, with holiday allowance',
    received_cents Int64 COMMENT 'Income of the month',
    exempt_cents Int64 COMMENT 'What of it is left out of account',
    measure_cents Int64 COMMENT 'What a measure took',
    total_cents Int64 COMMENT 'What the month gives, with holiday allowance',
    reserved_cents Int64 COMMENT 'What of it is reserved as holiday allowance',
    benefits_position UInt64 COMMENT 'Position of benefits that the row rests on'
)
AS SELECT
    client,
    municipality,
    toDate(concat(JSONExtractString(data, 'month'), '-01')) AS month,
    toUInt16(count()) AS decisions,
    argMax(JSONExtractInt(data, 'amounts', 'norm_cents'), f.position) AS norm_cents,
    argMax(JSONExtractInt(data, 'amounts', 'received_cents'), f.position) AS received_cents,
    argMax(JSONExtractInt(data, 'amounts', 'exempt_cents'), f.position) AS exempt_cents,
    argMax(JSONExtractInt(data, 'amounts', 'measure_cents'), f.position) AS measure_cents,
    argMax(JSONExtractInt(data, 'amounts', 'total_cents'), f.position) AS total_cents,
    argMax(JSONExtractInt(data, 'amounts', 'reserved_cents'), f.position) AS reserved_cents,
    max(f.position) AS benefits_position
FROM facts AS f
WHERE fact = 'month-decided'
GROUP BY client, municipality, month
COMMENT 'One row per client, municipality and month, as last decided';

CREATE OR REPLACE VIEW payout_exceptions
(
    run_ref LowCardinality(String) COMMENT 'Run that decided',
    scheme LowCardinality(String) COMMENT 'energy-allowance or monthly-benefit',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    client String COMMENT 'Client',
    right_ref String COMMENT 'Right; empty for what was held at the release of a month and is due in the next run',
    standing LowCardinality(String) COMMENT 'granted (in no payment file), withheld, rejected, returned, withdrawn or held',
    reason LowCardinality(String) COMMENT 'Reason of the bank (ISO 20022) or of the decision, or empty',
    amount_cents Int64 COMMENT 'Euro cents; 0 of what was held, as its amount is worked out anew',
    promised_on Nullable(Date) COMMENT 'Day by which it was promised; NULL where it was not',
    since DateTime64(6, 'UTC') COMMENT 'Moment from which it stands so',
    benefits_position UInt64 COMMENT 'Position of benefits that the row rests on'
)
AS SELECT
    p.run_ref AS run_ref, p.scheme AS scheme, p.municipality AS municipality, p.client AS client, p.right_ref AS right_ref,
    if(p.state = 'pending', 'granted', p.state) AS standing, l.reason AS reason, p.amount_cents AS amount_cents, toNullable(p.promised_on) AS promised_on,
    l.since AS since, p.benefits_position AS benefits_position
FROM promises AS p
INNER JOIN
(
    SELECT right_ref, argMax(if(empty(reasons), reason_code, arrayStringConcat(reasons, ',')), version) AS reason, argMax(recorded_at, version) AS since
    FROM facts
    WHERE fact IN ('allowance-granted', 'monthly-right-granted', 'payment-returned', 'payment-rejected', 'payment-withdrawn')
    GROUP BY right_ref
) AS l ON l.right_ref = p.right_ref
WHERE p.state IN ('pending', 'rejected', 'returned', 'withdrawn')
UNION ALL
SELECT
    run_ref, JSONExtractString(data, 'scheme'), municipality, client, right_ref, 'withheld', arrayStringConcat(reasons, ','), ifNull(amount_cents, 0),
    NULL, recorded_at, position
FROM facts
WHERE fact = 'allowance-withheld'
UNION ALL
SELECT h.run_ref, 'monthly-benefit', h.municipality, h.client, '', 'held', h.reason_code, 0, NULL, h.recorded_at, h.position
FROM facts AS h
LEFT JOIN
(
    SELECT client, municipality, max(position) AS decided_at
    FROM facts
    WHERE fact IN ('month-decided', 'holiday-allowance-decided', 'advance-decided')
    GROUP BY client, municipality
) AS d ON d.client = h.client AND d.municipality = h.municipality
INNER JOIN (SELECT run_ref, max(position) AS prepared_at FROM facts WHERE fact = 'run-prepared' GROUP BY run_ref) AS r ON r.run_ref = h.run_ref
WHERE h.fact = 'entitlement-held' AND d.decided_at < r.prepared_at
COMMENT 'What was decided and is not on its way to the client, of an allowance or the monthly benefit, and why';

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
        sumIf(JSONExtractInt(data, 'refund_cents'), fact = 'recovery-reduced') AS refund_cents,
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
