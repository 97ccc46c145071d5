-- The integral flag: signals, flags, and how well they foretold that needs in several domains of life come together.
CREATE OR REPLACE VIEW route_outcomes
(
    from_on Date COMMENT 'First day on which the row holds',
    until_on Date COMMENT 'First day on which it holds no more',
    domains UInt8 COMMENT 'So many domains of life open at once are what a flag foretells',
    within_months UInt16 COMMENT 'Within so many months after its proposal',
    flagged_per_10_000_households UInt16 COMMENT 'So many households of ten thousand are expected under a flag'
)
AS SELECT toDate('2023-01-01') AS from_on, toDate('2149-06-06') AS until_on, toUInt8(3) AS domains, toUInt16(12) AS within_months, toUInt16(100) AS flagged_per_10_000_households
COMMENT 'What flags are judged by, as in services/intake/policies/route.toml; a changed row comes with a next schema file';

CREATE OR REPLACE VIEW route_signals
(
    client String COMMENT 'Client whom the signal is about',
    signal_ref String COMMENT 'Reference of the signal',
    kind LowCardinality(String) COMMENT 'Kind of the closed list, such as problem-debt or open-need',
    domain LowCardinality(String) COMMENT 'Domain of life of an open need, or empty',
    organisation LowCardinality(String) COMMENT 'Kind of an active organisation, or empty',
    source LowCardinality(String) COMMENT 'Who says so: client, partner, or a service',
    since Date COMMENT 'Day from which it is there',
    ended_on Nullable(Date) COMMENT 'First day on which it is there no more; NULL while it is',
    is_mistaken Bool COMMENT 'It never was there',
    municipality LowCardinality(String) COMMENT 'Where the client lived when it was told',
    version UInt32 COMMENT 'Place of its recording in the stream of the client',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT
    client, JSONExtractString(data, 'signal_ref') AS signal_ref,
    anyIf(JSONExtractString(data, 'kind'), fact = 'route-signal-recorded') AS kind,
    anyIf(JSONExtractString(data, 'domain'), fact = 'route-signal-recorded') AS domain,
    anyIf(JSONExtractString(data, 'organisation'), fact = 'route-signal-recorded') AS organisation,
    anyIf(JSONExtractString(data, 'source'), fact = 'route-signal-recorded') AS source,
    anyIf(toDateOrZero(JSONExtractString(data, 'since')), fact = 'route-signal-recorded') AS since,
    maxOrNullIf(toDateOrNull(JSONExtractString(data, 'on')), fact = 'route-signal-ended') AS ended_on,
    countIf(fact = 'route-signal-ended' AND JSONExtractString(data, 'end') = 'mistaken') > 0 AS is_mistaken,
    anyIf(f.municipality, fact = 'route-signal-recorded') AS municipality,
    minIf(f.version, fact = 'route-signal-recorded') AS version,
    max(f.position) AS intake_position
FROM facts AS f
WHERE fact IN ('route-signal-recorded', 'route-signal-ended')
GROUP BY client, signal_ref
COMMENT 'One row per signal that rules may see';

CREATE OR REPLACE VIEW integral_flags
(
    client String COMMENT 'Client whom the flag is about',
    flag UInt32 COMMENT 'Number of the flag, from 1 per client',
    household_ref String COMMENT 'Household as told last',
    municipality LowCardinality(String) COMMENT 'Where the client lived at the proposal',
    municipality_now LowCardinality(String) COMMENT 'Where the client lived at the last fact of the flag',
    proposed_on Date COMMENT 'Day of the proposal',
    score UInt32 COMMENT 'Sum of the weights of the rules that held',
    threshold UInt32 COMMENT 'Score from which a flag is proposed',
    rules Array(LowCardinality(String)) COMMENT 'Codes of the rules that held',
    rule_version LowCardinality(String) COMMENT 'Texts of the rules',
    state LowCardinality(String) COMMENT 'proposed, confirmed, removed or expired',
    is_confirmed Bool COMMENT 'A person confirmed it',
    ended_on Nullable(Date) COMMENT 'Day of removal or expiry; NULL while it stands',
    reason LowCardinality(String) COMMENT 'Code of the last reason of a person, or empty',
    reviews UInt64 COMMENT 'Times that it was kept after a review',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT
    client, toUInt32(JSONExtractUInt(data, 'flag')) AS flag,
    argMax(f.household_ref, f.version) AS household_ref,
    anyIf(f.municipality, fact = 'integral-flag-proposed') AS municipality, argMax(f.municipality, f.version) AS municipality_now,
    anyIf(toDateOrZero(JSONExtractString(data, 'on')), fact = 'integral-flag-proposed') AS proposed_on,
    anyIf(toUInt32(JSONExtractUInt(data, 'score')), fact = 'integral-flag-proposed') AS score,
    anyIf(toUInt32(JSONExtractUInt(data, 'threshold')), fact = 'integral-flag-proposed') AS threshold,
    anyIf(arrayMap(rule -> JSONExtractString(rule, 'rule'), JSONExtractArrayRaw(data, 'fired')), fact = 'integral-flag-proposed') AS rules,
    anyIf(JSONExtractString(data, 'rule_version'), fact = 'integral-flag-proposed') AS rule_version,
    multiIf(
        countIf(fact = 'integral-flag-removed') > 0, 'removed', countIf(fact = 'integral-flag-expired') > 0, 'expired',
        countIf(fact = 'integral-flag-confirmed') > 0, 'confirmed', 'proposed'
    ) AS state,
    countIf(fact = 'integral-flag-confirmed') > 0 AS is_confirmed,
    maxOrNullIf(toDateOrNull(JSONExtractString(data, 'on')), fact IN ('integral-flag-removed', 'integral-flag-expired')) AS ended_on,
    argMaxIf(JSONExtractString(data, 'reason'), f.version, JSONHas(data, 'reason')) AS reason,
    countIf(fact = 'integral-flag-reviewed') AS reviews,
    max(f.position) AS intake_position
FROM facts AS f
WHERE fact IN ('integral-flag-proposed', 'integral-flag-confirmed', 'integral-flag-reviewed', 'integral-flag-review-due', 'integral-flag-removed', 'integral-flag-expired')
GROUP BY client, flag
COMMENT 'One row per integral flag, with the rules that held and what people made of it';

CREATE OR REPLACE VIEW route_accumulations
(
    client String COMMENT 'Client',
    accumulated_on Date COMMENT 'Day on which enough domains of life were open at once, while the day before they were not',
    municipality LowCardinality(String) COMMENT 'Where the client lived when the last need of that day was told',
    open_domains UInt64 COMMENT 'Domains open on that day; integration courses are not counted',
    within_months UInt16 COMMENT 'Months within which a flag should have foretold it',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT client, day AS accumulated_on, place AS municipality, open_then AS open_domains, o.within_months AS within_months, rests_on AS intake_position
FROM
(
    SELECT
        d.client AS client, d.day AS day, d.place AS place,
        uniqExactIf(n.domain, n.since <= d.day AND (n.ended_on IS NULL OR n.ended_on > d.day)) AS open_then,
        uniqExactIf(n.domain, n.since < d.day AND (n.ended_on IS NULL OR n.ended_on >= d.day)) AS open_before,
        max(n.intake_position) AS rests_on
    FROM
    (
        SELECT client, since AS day, argMax(municipality, version) AS place
        FROM route_signals
        WHERE domain NOT IN ('', 'integration') AND NOT is_mistaken
        GROUP BY client, day
    ) AS d
    INNER JOIN (SELECT * FROM route_signals WHERE domain NOT IN ('', 'integration') AND NOT is_mistaken) AS n ON n.client = d.client
    GROUP BY client, day, place
) AS c
CROSS JOIN route_outcomes AS o
WHERE o.from_on <= day AND day < o.until_on AND open_then >= o.domains AND open_before < o.domains
COMMENT 'Days on which needs in several domains of life came together, which is what a flag foretells';

CREATE OR REPLACE VIEW integral_flags_judged
(
    client String COMMENT 'Client whom the flag is about',
    flag UInt32 COMMENT 'Number of the flag',
    municipality LowCardinality(String) COMMENT 'Where the client lived at the proposal',
    proposed_on Date COMMENT 'Day of the proposal',
    is_confirmed Bool COMMENT 'A person confirmed it',
    is_removed Bool COMMENT 'A person removed it',
    was_there Bool COMMENT 'Enough domains were open on the day of the proposal',
    is_hit Bool COMMENT 'They were, or came together within the months after it',
    is_false_alarm Bool COMMENT 'They did not, and the months are over on the day of the last fact of intake',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT
    client, flag, municipality, proposed_on, is_confirmed, state = 'removed' AS is_removed,
    open_then >= domains AS was_there, was_there OR came_later AS is_hit,
    NOT is_hit AND addMonths(proposed_on, within_months) < assumeNotNull((SELECT max(toDate(recorded_to, 'Europe/Amsterdam')) FROM heads WHERE service = 'intake')) AS is_false_alarm,
    rests_on AS intake_position
FROM
(
    SELECT
        g.client AS client, g.flag AS flag, g.municipality AS municipality, g.proposed_on AS proposed_on, g.is_confirmed AS is_confirmed,
        g.state AS state, g.domains AS domains, g.within_months AS within_months,
        uniqExactIf(n.domain, n.domain NOT IN ('', 'integration') AND NOT n.is_mistaken AND n.since <= g.proposed_on AND (n.ended_on IS NULL OR n.ended_on > g.proposed_on)) AS open_then,
        countIf(a.accumulated_on > g.proposed_on AND a.accumulated_on <= addMonths(g.proposed_on, g.within_months)) > 0 AS came_later,
        greatest(max(g.intake_position), max(n.intake_position), max(a.intake_position)) AS rests_on
    FROM
    (
        SELECT f.*, o.domains AS domains, o.within_months AS within_months
        FROM integral_flags AS f CROSS JOIN route_outcomes AS o
        WHERE o.from_on <= f.proposed_on AND f.proposed_on < o.until_on
    ) AS g
    LEFT JOIN route_signals AS n ON n.client = g.client
    LEFT JOIN route_accumulations AS a ON a.client = g.client
    GROUP BY client, flag, municipality, proposed_on, is_confirmed, state, domains, within_months
)
COMMENT 'Each flag against what happened; neither hit nor false alarm while the months run';

CREATE OR REPLACE VIEW route_figures_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month: of the proposal, and for misses of the day on which needs came together',
    flagged UInt64 COMMENT 'Flags proposed in the month',
    hits UInt64 COMMENT 'Of those, enough domains were open at once on the day or within the months after',
    already UInt64 COMMENT 'Of the hits, open on the day itself: seen, and not foretold',
    false_alarms UInt64 COMMENT 'Of those, it did not come in time',
    undecided UInt64 COMMENT 'Of those, it may still come',
    misses UInt64 COMMENT 'Needs that came together in the month without a flag that foretold it',
    confirmed UInt64 COMMENT 'Flags of the month that a person confirmed',
    confirmed_hits UInt64 COMMENT 'Of those, hits',
    removed UInt64 COMMENT 'Flags of the month that a person removed',
    removed_hits UInt64 COMMENT 'Of those, hits all the same',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on'
)
AS SELECT
    municipality, month, sum(is_flag) AS flagged, sum(hit) AS hits, sum(there) AS already, sum(false_alarm) AS false_alarms,
    flagged - hits - false_alarms AS undecided, sum(miss) AS misses, sum(confirmation) AS confirmed, sum(confirmation AND hit) AS confirmed_hits,
    sum(removal) AS removed, sum(removal AND hit) AS removed_hits, max(rests_on) AS intake_position
FROM
(
    SELECT
        j.municipality AS municipality, toStartOfMonth(j.proposed_on) AS month, 1 AS is_flag, j.is_hit AS hit, j.was_there AS there,
        j.is_false_alarm AS false_alarm, 0 AS miss, j.is_confirmed AS confirmation, j.is_removed AS removal, j.intake_position AS rests_on
    FROM integral_flags_judged AS j
    UNION ALL
    SELECT municipality, toStartOfMonth(day) AS month, 0, false, false, false, 1, false, false, rests_on
    FROM
    (
        SELECT
            a.client AS client, a.accumulated_on AS day, a.municipality AS municipality, max(a.intake_position) AS rests_on,
            countIf(f.flag > 0 AND f.proposed_on <= a.accumulated_on AND (
                a.accumulated_on <= addMonths(f.proposed_on, a.within_months) OR f.ended_on IS NULL OR a.accumulated_on < f.ended_on
            )) AS foretold
        FROM route_accumulations AS a
        LEFT JOIN integral_flags AS f ON f.client = a.client
        GROUP BY client, day, municipality
    )
    WHERE foretold = 0
)
GROUP BY municipality, month
COMMENT 'Hits, misses and false alarms of integral flags; route_share_per_municipality has the share that is expected beside it';

CREATE OR REPLACE VIEW route_share_per_municipality
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    households UInt64 COMMENT 'Households that intake knows now',
    flagged_households UInt64 COMMENT 'Of those, with somebody whose flag is proposed or confirmed now',
    flagged_share Float64 COMMENT 'The second in the first',
    expected_share Float64 COMMENT 'The share that is expected: about one in a hundred',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on'
)
AS SELECT
    h.municipality AS municipality, any(h.households) AS households, uniqExactIf(f.household_ref, f.flag > 0) AS flagged_households,
    flagged_households / households AS flagged_share,
    assumeNotNull((SELECT max(flagged_per_10_000_households) FROM route_outcomes WHERE from_on <= today() AND today() < until_on)) / 10000 AS expected_share,
    greatest(any(h.intake_position), max(f.intake_position)) AS intake_position
FROM households_per_municipality AS h
LEFT JOIN (SELECT * FROM integral_flags WHERE ended_on IS NULL) AS f ON f.municipality_now = h.municipality
WHERE h.households > 0
GROUP BY municipality
COMMENT 'Households under an integral flag beside the share that is expected';
