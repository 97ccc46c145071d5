-- Breaking the glass: who was let in in an emergency, how it ended, and what another person made of it.
CREATE OR REPLACE VIEW break_glass_openings
(
    client String COMMENT 'Client who was opened',
    opening UInt32 COMMENT 'Number of the opening, from 1 per client',
    municipality LowCardinality(String) COMMENT 'Municipality of the client',
    works_for Array(String) COMMENT 'Municipalities of who was let in',
    reason LowCardinality(String) COMMENT 'Code of the emergency',
    opens_special Bool COMMENT 'Care and youth were open too',
    opened_at DateTime64(6, 'UTC') COMMENT 'Moment from which somebody was let in',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Moment at which it ended; NULL while it runs',
    ended LowCardinality(String) COMMENT 'running, withdrawn or expired',
    verdict LowCardinality(String) COMMENT 'justified, unjustified, or empty while nobody judged it',
    was_overdue Bool COMMENT 'The term passed before somebody judged it',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    client, toUInt32(JSONExtractUInt(data, 'opening')) AS opening, any(f.municipality) AS municipality,
    anyIf(JSONExtract(data, 'works_for', 'Array(String)'), fact = 'break-glass-opened') AS works_for,
    anyIf(JSONExtractString(data, 'reason'), fact = 'break-glass-opened') AS reason,
    anyIf(JSONExtractBool(data, 'opens_special'), fact = 'break-glass-opened') AS opens_special,
    minIf(recorded_at, fact = 'break-glass-opened') AS opened_at,
    minOrNullIf(recorded_at, fact IN ('break-glass-withdrawn', 'break-glass-expired')) AS ended_at,
    multiIf(countIf(fact = 'break-glass-withdrawn') > 0, 'withdrawn', countIf(fact = 'break-glass-expired') > 0, 'expired', 'running') AS ended,
    anyIf(JSONExtractString(data, 'verdict'), fact = 'break-glass-reviewed') AS verdict,
    countIf(fact = 'break-glass-review-overdue') > 0 AS was_overdue,
    max(position) AS handover_position
FROM facts AS f
WHERE startsWith(stream, 'handover/break-glass/')
GROUP BY client, opening
COMMENT 'One row per opening in an emergency; who it was is in handover, not here';

CREATE OR REPLACE VIEW break_glass_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality of the clients',
    month Date COMMENT 'First day of the month of the opening',
    opened UInt64 COMMENT 'Times that the glass was broken',
    from_outside UInt64 COMMENT 'Of those, by somebody who does not work for the municipality',
    withdrawn UInt64 COMMENT 'Of those opened, ended before their time',
    reviewed UInt64 COMMENT 'Of those opened, judged by another person',
    unjustified UInt64 COMMENT 'Of those, without a good reason',
    overdue UInt64 COMMENT 'Of those opened, not judged within the term',
    handover_position UInt64 COMMENT 'Last position of handover that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(toDate(opened_at, 'Europe/Amsterdam')) AS month, count() AS opened,
    countIf(NOT has(works_for, municipality)) AS from_outside, countIf(ended = 'withdrawn') AS withdrawn,
    countIf(verdict != '') AS reviewed, countIf(verdict = 'unjustified') AS unjustified, countIf(was_overdue) AS overdue,
    max(o.handover_position) AS handover_position
FROM break_glass_openings AS o
GROUP BY municipality, month
COMMENT 'Openings in an emergency and what was made of them, by the month of the opening';
