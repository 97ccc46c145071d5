-- Whether the money arrived, once and on time.
CREATE OR REPLACE VIEW payments
(
    right_ref String COMMENT 'Right that is paid',
    attempt UInt16 COMMENT 'Attempt, from 1; a next one only after a rejection or a full return',
    end_to_end_id String COMMENT 'Identity of the payment at the bank',
    run_ref LowCardinality(String) COMMENT 'Run',
    municipality LowCardinality(String) COMMENT 'Municipality',
    household_ref String COMMENT 'Household',
    client String COMMENT 'Client',
    amount_cents Int64 COMMENT 'Euro cents instructed',
    state LowCardinality(String) COMMENT 'instructed (outcome unknown), paid, returned or rejected',
    reason_code LowCardinality(String) COMMENT 'ISO 20022 reason of a rejection or return, or empty',
    message_id String COMMENT 'Payment file',
    execution_on Date COMMENT 'Day on which the bank was asked to pay',
    booked_on Nullable(Date) COMMENT 'Day on which the bank booked the payment; NULL when it never did',
    returned_on Nullable(Date) COMMENT 'Day on which the money came back; NULL when it did not',
    promised_on Nullable(Date) COMMENT 'Day by which the decision promised the money',
    benefits_position UInt64 COMMENT 'Last position of benefits that the row rests on'
)
AS SELECT
    p.right_ref, p.attempt, p.end_to_end_id, p.run_ref, p.municipality, p.household_ref, p.client, p.amount_cents, p.state,
    p.reason_code, p.message_id, p.execution_on, p.booked_on, p.returned_on, g.promised_on,
    greatest(p.position, g.benefits_position) AS benefits_position
FROM
(
    SELECT
        right_ref,
        toUInt16(JSONExtractUInt(data, 'attempt')) AS attempt,
        any(JSONExtractString(data, 'end_to_end_id')) AS end_to_end_id,
        any(f.run_ref) AS run_ref,
        argMin(f.municipality, version) AS municipality,
        any(f.household_ref) AS household_ref,
        any(f.client) AS client,
        argMin(ifNull(f.amount_cents, 0), version) AS amount_cents,
        argMax(substring(fact, 9), version) AS state,
        argMax(f.reason_code, version) AS reason_code,
        anyIf(JSONExtractString(data, 'message_id'), fact = 'payment-instructed') AS message_id,
        anyIf(toDateOrZero(JSONExtractString(data, 'execution_on')), fact = 'payment-instructed') AS execution_on,
        anyOrNullIf(toDateOrZero(JSONExtractString(data, 'booked_on')), fact = 'payment-paid') AS booked_on,
        anyOrNullIf(toDateOrZero(JSONExtractString(data, 'booked_on')), fact = 'payment-returned') AS returned_on,
        max(f.position) AS position
    FROM facts AS f
    WHERE fact IN ('payment-instructed', 'payment-paid', 'payment-returned', 'payment-rejected')
    GROUP BY right_ref, attempt
) AS p
LEFT JOIN (SELECT right_ref, promised_on, benefits_position FROM allowance_decisions WHERE decision = 'granted') AS g ON g.right_ref = p.right_ref
COMMENT 'One row per payment (right and attempt), in its present state';

CREATE OR REPLACE VIEW payments_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of execution',
    instructed UInt64 COMMENT 'Payments instructed, whatever became of them',
    instructed_cents Int64 COMMENT 'Euro cents instructed',
    paid UInt64 COMMENT 'Booked by the bank and not returned',
    paid_cents Int64 COMMENT 'Euro cents booked and not returned',
    returned UInt64 COMMENT 'Booked, and came back',
    returned_cents Int64 COMMENT 'Euro cents that came back',
    rejected UInt64 COMMENT 'Never booked: the bank refused',
    rejected_cents Int64 COMMENT 'Euro cents refused by the bank',
    unknown UInt64 COMMENT 'Outcome not known yet',
    unknown_cents Int64 COMMENT 'Euro cents whose outcome is not known yet',
    on_promised_day UInt64 COMMENT 'Of those paid, booked on or before the promised day',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(execution_on) AS month,
    count() AS instructed,
    sum(amount_cents) AS instructed_cents,
    countIf(state = 'paid') AS paid,
    sumIf(amount_cents, state = 'paid') AS paid_cents,
    countIf(state = 'returned') AS returned,
    sumIf(amount_cents, state = 'returned') AS returned_cents,
    countIf(state = 'rejected') AS rejected,
    sumIf(amount_cents, state = 'rejected') AS rejected_cents,
    countIf(state = 'instructed') AS unknown,
    sumIf(amount_cents, state = 'instructed') AS unknown_cents,
    countIf(state = 'paid' AND booked_on <= promised_on) AS on_promised_day,
    max(benefits_position) AS benefits_position
FROM payments
GROUP BY municipality, month
COMMENT 'What became of the payments, per municipality and month of execution';

CREATE OR REPLACE VIEW returns_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of execution',
    outcome LowCardinality(String) COMMENT 'returned or rejected',
    reason_code LowCardinality(String) COMMENT 'ISO 20022 reason, such as AC04: account closed',
    payments UInt64 COMMENT 'Payments',
    amount_cents Int64 COMMENT 'Euro cents',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(execution_on) AS month, state AS outcome, reason_code,
    count() AS payments, sum(p.amount_cents) AS amount_cents, max(p.benefits_position) AS benefits_position
FROM payments AS p
WHERE state IN ('returned', 'rejected')
GROUP BY municipality, month, outcome, reason_code
COMMENT 'Payments that did not stay, by reason, per municipality and month of execution';

CREATE OR REPLACE VIEW run_statement
(
    run_ref LowCardinality(String) COMMENT 'Run',
    scheme LowCardinality(String) COMMENT 'Scheme',
    scheme_year UInt16 COMMENT 'Scheme year',
    tranche UInt8 COMMENT 'Tranche',
    state LowCardinality(String) COMMENT 'prepared, approved, release-ordered, released, closed or aborted',
    households UInt64 COMMENT 'Households that intake knew',
    candidates UInt64 COMMENT 'Households that were decided on',
    excluded UInt64 COMMENT 'Households that were no candidate',
    held UInt64 COMMENT 'Households that could not be decided',
    approved UInt64 COMMENT 'Grants that the second person approved',
    approved_cents Int64 COMMENT 'Euro cents that the second person approved',
    granted UInt64 COMMENT 'Grants recorded',
    granted_cents Int64 COMMENT 'Euro cents granted',
    refused UInt64 COMMENT 'Refusals recorded',
    withheld UInt64 COMMENT 'Withheld at release',
    withheld_cents Int64 COMMENT 'Euro cents withheld at release',
    pending_cents Int64 COMMENT 'Granted, in no payment file yet',
    instructed_cents Int64 COMMENT 'In a payment file, outcome unknown',
    paid_cents Int64 COMMENT 'Booked and not returned',
    returned_cents Int64 COMMENT 'Came back and not instructed again',
    rejected_cents Int64 COMMENT 'Refused by the bank and not instructed again',
    unapproved_cents Int64 COMMENT 'granted + withheld - approved; 0 once released',
    unexplained_cents Int64 COMMENT 'granted - pending - instructed - paid - returned - rejected; always 0',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    r.run_ref AS run_ref, r.scheme AS scheme, r.scheme_year AS scheme_year, r.tranche AS tranche, r.state AS state,
    r.households AS households, r.candidates AS candidates, r.excluded AS excluded, r.held AS held,
    r.approved AS approved, r.approved_cents AS approved_cents,
    d.granted AS granted, d.granted_cents AS granted_cents, d.refused AS refused, d.withheld AS withheld, d.withheld_cents AS withheld_cents,
    d.granted_cents - p.attempted_cents AS pending_cents,
    p.instructed_cents AS instructed_cents, p.paid_cents AS paid_cents, p.returned_cents AS returned_cents, p.rejected_cents AS rejected_cents,
    d.granted_cents + d.withheld_cents - r.approved_cents AS unapproved_cents,
    d.granted_cents - pending_cents - p.instructed_cents - p.paid_cents - p.returned_cents - p.rejected_cents AS unexplained_cents,
    greatest(r.position, d.position, p.position) AS benefits_position
FROM
(
    SELECT
        run_ref,
        argMaxIf(JSONExtractString(data, 'scheme'), version, fact = 'run-prepared') AS scheme,
        argMaxIf(f.scheme_year, version, fact = 'run-prepared') AS scheme_year,
        argMaxIf(f.tranche, version, fact = 'run-prepared') AS tranche,
        argMaxIf(substring(fact, 5), version, startsWith(fact, 'run-')) AS state,
        argMaxIf(JSONExtractUInt(data, 'households'), version, fact = 'run-prepared') AS households,
        argMaxIf(JSONExtractUInt(data, 'candidates'), version, fact = 'run-prepared') AS candidates,
        argMaxIf(JSONExtractUInt(data, 'excluded'), version, fact = 'run-prepared') AS excluded,
        argMaxIf(JSONExtractUInt(data, 'held'), version, fact = 'run-prepared') AS held,
        argMaxIf(JSONExtractUInt(data, 'granted'), version, fact = 'run-approved') AS approved,
        argMaxIf(JSONExtractInt(data, 'total_cents'), version, fact = 'run-approved') AS approved_cents,
        max(f.position) AS position
    FROM facts AS f
    WHERE startsWith(stream, 'benefits/run/')
    GROUP BY run_ref
) AS r
LEFT JOIN
(
    SELECT
        run_ref,
        countIf(decision = 'granted') AS granted,
        sumIf(amount_cents, decision = 'granted') AS granted_cents,
        countIf(decision = 'refused') AS refused,
        countIf(decision = 'withheld') AS withheld,
        sumIf(amount_cents, decision = 'withheld') AS withheld_cents,
        max(benefits_position) AS position
    FROM allowance_decisions
    GROUP BY run_ref
) AS d ON d.run_ref = r.run_ref
LEFT JOIN
(
    SELECT
        run_ref,
        sum(last_cents) AS attempted_cents,
        sumIf(last_cents, last_state = 'instructed') AS instructed_cents,
        sumIf(last_cents, last_state = 'paid') AS paid_cents,
        sumIf(last_cents, last_state = 'returned') AS returned_cents,
        sumIf(last_cents, last_state = 'rejected') AS rejected_cents,
        max(last_position) AS position
    FROM
    (
        SELECT
            run_ref, right_ref, argMax(state, attempt) AS last_state, argMax(amount_cents, attempt) AS last_cents,
            max(benefits_position) AS last_position
        FROM payments
        GROUP BY run_ref, right_ref
    )
    GROUP BY run_ref
) AS p ON p.run_ref = r.run_ref
COMMENT 'One row per run, from what intake knew to what the bank did; every cent of it explained';

CREATE OR REPLACE VIEW bank_exceptions
(
    document_ref String COMMENT 'Message of the bank',
    line UInt32 COMMENT 'Line in it',
    kind LowCardinality(String) COMMENT 'paid, returned, rejected or unrecognised',
    end_to_end_id String COMMENT 'Payment that the bank named, or empty',
    amount_cents Nullable(Int64) COMMENT 'Euro cents, where the bank gave an amount',
    reason_code LowCardinality(String) COMMENT 'Why it was not applied',
    recorded_at DateTime64(6, 'UTC') COMMENT 'Moment at which it was read',
    benefits_position UInt64 COMMENT 'Position of benefits that the row rests on'
)
AS SELECT
    JSONExtractString(data, 'document_ref') AS document_ref, toUInt32(JSONExtractUInt(data, 'line')) AS line,
    JSONExtractString(data, 'kind') AS kind, JSONExtractString(data, 'end_to_end_id') AS end_to_end_id,
    amount_cents, reason_code, recorded_at, position AS benefits_position
FROM facts
WHERE fact = 'bank-line-unmatched'
COMMENT 'Lines of the bank that fit no payment; kept, listed, never applied';
