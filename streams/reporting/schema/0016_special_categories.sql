-- Care and youth (AVG art. 9): what something is about stands in aggregates, and in no row of anybody, alike for all clients.
-- The gateway closes events, facts_whole, matters_by_subject, signals_by_domain and handovers_by_purpose; on a server nobody is granted them.

CREATE OR REPLACE VIEW facts_whole
(
    service LowCardinality(String) COMMENT 'Service that recorded the fact',
    position UInt64 COMMENT 'Place in the log of the service',
    stream String COMMENT 'Stream of the fact',
    version UInt32 COMMENT 'Place in the stream, from 1',
    fact LowCardinality(String) COMMENT 'Name of the fact, such as allowance-granted',
    type LowCardinality(String) COMMENT 'CloudEvents type with its version',
    event_id String COMMENT 'Identity of the fact',
    client String COMMENT 'Pseudonymous reference of the client, or empty',
    municipality LowCardinality(String) COMMENT 'CBS code, or empty',
    household_ref String COMMENT 'Household, or empty',
    run_ref LowCardinality(String) COMMENT 'Run, or empty',
    right_ref String COMMENT 'Right, or empty',
    scheme_year UInt16 COMMENT 'Scheme year, or 0',
    tranche UInt8 COMMENT 'Tranche, or 0',
    amount_cents Nullable(Int64) COMMENT 'Amount in euro cents',
    reasons Array(LowCardinality(String)) COMMENT 'Reason codes of a decision',
    reason_code LowCardinality(String) COMMENT 'Single reason code, or empty',
    effective_at DateTime64(6, 'UTC') COMMENT 'Moment from which the fact holds',
    recorded_at DateTime64(6, 'UTC') COMMENT 'Moment at which it was recorded',
    data String COMMENT 'The whole fact, JSON',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt16 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset'
)
AS SELECT
    service, position, stream, version, fact, type, event_id, client, municipality, household_ref, run_ref, right_ref,
    scheme_year, tranche, amount_cents, reasons, reason_code, effective_at, recorded_at, data, topic, partition, offset
FROM events FINAL
COMMENT 'Closed to data teams: every fact once, with what it is about';

CREATE OR REPLACE VIEW facts
(
    service LowCardinality(String) COMMENT 'Service that recorded the fact',
    position UInt64 COMMENT 'Place in the log of the service',
    stream String COMMENT 'Stream of the fact',
    version UInt32 COMMENT 'Place in the stream, from 1',
    fact LowCardinality(String) COMMENT 'Name of the fact, such as allowance-granted',
    type LowCardinality(String) COMMENT 'CloudEvents type with its version',
    event_id String COMMENT 'Identity of the fact',
    client String COMMENT 'Pseudonymous reference of the client, or empty',
    municipality LowCardinality(String) COMMENT 'CBS code, or empty',
    household_ref String COMMENT 'Household, or empty',
    run_ref LowCardinality(String) COMMENT 'Run, or empty',
    right_ref String COMMENT 'Right, or empty',
    scheme_year UInt16 COMMENT 'Scheme year, or 0',
    tranche UInt8 COMMENT 'Tranche, or 0',
    amount_cents Nullable(Int64) COMMENT 'Amount in euro cents',
    reasons Array(LowCardinality(String)) COMMENT 'Reason codes of a decision',
    reason_code LowCardinality(String) COMMENT 'Single reason code, or empty',
    effective_at DateTime64(6, 'UTC') COMMENT 'Moment from which the fact holds',
    recorded_at DateTime64(6, 'UTC') COMMENT 'Moment at which it was recorded',
    data String COMMENT 'The fact, JSON; of matters, needs, the route, contacts and offers without what it is about',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt16 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset'
)
AS SELECT
    service, position, stream, version, fact, type, event_id, client, municipality, household_ref, run_ref, right_ref,
    scheme_year, tranche, amount_cents, reasons, reason_code, effective_at, recorded_at,
    multiIf(
        startsWith(stream, 'intake/matter/'),
            replaceRegexpAll(
                replaceRegexpAll(data, '"(subject|organisation|papers|missing)":("[^"]*"|\\[[^\\]]*\\])', '"\\1":""'),
                '"step":"(investigation|first-talk|integration-plan)"', '"step":"other"'
            ),
        match(stream, '^intake/(needs|route)/'),
            replaceRegexpAll(data, '"(domain|need|goal|organisation|team_ref)":"[^"]*"', '"\\1":""'),
        match(stream, '^handover/(contacts|call-back|baton)/'),
            replaceRegexpAll(data, '"(subject|purpose|legal_basis|result|domain_from|domain_to|shares)":("[^"]*"|\\[[^\\]]*\\])', '"\\1":""'),
        data
    ) AS data, topic, partition, offset
FROM events FINAL
COMMENT 'Every fact exactly once, however often it was delivered';

CREATE OR REPLACE VIEW fact_prints
(
    service LowCardinality(String) COMMENT 'Service that recorded the fact',
    position UInt64 COMMENT 'Place in the log of the service',
    stream String COMMENT 'Stream of the fact',
    version UInt32 COMMENT 'Place in the stream, from 1',
    print UInt64 COMMENT 'First eight bytes, the lowest first, of SHA-256 over stream, version, event id, type, cents and the whole fact, a line each'
)
AS SELECT
    service, position, stream, version,
    reinterpretAsUInt64(substring(SHA256(concat(
        stream, '\n', toString(version), '\n', event_id, '\n', type, '\n', ifNull(toString(amount_cents), ''), '\n', data
    )), 1, 8)) AS print
FROM events FINAL
COMMENT 'By what backbone verify compares every fact with the log of its service';

CREATE OR REPLACE VIEW matters_by_subject
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
FROM facts_whole AS f
WHERE startsWith(stream, 'intake/matter/')
GROUP BY matter_ref
COMMENT 'Closed to data teams: one row per matter, with its subject';

CREATE OR REPLACE VIEW matters
(
    matter_ref String COMMENT 'Matter',
    client String COMMENT 'Client for whom it was opened',
    municipality LowCardinality(String) COMMENT 'Municipality',
    area LowCardinality(String) COMMENT 'income, or support: debts, care, youth help or an integration course',
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
    matter_ref, client, municipality, if(subject IN ('social-assistance', 'special-assistance'), 'income', 'support') AS area, opened_on, applied_on, due_on, suspended_days, extension_weeks, outcome, decided_on, decision_days, was_late, intake_position
FROM matters_by_subject
COMMENT 'One row per matter, as it stands at this moment; subjects are in decision_times_per_municipality_month';

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
FROM matters_by_subject AS m
WHERE decided_on IS NOT NULL AND applied_on IS NOT NULL AND outcome != 'withdrawn'
GROUP BY municipality, subject, month
COMMENT 'How long decisions take against their term of law, by the month of the decision';

CREATE OR REPLACE VIEW call_backs
(
    call_back_ref String COMMENT 'Request to be called back',
    client String COMMENT 'Who asked',
    municipality LowCardinality(String) COMMENT 'Municipality',
    channel LowCardinality(String) COMMENT 'Channel over which was asked',
    requested_at DateTime64(6, 'UTC') COMMENT 'Moment of asking',
    due_at DateTime64(6, 'UTC') COMMENT 'Moment by which the client is called back by policy',
    answered_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Moment at which it was settled, or NULL',
    outcome LowCardinality(String) COMMENT 'open, reached, not-reached or no-longer-needed',
    was_late Bool COMMENT 'The term passed before it was settled',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    JSONExtractString(data, 'call_back_ref') AS call_back_ref, any(f.client) AS client, any(f.municipality) AS municipality,
    anyIf(JSONExtractString(data, 'channel'), fact = 'call-back-requested') AS channel,
    minIf(recorded_at, fact = 'call-back-requested') AS requested_at,
    anyIf(parseDateTime64BestEffortOrZero(JSONExtractString(data, 'due_at'), 6, 'UTC'), fact = 'call-back-requested') AS due_at,
    minOrNullIf(recorded_at, fact = 'call-back-answered') AS answered_at,
    if(countIf(fact = 'call-back-answered') > 0, anyIf(JSONExtractString(data, 'outcome'), fact = 'call-back-answered'), 'open') AS outcome,
    countIf(fact = 'call-back-term-passed') > 0 AS was_late, max(position) AS handover_position
FROM facts AS f
WHERE startsWith(stream, 'handover/call-back/')
GROUP BY call_back_ref
COMMENT 'One row per request to be called back';

CREATE OR REPLACE VIEW handovers_by_purpose
(
    client String COMMENT 'Client whose baton was offered',
    offer UInt32 COMMENT 'Number of the offer, from 1 per client',
    municipality LowCardinality(String) COMMENT 'Municipality',
    from_team_ref LowCardinality(String) COMMENT 'Team that held the client',
    to_team_ref LowCardinality(String) COMMENT 'Team that was asked',
    kind LowCardinality(String) COMMENT 'within-organisation, between-organisations or urgent: it decides the term',
    purpose LowCardinality(String) COMMENT 'What the client was handed over for',
    legal_basis LowCardinality(String) COMMENT 'Ground on which data were shared',
    crosses_domain Bool COMMENT 'From one task of law to another',
    offered_at DateTime64(6, 'UTC') COMMENT 'Moment of the offer',
    due_at DateTime64(6, 'UTC') COMMENT 'Moment at which an answer was due by policy',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Moment of the answer, or of falling back; NULL while the offer stands',
    outcome LowCardinality(String) COMMENT 'open, accepted, declined, withdrawn or fell-back; a fallen baton was dropped by the receiver',
    answer_seconds Nullable(Float64) COMMENT 'From offer to answer; NULL without one',
    was_late Bool COMMENT 'The term passed without an answer',
    result LowCardinality(String) COMMENT 'What came of it, or empty',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    client, toUInt32(JSONExtractUInt(data, 'offer')) AS offer, any(f.municipality) AS municipality,
    any(JSONExtractString(data, 'from_team_ref')) AS from_team_ref, any(JSONExtractString(data, 'to_team_ref')) AS to_team_ref,
    anyIf(JSONExtractString(data, 'kind'), fact = 'baton-offered') AS kind,
    anyIf(JSONExtractString(data, 'purpose'), fact = 'baton-offered') AS purpose,
    anyIf(JSONExtractString(data, 'legal_basis'), fact = 'baton-offered') AS legal_basis,
    anyIf(JSONExtractString(data, 'domain_from') != JSONExtractString(data, 'domain_to'), fact = 'baton-offered') AS crosses_domain,
    minIf(recorded_at, fact = 'baton-offered') AS offered_at,
    anyIf(parseDateTime64BestEffortOrZero(JSONExtractString(data, 'due_at'), 6, 'UTC'), fact = 'baton-offered') AS due_at,
    minOrNullIf(recorded_at, fact IN ('baton-accepted', 'baton-declined', 'baton-offer-withdrawn', 'baton-fell-back')) AS ended_at,
    multiIf(
        countIf(fact = 'baton-accepted') > 0, 'accepted', countIf(fact = 'baton-declined') > 0, 'declined',
        countIf(fact = 'baton-offer-withdrawn') > 0, 'withdrawn', countIf(fact = 'baton-fell-back') > 0, 'fell-back', 'open'
    ) AS outcome,
    if(outcome IN ('open', 'fell-back'), NULL, (toUnixTimestamp64Micro(assumeNotNull(ended_at)) - toUnixTimestamp64Micro(offered_at)) / 1e6) AS answer_seconds,
    countIf(fact IN ('baton-due-passed', 'baton-fell-back')) > 0 AS was_late,
    anyIf(JSONExtractString(data, 'result'), fact = 'handover-completed') AS result,
    max(position) AS handover_position
FROM facts_whole AS f
WHERE startsWith(stream, 'handover/baton/') AND JSONHas(data, 'offer')
GROUP BY client, offer
COMMENT 'Closed to data teams: one row per offer of a baton, with its purpose, ground and result';

CREATE OR REPLACE VIEW handovers
(
    client String COMMENT 'Client whose baton was offered',
    offer UInt32 COMMENT 'Number of the offer, from 1 per client',
    municipality LowCardinality(String) COMMENT 'Municipality',
    from_team_ref LowCardinality(String) COMMENT 'Team that held the client',
    to_team_ref LowCardinality(String) COMMENT 'Team that was asked',
    kind LowCardinality(String) COMMENT 'within-organisation, between-organisations or urgent: it decides the term',
    crosses_domain Bool COMMENT 'From one task of law to another',
    offered_at DateTime64(6, 'UTC') COMMENT 'Moment of the offer',
    due_at DateTime64(6, 'UTC') COMMENT 'Moment at which an answer was due by policy',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Moment of the answer, or of falling back; NULL while the offer stands',
    outcome LowCardinality(String) COMMENT 'open, accepted, declined, withdrawn or fell-back; a fallen baton was dropped by the receiver',
    answer_seconds Nullable(Float64) COMMENT 'From offer to answer; NULL without one',
    was_late Bool COMMENT 'The term passed without an answer',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    client, offer, municipality, from_team_ref, to_team_ref, kind, crosses_domain, offered_at, due_at, ended_at, outcome, answer_seconds, was_late, handover_position
FROM handovers_by_purpose
COMMENT 'One row per offer of a baton, with its answer';

CREATE OR REPLACE VIEW handover_purposes_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of the offer',
    purpose LowCardinality(String) COMMENT 'What clients were handed over for',
    legal_basis LowCardinality(String) COMMENT 'Ground on which data were shared',
    offered UInt64 COMMENT 'Batons offered in the month',
    accepted UInt64 COMMENT 'Of those, accepted',
    completed UInt64 COMMENT 'Of those, with a result told',
    handover_position UInt64 COMMENT 'Last position of handover that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(toDate(offered_at, 'Europe/Amsterdam')) AS month, purpose, legal_basis, count() AS offered,
    countIf(outcome = 'accepted') AS accepted, countIf(result != '') AS completed, max(h.handover_position) AS handover_position
FROM handovers_by_purpose AS h
GROUP BY municipality, month, purpose, legal_basis
COMMENT 'What batons are offered for, and on which ground';

CREATE OR REPLACE VIEW signals_by_domain
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
FROM facts_whole AS f
WHERE fact IN ('route-signal-recorded', 'route-signal-ended')
GROUP BY client, signal_ref
COMMENT 'Closed to data teams: one row per signal, with its domain of life and kind of organisation';

CREATE OR REPLACE VIEW route_signals
(
    client String COMMENT 'Client whom the signal is about',
    signal_ref String COMMENT 'Reference of the signal',
    kind LowCardinality(String) COMMENT 'Kind of the closed list, such as problem-debt or open-need',
    source LowCardinality(String) COMMENT 'Who says so: client, partner, or a service',
    since Date COMMENT 'Day from which it is there',
    ended_on Nullable(Date) COMMENT 'First day on which it is there no more; NULL while it is',
    is_mistaken Bool COMMENT 'It never was there',
    municipality LowCardinality(String) COMMENT 'Where the client lived when it was told',
    version UInt32 COMMENT 'Place of its recording in the stream of the client',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT client, signal_ref, kind, source, since, ended_on, is_mistaken, municipality, version, intake_position
FROM signals_by_domain
COMMENT 'One row per signal that rules may see';

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
        FROM signals_by_domain
        WHERE domain NOT IN ('', 'integration') AND NOT is_mistaken
        GROUP BY client, day
    ) AS d
    INNER JOIN (SELECT * FROM signals_by_domain WHERE domain NOT IN ('', 'integration') AND NOT is_mistaken) AS n ON n.client = d.client
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
    LEFT JOIN signals_by_domain AS n ON n.client = g.client
    LEFT JOIN route_accumulations AS a ON a.client = g.client
    GROUP BY client, flag, municipality, proposed_on, is_confirmed, state, domains, within_months
)
COMMENT 'Each flag against what happened; neither hit nor false alarm while the months run';

CREATE OR REPLACE VIEW open_needs_per_municipality
(
    municipality LowCardinality(String) COMMENT 'Where the clients lived when the needs were told',
    domain LowCardinality(String) COMMENT 'Domain of life',
    clients UInt64 COMMENT 'Clients with an open need in it',
    intake_position UInt64 COMMENT 'Last position of intake that the figure rests on'
)
AS SELECT municipality, domain, uniqExact(client) AS clients, max(s.intake_position) AS intake_position
FROM signals_by_domain AS s
WHERE domain != '' AND NOT is_mistaken AND ended_on IS NULL
GROUP BY municipality, domain
COMMENT 'In how many lives there is a need, by domain';
