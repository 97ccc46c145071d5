-- Runs in hand: what each run paid by its own files, what people did before its release, and what it took of budgets.
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
    state LowCardinality(String) COMMENT 'instructed (outcome unknown), paid, returned, rejected, or withdrawn before its file left',
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
    WHERE fact IN ('payment-instructed', 'payment-paid', 'payment-returned', 'payment-rejected', 'payment-withdrawn')
    GROUP BY right_ref, attempt
) AS p
LEFT JOIN (SELECT right_ref, promised_on, benefits_position FROM allowance_decisions WHERE decision = 'granted') AS g ON g.right_ref = p.right_ref
COMMENT 'One row per payment (right and attempt), in its present state';

CREATE OR REPLACE VIEW run_statement
(
    run_ref LowCardinality(String) COMMENT 'Run that decided; what pays again has its own row in run_payments',
    kind LowCardinality(String) COMMENT 'decide, dry-run or correction',
    corrects LowCardinality(String) COMMENT 'Run that is corrected, or empty',
    scheme LowCardinality(String) COMMENT 'Scheme',
    scheme_year UInt16 COMMENT 'Scheme year',
    tranche UInt8 COMMENT 'Tranche',
    state LowCardinality(String) COMMENT 'prepared, approved, release-ordered, released, closed, aborted, cancellation-ordered or cancelled',
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
    withdrawn_cents Int64 COMMENT 'Granted, and revoked before it was paid',
    unapproved_cents Int64 COMMENT 'granted + withheld - approved; 0 once released',
    unexplained_cents Int64 COMMENT 'granted - pending - instructed - paid - returned - rejected - withdrawn; always 0',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    r.run_ref AS run_ref, r.kind AS kind, r.corrects AS corrects, r.scheme AS scheme, r.scheme_year AS scheme_year, r.tranche AS tranche, r.state AS state,
    r.households AS households, r.candidates AS candidates, r.excluded AS excluded, r.held AS held,
    r.approved AS approved, r.approved_cents AS approved_cents,
    d.granted AS granted, d.granted_cents AS granted_cents, d.refused AS refused, d.withheld AS withheld, d.withheld_cents AS withheld_cents,
    d.granted_cents - p.attempted_cents - w.withdrawn_cents AS pending_cents,
    p.instructed_cents AS instructed_cents, p.paid_cents AS paid_cents, p.returned_cents AS returned_cents, p.rejected_cents AS rejected_cents,
    w.withdrawn_cents AS withdrawn_cents,
    d.granted_cents + d.withheld_cents - r.approved_cents AS unapproved_cents,
    d.granted_cents - pending_cents - p.instructed_cents - p.paid_cents - p.returned_cents - p.rejected_cents - w.withdrawn_cents
        AS unexplained_cents,
    greatest(r.position, d.position, p.position, w.position) AS benefits_position
FROM
(
    SELECT
        run_ref,
        argMaxIf(if(JSONHas(data, 'kind'), JSONExtractString(data, 'kind'), 'decide'), version, fact = 'run-prepared') AS kind,
        argMaxIf(JSONExtractString(data, 'corrects'), version, fact = 'run-prepared') AS corrects,
        argMaxIf(JSONExtractString(data, 'scheme'), version, fact = 'run-prepared') AS scheme,
        argMaxIf(f.scheme_year, version, fact = 'run-prepared') AS scheme_year,
        argMaxIf(f.tranche, version, fact = 'run-prepared') AS tranche,
        argMaxIf(
            substring(fact, 5), version, startsWith(fact, 'run-') AND fact NOT IN ('run-sample-drawn', 'run-approval-escalated')
        ) AS state,
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
    HAVING kind != 'pay-again'
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
        sumIf(last_cents, last_state != 'withdrawn') AS attempted_cents,
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
LEFT JOIN
(
    SELECT run_ref, sum(ifNull(amount_cents, 0)) AS withdrawn_cents, max(position) AS position
    FROM facts
    WHERE fact = 'allowance-revoked'
    GROUP BY run_ref
) AS w ON w.run_ref = r.run_ref
COMMENT 'One row per run, from what intake knew to what the bank did; every cent of it explained';

CREATE OR REPLACE VIEW run_payments
(
    run_ref LowCardinality(String) COMMENT 'Run whose files they are',
    kind LowCardinality(String) COMMENT 'decide, correction or pay-again',
    corrects LowCardinality(String) COMMENT 'Run that is paid again or corrected, or empty',
    files UInt64 COMMENT 'Payment files written',
    handed_over UInt64 COMMENT 'Of those, files that left the house',
    written UInt64 COMMENT 'Payments that the files say they hold',
    written_cents Int64 COMMENT 'Euro cents that the files say they hold',
    payments UInt64 COMMENT 'Payments instructed in these files',
    payments_cents Int64 COMMENT 'Euro cents instructed in these files',
    paid_cents Int64 COMMENT 'Booked and not returned',
    returned_cents Int64 COMMENT 'Booked, and came back',
    rejected_cents Int64 COMMENT 'Refused by the bank',
    withdrawn_cents Int64 COMMENT 'Withdrawn before the file left',
    unknown_cents Int64 COMMENT 'Outcome not known yet',
    unexplained_cents Int64 COMMENT 'written - paid - returned - rejected - withdrawn - unknown; always 0',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    f.run_ref AS run_ref, any(r.kind) AS kind, any(r.corrects) AS corrects,
    count() AS files, countIf(f.takers > 0) AS handed_over,
    sum(f.written) AS written, sum(f.written_cents) AS written_cents,
    sum(p.payments) AS payments, sum(p.payments_cents) AS payments_cents,
    sum(p.paid_cents) AS paid_cents, sum(p.returned_cents) AS returned_cents, sum(p.rejected_cents) AS rejected_cents,
    sum(p.withdrawn_cents) AS withdrawn_cents, sum(p.unknown_cents) AS unknown_cents,
    sum(f.written_cents - p.paid_cents - p.returned_cents - p.rejected_cents - p.withdrawn_cents - p.unknown_cents) AS unexplained_cents,
    greatest(max(f.position), max(p.position)) AS benefits_position
FROM
(
    SELECT
        run_ref, JSONExtractString(data, 'message_id') AS message_id,
        anyIf(JSONExtractUInt(data, 'count'), fact = 'payment-file-written') AS written,
        anyIf(JSONExtractInt(data, 'total_cents'), fact = 'payment-file-written') AS written_cents,
        countIf(fact = 'file-handed-over') AS takers,
        max(position) AS position
    FROM facts
    WHERE fact IN ('payment-file-written', 'file-handed-over')
    GROUP BY run_ref, message_id
) AS f
LEFT JOIN
(
    SELECT
        message_id, count() AS payments, sum(amount_cents) AS payments_cents,
        sumIf(amount_cents, state = 'paid') AS paid_cents,
        sumIf(amount_cents, state = 'returned') AS returned_cents,
        sumIf(amount_cents, state = 'rejected') AS rejected_cents,
        sumIf(amount_cents, state = 'withdrawn') AS withdrawn_cents,
        sumIf(amount_cents, state = 'instructed') AS unknown_cents,
        max(benefits_position) AS position
    FROM payments
    GROUP BY message_id
) AS p ON p.message_id = f.message_id
LEFT JOIN
(
    SELECT
        run_ref,
        any(if(JSONHas(data, 'kind'), JSONExtractString(data, 'kind'), 'decide')) AS kind,
        any(JSONExtractString(data, 'corrects')) AS corrects
    FROM facts
    WHERE fact = 'run-prepared'
    GROUP BY run_ref
) AS r ON r.run_ref = f.run_ref
GROUP BY run_ref
COMMENT 'One row per run with payment files: what became of its own payments, every cent of it explained';

CREATE OR REPLACE VIEW run_safeguards
(
    run_ref LowCardinality(String) COMMENT 'Run',
    drawn UInt64 COMMENT 'Rows that people had to judge',
    found_right UInt64 COMMENT 'Of those, found right',
    found_wrong UInt64 COMMENT 'Of those, found wrong; one stops the run',
    signatures UInt64 COMMENT 'Signatures under the content',
    signatures_needed UInt64 COMMENT 'Signatures that the amount asks for; 0 before the first one',
    escalations UInt64 COMMENT 'How often the signatures were late and asked for higher up',
    hours_to_approval Nullable(Float64) COMMENT 'Hours from preparation to the last signature; NULL while one is missing',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    run_ref,
    sumIf(JSONLength(data, 'rows'), fact = 'run-sample-drawn') AS drawn,
    uniqExactIf(JSONExtractString(data, 'right_ref'), fact = 'sample-row-judged') - found_wrong AS found_right,
    uniqExactIf(JSONExtractString(data, 'right_ref'), fact = 'sample-row-judged' AND JSONExtractString(data, 'verdict') = 'wrong') AS found_wrong,
    countIf(fact = 'run-approved') AS signatures,
    maxIf(if(JSONHas(data, 'needed'), JSONExtractUInt(data, 'needed'), 1), fact = 'run-approved') AS signatures_needed,
    countIf(fact = 'run-approval-escalated') AS escalations,
    if(signatures > 0 AND signatures >= signatures_needed,
        dateDiff('second', minIf(recorded_at, fact = 'run-prepared'), maxIf(recorded_at, fact = 'run-approved')) / 3600, NULL) AS hours_to_approval,
    max(position) AS benefits_position
FROM facts
WHERE fact IN ('run-prepared', 'run-sample-drawn', 'sample-row-judged', 'run-approved', 'run-approval-escalated')
GROUP BY run_ref
COMMENT 'What people did before the release of each run';

CREATE OR REPLACE VIEW budgets_per_municipality
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    scheme_year UInt16 COMMENT 'Scheme year',
    runs UInt64 COMMENT 'Runs that took of the budget',
    reserved_cents Int64 COMMENT 'Euro cents taken by last signatures',
    released_cents Int64 COMMENT 'Euro cents given back by runs that ended',
    taken_cents Int64 COMMENT 'reserved - released: paid, or still to be paid',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, scheme_year,
    uniqExact(run_ref) AS runs,
    sumIf(ifNull(amount_cents, 0), fact = 'budget-reserved') AS reserved_cents,
    sumIf(ifNull(amount_cents, 0), fact = 'budget-released') AS released_cents,
    reserved_cents - released_cents AS taken_cents,
    max(position) AS benefits_position
FROM facts
WHERE fact IN ('budget-reserved', 'budget-released')
GROUP BY municipality, scheme_year
COMMENT 'What runs took of the budget of each municipality';
