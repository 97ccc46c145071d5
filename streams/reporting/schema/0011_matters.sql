-- Matters: over which channels people come in, and how long a decision takes against its term of law.
CREATE OR REPLACE VIEW matters
(
    matter_ref String COMMENT 'Matter',
    client String COMMENT 'Client for whom it was opened',
    municipality LowCardinality(String) COMMENT 'Municipality',
    subject LowCardinality(String) COMMENT 'What it is about, such as social-assistance',
    opened_on Nullable(Date) COMMENT 'First day of reporting or applying',
    applied_on Nullable(Date) COMMENT 'First application; NULL while there was none',
    due_on Nullable(Date) COMMENT 'Last day of the term of decision as it stands; NULL without one',
    suspended_days UInt64 COMMENT 'Days that the term stood still',
    extension_weeks UInt64 COMMENT 'Weeks by which it was extended',
    outcome LowCardinality(String) COMMENT 'open, accepted, rejected, withdrawn, not-taken-into-handling or merged',
    decided_on Nullable(Date) COMMENT 'Day of the decision; NULL without one',
    decision_days Nullable(Int64) COMMENT 'Days from application to decision; NULL without both',
    was_late Bool COMMENT 'Decided after the term, or not decided when it passed',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT
    JSONExtractString(data, 'matter_ref') AS matter_ref, any(f.client) AS client, any(f.municipality) AS municipality,
    anyIf(JSONExtractString(data, 'subject'), fact = 'matter-opened') AS subject,
    minOrNullIf(
        toDateOrNull(JSONExtractString(data, multiIf(fact = 'matter-opened', 'opened_on', fact = 'matter-applied', 'applied_on', 'reported_on'))),
        fact IN ('matter-opened', 'matter-reported', 'matter-applied', 'matter-absorbed')
    ) AS opened_on,
    minOrNullIf(toDateOrNull(JSONExtractString(data, 'applied_on')), fact = 'matter-applied') AS applied_on,
    toDateOrNull(argMaxIf(JSONExtractString(data, 'term', 'due_on'), version, JSONExtractString(data, 'term', 'step') = 'decision')) AS due_on,
    sumIf(JSONExtractUInt(data, 'suspended_days'), fact = 'matter-term-resumed') AS suspended_days,
    sumIf(JSONExtractUInt(data, 'weeks'), fact = 'matter-term-extended') AS extension_weeks,
    multiIf(
        countIf(fact = 'matter-decided') > 0, anyIf(JSONExtractString(data, 'outcome'), fact = 'matter-decided'),
        countIf(fact = 'matter-merged') > 0, 'merged', 'open'
    ) AS outcome,
    minOrNullIf(toDateOrNull(JSONExtractString(data, 'decided_on')), fact = 'matter-decided') AS decided_on,
    dateDiff('day', applied_on, decided_on) AS decision_days,
    ifNull(decided_on > due_on, false) OR countIf(fact = 'matter-term-passed' AND JSONExtractString(data, 'step') = 'decision') > 0 AS was_late,
    max(position) AS intake_position
FROM facts AS f
WHERE startsWith(stream, 'intake/matter/')
GROUP BY matter_ref
COMMENT 'One row per matter, as it stands at this moment';

CREATE OR REPLACE VIEW decision_times_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    subject LowCardinality(String) COMMENT 'What was applied for',
    month Date COMMENT 'First day of the month of the decision',
    decided UInt64 COMMENT 'Applications decided in the month, whatever the outcome; withdrawn ones are left out',
    within_term UInt64 COMMENT 'Of those, no later than the last day of the term of law',
    late UInt64 COMMENT 'Of those, later',
    days_median Nullable(Float64) COMMENT 'Median days from application to decision',
    days_p90 Nullable(Float64) COMMENT 'Days within which nine in ten were decided',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on'
)
AS SELECT
    municipality, subject, toStartOfMonth(assumeNotNull(decided_on)) AS month, count() AS decided, countIf(NOT was_late) AS within_term,
    countIf(was_late) AS late, quantileExactOrNull(0.5)(decision_days) AS days_median, quantileExactOrNull(0.9)(decision_days) AS days_p90,
    max(m.intake_position) AS intake_position
FROM matters AS m
WHERE decided_on IS NOT NULL AND applied_on IS NOT NULL AND outcome != 'withdrawn'
GROUP BY municipality, subject, month
COMMENT 'How long decisions take against their term of law, by the month of the decision';

CREATE OR REPLACE VIEW intake_per_channel
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of the report or application',
    channel LowCardinality(String) COMMENT 'desk, telephone, web-form, post, partner or alderman',
    reports UInt64 COMMENT 'Reports over the channel',
    applications UInt64 COMMENT 'Applications over the channel',
    matters UInt64 COMMENT 'Different matters that they were about',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on'
)
AS SELECT
    f.municipality AS municipality,
    toStartOfMonth(toDate(JSONExtractString(data, if(fact = 'matter-reported', 'reported_on', 'applied_on')))) AS month,
    JSONExtractString(data, 'channel') AS channel, countIf(fact = 'matter-reported') AS reports, countIf(fact = 'matter-applied') AS applications,
    uniqExact(JSONExtractString(data, 'matter_ref')) AS matters, max(position) AS intake_position
FROM facts AS f
WHERE fact IN ('matter-reported', 'matter-applied')
GROUP BY municipality, month, channel
COMMENT 'Over which channels people come in';
