-- The monthly benefit: what each month came to, the rights that it was paid by, and what is claimed back.
CREATE OR REPLACE VIEW monthly_rights
(
    right_ref String COMMENT 'Right of the monthly benefit',
    run_ref LowCardinality(String) COMMENT 'Run that granted it',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    client String COMMENT 'Client whose benefit it is',
    month Date COMMENT 'First day of the month that it is about',
    kind LowCardinality(String) COMMENT 'month, back-payment, holiday-allowance, advance, fixed-charge or attachment',
    sequence UInt16 COMMENT 'Number of the decision on the month, from 1',
    amount_cents Int64 COMMENT 'Euro cents granted',
    decided_on Date COMMENT 'Day of the decision',
    promised_on Date COMMENT 'Day by which it is paid',
    state LowCardinality(String) COMMENT 'pending, instructed, paid, rejected, returned or withdrawn',
    booked_on Nullable(Date) COMMENT 'Day on which the bank booked its last payment; NULL when it never did',
    benefits_position UInt64 COMMENT 'Last position of benefits that the row rests on'
)
AS SELECT
    right_ref,
    anyIf(f.run_ref, fact = 'monthly-right-granted') AS run_ref,
    anyIf(f.municipality, fact = 'monthly-right-granted') AS municipality,
    anyIf(f.client, fact = 'monthly-right-granted') AS client,
    toDate(concat(anyIf(JSONExtractString(data, 'month'), fact = 'monthly-right-granted'), '-01')) AS month,
    anyIf(JSONExtractString(data, 'kind'), fact = 'monthly-right-granted') AS kind,
    toUInt16(anyIf(JSONExtractUInt(data, 'sequence'), fact = 'monthly-right-granted')) AS sequence,
    anyIf(ifNull(f.amount_cents, 0), fact = 'monthly-right-granted') AS amount_cents,
    anyIf(toDateOrZero(JSONExtractString(data, 'decided_on')), fact = 'monthly-right-granted') AS decided_on,
    anyIf(toDateOrZero(JSONExtractString(data, 'promised_on')), fact = 'monthly-right-granted') AS promised_on,
    argMax(if(fact = 'monthly-right-granted', 'pending', substring(fact, 9)), version) AS state,
    argMaxOrNullIf(toDateOrZero(JSONExtractString(data, 'booked_on')), version, fact = 'payment-paid') AS booked_on,
    max(f.position) AS benefits_position
FROM facts AS f
WHERE fact IN ('monthly-right-granted', 'payment-instructed', 'payment-paid', 'payment-returned', 'payment-rejected', 'payment-withdrawn')
GROUP BY right_ref
HAVING countIf(fact = 'monthly-right-granted') > 0
COMMENT 'One row per right of the monthly benefit, in its present state';

CREATE OR REPLACE VIEW months_decided
(
    client String COMMENT 'Client',
    municipality LowCardinality(String) COMMENT 'Municipality of the last decision',
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
    argMax(f.municipality, f.position) AS municipality,
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
GROUP BY client, month
COMMENT 'One row per client and month, as last decided';

CREATE OR REPLACE VIEW monthly_benefit_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month',
    clients UInt64 COMMENT 'Clients with a decided month',
    with_income UInt64 COMMENT 'Of whom had income',
    total_cents Int64 COMMENT 'Euro cents that the months give, with holiday allowance',
    reserved_cents Int64 COMMENT 'Of which reserved as holiday allowance',
    received_cents Int64 COMMENT 'Income',
    measure_cents Int64 COMMENT 'What measures took',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, month, count() AS clients, countIf(m.received_cents > 0) AS with_income,
    sum(m.total_cents) AS total_cents, sum(m.reserved_cents) AS reserved_cents, sum(m.received_cents) AS received_cents,
    sum(m.measure_cents) AS measure_cents, max(m.benefits_position) AS benefits_position
FROM months_decided AS m
GROUP BY municipality, month
COMMENT 'The monthly benefit per municipality and month';

CREATE OR REPLACE VIEW payouts_on_time_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of the promise',
    promised UInt64 COMMENT 'Rights promised',
    on_time UInt64 COMMENT 'Paid by the promised day',
    late UInt64 COMMENT 'Paid after it',
    unpaid UInt64 COMMENT 'Not paid by what is known',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(promised_on) AS month, count() AS promised,
    countIf(state = 'paid' AND booked_on <= promised_on) AS on_time,
    countIf(state = 'paid' AND booked_on > promised_on) AS late,
    countIf(state != 'paid') AS unpaid,
    max(r.benefits_position) AS benefits_position
FROM monthly_rights AS r
GROUP BY municipality, month
COMMENT 'Payouts of the monthly benefit on the promised day';

CREATE OR REPLACE VIEW recovery_claims
(
    claim_ref String COMMENT 'Recovery claim',
    client String COMMENT 'Client',
    municipality LowCardinality(String) COMMENT 'Municipality',
    ground LowCardinality(String) COMMENT 'advance-refused, paid-too-much, duty-to-inform or withdrawn',
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
