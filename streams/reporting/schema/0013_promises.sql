-- What was promised, for the month as for an allowance: by when, whether it came, what waits, and what it comes to.
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
        argMax(multiIf(is_grant, 'pending', fact = 'allowance-revoked', 'revoked', substring(fact, 9)), version) AS state,
        if(state = 'paid', argMaxOrNullIf(toDateOrZero(JSONExtractString(data, 'booked_on')), version, fact = 'payment-paid'), NULL) AS paid_on,
        assumeNotNull((SELECT max(toDate(recorded_at, 'Europe/Amsterdam')) FROM events WHERE service = 'benefits')) AS known_on,
        max(f.position) AS benefits_position
    FROM (SELECT *, fact IN ('allowance-granted', 'monthly-right-granted') AS is_grant FROM facts) AS f
    WHERE fact IN ('allowance-granted', 'monthly-right-granted', 'allowance-revoked', 'payment-instructed', 'payment-paid', 'payment-returned',
        'payment-rejected', 'payment-withdrawn')
    GROUP BY right_ref
    HAVING countIf(is_grant) > 0
)
COMMENT 'One row per right that was promised, of an allowance or the monthly benefit: by when, when it was sent and paid, and how late';

CREATE OR REPLACE VIEW promises_per_municipality_month
(
    scheme LowCardinality(String) COMMENT 'energy-allowance or monthly-benefit',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    month Date COMMENT 'First day of the month of the promised day',
    clients UInt64 COMMENT 'Clients to whom something was promised; late as soon as one of their rights is',
    on_time UInt64 COMMENT 'Of those, everything was paid by the promised day',
    late UInt64 COMMENT 'Of those, something was not',
    open UInt64 COMMENT 'Of those, the day is not over and something is unpaid',
    on_time_percent Nullable(Float64) COMMENT 'on_time in on_time and late, to one decimal; NULL while nothing is over',
    most_days_late Int32 COMMENT 'The longest that somebody waited or waits beyond the promised day',
    promised_cents Int64 COMMENT 'Euro cents promised',
    paid_cents Int64 COMMENT 'Of those, paid and not returned',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    scheme, municipality, month, count() AS clients, countIf(is_late = 0 AND is_open = 0) AS on_time, countIf(is_late) AS late,
    countIf(is_late = 0 AND is_open) AS open,
    if(on_time + late = 0, NULL, round(100 * on_time / (on_time + late), 1)) AS on_time_percent,
    max(most) AS most_days_late, sum(cents) AS promised_cents, sum(cents_paid) AS paid_cents, max(rests_on) AS benefits_position
FROM
(
    SELECT
        scheme, municipality, month, client, max(ifNull(NOT is_on_time, false)) AS is_late, max(is_on_time IS NULL) AS is_open, max(days_late) AS most,
        sum(amount_cents) AS cents, sumIf(amount_cents, state = 'paid') AS cents_paid, max(benefits_position) AS rests_on
    FROM promises
    WHERE state != 'revoked'
    GROUP BY scheme, municipality, month, client
)
GROUP BY scheme, municipality, month
COMMENT 'How many got on the promised day what was promised, per scheme, municipality and month';

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
    SELECT client, max(position) AS decided_at
    FROM facts
    WHERE fact IN ('month-decided', 'holiday-allowance-decided', 'advance-decided')
    GROUP BY client
) AS d ON d.client = h.client
INNER JOIN (SELECT run_ref, max(position) AS prepared_at FROM facts WHERE fact = 'run-prepared' GROUP BY run_ref) AS r ON r.run_ref = h.run_ref
WHERE h.fact = 'entitlement-held' AND d.decided_at < r.prepared_at
COMMENT 'What was decided and is not on its way to the client, of an allowance or the monthly benefit, and why';

CREATE OR REPLACE VIEW spending_per_municipality_year
(
    scheme LowCardinality(String) COMMENT 'energy-allowance or monthly-benefit',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    scheme_year UInt16 COMMENT 'Scheme year; of the monthly benefit the year of the months',
    taken_cents Nullable(Int64) COMMENT 'Taken of the budget by last signatures and not given back; NULL where none was taken: the monthly benefit knows no budget',
    granted_cents Int64 COMMENT 'Euro cents granted and not revoked',
    paid_cents Int64 COMMENT 'Of those, paid and not returned',
    open_cents Int64 COMMENT 'Of those, not paid yet',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    p.scheme AS scheme, p.municipality AS municipality, p.scheme_year AS scheme_year,
    if(any(b.position) = 0, NULL, any(b.taken)) AS taken_cents,
    sumIf(p.amount_cents, p.state != 'revoked') AS granted_cents,
    sumIf(p.amount_cents, p.state = 'paid') AS paid_cents,
    granted_cents - paid_cents AS open_cents,
    greatest(max(p.benefits_position), any(b.position)) AS benefits_position
FROM promises AS p
LEFT JOIN
(
    SELECT
        JSONExtractString(data, 'scheme') AS scheme, municipality, scheme_year,
        sum(if(fact = 'budget-reserved', 1, -1) * ifNull(amount_cents, 0)) AS taken, max(position) AS position
    FROM facts
    WHERE fact IN ('budget-reserved', 'budget-released')
    GROUP BY scheme, municipality, scheme_year
) AS b ON b.scheme = p.scheme AND b.municipality = p.municipality AND b.scheme_year = p.scheme_year
GROUP BY scheme, municipality, scheme_year
COMMENT 'What each municipality granted and paid in a year, beside what was taken of its budget';

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
    promised_on Nullable(Date) COMMENT 'Day by which the decision promised the money, of an allowance or a month',
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
LEFT JOIN
(
    SELECT right_ref, toDateOrNull(JSONExtractString(data, 'promised_on')) AS promised_on, position AS benefits_position
    FROM facts
    WHERE fact IN ('allowance-granted', 'monthly-right-granted')
) AS g ON g.right_ref = p.right_ref
COMMENT 'One row per payment (right and attempt), in its present state';

CREATE OR REPLACE VIEW run_statement
(
    run_ref LowCardinality(String) COMMENT 'Run that decided; what pays again has its own row in run_payments',
    kind LowCardinality(String) COMMENT 'decide, dry-run, correction or month',
    corrects LowCardinality(String) COMMENT 'Run that is corrected, or empty',
    scheme LowCardinality(String) COMMENT 'Scheme',
    scheme_year UInt16 COMMENT 'Scheme year',
    tranche UInt8 COMMENT 'Tranche; of the monthly benefit the month of the year',
    state LowCardinality(String) COMMENT 'prepared, approved, release-ordered, released, closed, aborted, cancellation-ordered or cancelled',
    households UInt64 COMMENT 'Households that intake knew; of a month the clients with a benefit or an application',
    candidates UInt64 COMMENT 'Households that were decided on',
    excluded UInt64 COMMENT 'Households that were no candidate',
    held UInt64 COMMENT 'Households that could not be decided',
    approved UInt64 COMMENT 'Grants that the second person approved',
    approved_cents Int64 COMMENT 'Euro cents that the second person approved',
    granted UInt64 COMMENT 'Grants recorded',
    granted_cents Int64 COMMENT 'Euro cents granted',
    refused UInt64 COMMENT 'Refusals recorded',
    withheld UInt64 COMMENT 'Withheld at release; of a month the rights that were held, as the facts were others by then',
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
    d.granted AS granted, d.granted_cents AS granted_cents, d.refused AS refused,
    if(r.kind = 'month', r.held_rights, d.withheld) AS withheld,
    if(r.kind = 'month', r.held_cents, d.withheld_cents) AS withheld_cents,
    d.granted_cents - p.attempted_cents - w.withdrawn_cents AS pending_cents,
    p.instructed_cents AS instructed_cents, p.paid_cents AS paid_cents, p.returned_cents AS returned_cents, p.rejected_cents AS rejected_cents,
    w.withdrawn_cents AS withdrawn_cents,
    d.granted_cents + withheld_cents - r.approved_cents AS unapproved_cents,
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
        argMaxIf(JSONExtractUInt(data, 'withheld'), version, fact = 'run-released') AS held_rights,
        if(countIf(fact = 'run-released') = 0, 0, approved_cents - argMaxIf(JSONExtractInt(data, 'total_cents'), version, fact = 'run-released'))
            AS held_cents,
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
    FROM
    (
        SELECT run_ref, decision, amount_cents, benefits_position FROM allowance_decisions
        UNION ALL
        SELECT run_ref, 'granted', ifNull(amount_cents, 0), position FROM facts WHERE fact = 'monthly-right-granted'
    )
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
