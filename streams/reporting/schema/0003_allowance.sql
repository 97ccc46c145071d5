-- The one-off energy allowance: who was granted or refused what, and why.
CREATE OR REPLACE VIEW allowance_decisions
(
    run_ref LowCardinality(String) COMMENT 'Run that decided',
    right_ref String COMMENT 'Right that was decided',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    household_ref String COMMENT 'Household',
    client String COMMENT 'Client who is paid',
    scheme_year UInt16 COMMENT 'Scheme year',
    tranche UInt8 COMMENT 'Tranche',
    decision LowCardinality(String) COMMENT 'granted, refused or withheld (taken back at release: the money was there already)',
    amount_cents Int64 COMMENT 'Euro cents granted, or withheld; 0 when refused',
    reasons Array(LowCardinality(String)) COMMENT 'Reason codes',
    rule_version String COMMENT 'Version of the rules applied',
    decided_on Date COMMENT 'Day of the decision',
    promised_on Nullable(Date) COMMENT 'Day by which a grant is paid; NULL for the others',
    benefits_position UInt64 COMMENT 'Position of benefits that the row rests on'
)
AS SELECT
    run_ref, right_ref, municipality, household_ref, client, scheme_year, tranche,
    substring(fact, 11) AS decision,
    ifNull(amount_cents, 0) AS amount_cents,
    reasons,
    JSONExtractString(data, 'rule_version') AS rule_version,
    toDate(JSONExtractString(data, 'decided_on')) AS decided_on,
    toDateOrNull(JSONExtractString(data, 'promised_on')) AS promised_on,
    position AS benefits_position
FROM facts
WHERE fact IN ('allowance-granted', 'allowance-refused', 'allowance-withheld')
COMMENT 'One row per decision of a run';

CREATE OR REPLACE VIEW allowance_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of decision',
    scheme_year UInt16 COMMENT 'Scheme year',
    tranche UInt8 COMMENT 'Tranche',
    granted UInt64 COMMENT 'Decisions to grant',
    granted_cents Int64 COMMENT 'Euro cents granted',
    refused UInt64 COMMENT 'Decisions to refuse',
    withheld UInt64 COMMENT 'Approved, and withheld at release',
    withheld_cents Int64 COMMENT 'Euro cents withheld',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(decided_on) AS month, scheme_year, tranche,
    countIf(decision = 'granted') AS granted,
    sumIf(amount_cents, decision = 'granted') AS granted_cents,
    countIf(decision = 'refused') AS refused,
    countIf(decision = 'withheld') AS withheld,
    sumIf(amount_cents, decision = 'withheld') AS withheld_cents,
    max(benefits_position) AS benefits_position
FROM allowance_decisions
GROUP BY municipality, month, scheme_year, tranche
COMMENT 'Decisions and amounts per municipality and month of decision';

CREATE OR REPLACE VIEW allowance_reasons_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of decision',
    scheme_year UInt16 COMMENT 'Scheme year',
    tranche UInt8 COMMENT 'Tranche',
    decision LowCardinality(String) COMMENT 'granted, refused or withheld',
    reason LowCardinality(String) COMMENT 'Reason code; a decision with two reasons counts under both',
    decisions UInt64 COMMENT 'Decisions with this reason',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figure rests on'
)
AS SELECT
    municipality, toStartOfMonth(decided_on) AS month, scheme_year, tranche, decision,
    arrayJoin(reasons) AS reason,
    count() AS decisions,
    max(benefits_position) AS benefits_position
FROM allowance_decisions
GROUP BY municipality, month, scheme_year, tranche, decision, reason
COMMENT 'Reasons per municipality and month of decision';

CREATE OR REPLACE VIEW applications
(
    application_ref String COMMENT 'Application',
    municipality LowCardinality(String) COMMENT 'Municipality at application',
    household_ref String COMMENT 'Household at application',
    client String COMMENT 'Applicant',
    scheme_year UInt16 COMMENT 'Scheme year',
    channel LowCardinality(String) COMMENT 'desk, telephone, web-form, post or partner',
    received_on Date COMMENT 'Day of receipt',
    decided_on Nullable(Date) COMMENT 'Day of the first decision on the household in that scheme year from then on; NULL while undecided',
    decision LowCardinality(String) COMMENT 'granted, refused, withheld, or empty while undecided',
    days Nullable(Int32) COMMENT 'Days from receipt to decision',
    intake_position UInt64 COMMENT 'Position of intake that the row rests on',
    benefits_position UInt64 COMMENT 'Position of benefits that the row rests on; 0 while undecided'
)
AS SELECT
    a.application_ref, a.municipality, a.household_ref, a.client, a.scheme_year, a.channel, a.received_on,
    minOrNullIf(d.decided_on, d.decided_on >= a.received_on AND d.right_ref != '') AS decided_on,
    argMinIf(d.decision, d.decided_on, d.decided_on >= a.received_on AND d.right_ref != '') AS decision,
    dateDiff('day', a.received_on, decided_on) AS days,
    a.position AS intake_position,
    maxIf(d.benefits_position, d.decided_on >= a.received_on AND d.right_ref != '') AS benefits_position
FROM
(
    SELECT
        JSONExtractString(data, 'application_ref') AS application_ref, municipality, household_ref, client, scheme_year,
        JSONExtractString(data, 'channel') AS channel, toDate(JSONExtractString(data, 'received_on')) AS received_on, position
    FROM facts
    WHERE fact = 'application-received'
) AS a
LEFT JOIN allowance_decisions AS d ON d.household_ref = a.household_ref AND d.scheme_year = a.scheme_year
GROUP BY ALL
COMMENT 'One row per application, with how long its decision took';

CREATE OR REPLACE VIEW applications_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality at application',
    month Date COMMENT 'First day of the month of receipt',
    scheme_year UInt16 COMMENT 'Scheme year',
    received UInt64 COMMENT 'Applications received',
    decided UInt64 COMMENT 'Of those, decided',
    within_term UInt64 COMMENT 'Of those, decided within the legal term of 8 weeks (Awb 4:13)',
    open UInt64 COMMENT 'Not decided yet',
    longest_days Nullable(Int32) COMMENT 'Longest time from receipt to decision, in days',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(received_on) AS month, scheme_year,
    count() AS received,
    countIf(decided_on IS NOT NULL) AS decided,
    countIf(days <= 56) AS within_term,
    countIf(decided_on IS NULL) AS open,
    max(days) AS longest_days,
    max(intake_position) AS intake_position,
    max(benefits_position) AS benefits_position
FROM applications
GROUP BY municipality, month, scheme_year
COMMENT 'Applications and decision times against the legal term, per municipality and month of receipt';
