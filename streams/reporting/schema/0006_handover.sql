-- Handovers: who holds whom, how long an answer takes, what falls back, and how many people and contacts a client has.
CREATE OR REPLACE VIEW contact_persons
(
    client String COMMENT 'Client in care',
    municipality LowCardinality(String) COMMENT 'Municipality',
    route LowCardinality(String) COMMENT 'standard or integral; empty where intake is not read yet',
    accepted_on Nullable(Date) COMMENT 'Day from which the client is in care',
    organisation LowCardinality(String) COMMENT 'Organisation that holds the baton, or empty',
    team_ref LowCardinality(String) COMMENT 'Team that holds the client, or empty while nobody does',
    contact_person LowCardinality(String) COMMENT 'Pseudonymous reference of the contact person, or empty while there is none',
    opening_seconds Nullable(Float64) COMMENT 'From acceptance to opened baton; at most 60 is the rule',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    client,
    if(countIf(service = 'handover') > 0, argMaxIf(f.municipality, version, service = 'handover'), any(f.municipality)) AS municipality,
    anyIf(JSONExtractString(data, 'route'), fact = 'intake-accepted') AS route,
    minOrNullIf(toDateOrNull(JSONExtractString(data, 'accepted_on')), fact = 'intake-accepted') AS accepted_on,
    argMaxIf(JSONExtractString(data, 'organisation'), version, fact IN ('baton-opened', 'baton-accepted')) AS organisation,
    argMaxIf(if(fact = 'baton-accepted', JSONExtractString(data, 'to_team_ref'), JSONExtractString(data, 'team_ref')), version, service = 'handover') AS team_ref,
    argMaxIf(JSONExtractString(data, 'contact_person'), version, service = 'handover') AS contact_person,
    (minOrNullIf(toUnixTimestamp64Micro(recorded_at), fact = 'baton-opened') - minOrNullIf(toUnixTimestamp64Micro(recorded_at), fact = 'intake-accepted')) / 1e6 AS opening_seconds,
    maxIf(position, service = 'intake') AS intake_position,
    maxIf(position, service = 'handover') AS handover_position
FROM facts AS f
WHERE fact IN ('intake-accepted', 'baton-opened', 'contact-person-assigned', 'baton-accepted')
GROUP BY client
COMMENT 'One row per client in care, with the contact person of this moment';

CREATE OR REPLACE VIEW handovers
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
FROM facts AS f
WHERE startsWith(stream, 'handover/baton/') AND JSONHas(data, 'offer')
GROUP BY client, offer
COMMENT 'One row per offer of a baton, with its answer';

CREATE OR REPLACE VIEW handovers_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of the offer',
    offered UInt64 COMMENT 'Batons offered in the month',
    accepted UInt64 COMMENT 'Of those, accepted',
    declined UInt64 COMMENT 'Of those, declined',
    withdrawn UInt64 COMMENT 'Of those, taken back by the sender',
    fell_back UInt64 COMMENT 'Of those, never answered: dropped batons',
    open UInt64 COMMENT 'Of those, still without an answer',
    late UInt64 COMMENT 'Of those, not answered within the term',
    answer_hours_median Nullable(Float64) COMMENT 'Median hours from offer to answer',
    answer_hours_p90 Nullable(Float64) COMMENT 'Hours within which nine in ten answers came',
    handover_position UInt64 COMMENT 'Last position of handover that the figures rest on'
)
AS SELECT
    municipality, toStartOfMonth(toDate(offered_at, 'Europe/Amsterdam')) AS month, count() AS offered, countIf(outcome = 'accepted') AS accepted,
    countIf(outcome = 'declined') AS declined, countIf(outcome = 'withdrawn') AS withdrawn, countIf(outcome = 'fell-back') AS fell_back,
    countIf(outcome = 'open') AS open, countIf(was_late) AS late,
    quantileExactOrNull(0.5)(answer_seconds / 3600) AS answer_hours_median, quantileExactOrNull(0.9)(answer_seconds / 3600) AS answer_hours_p90,
    max(h.handover_position) AS handover_position
FROM handovers AS h
GROUP BY municipality, month
COMMENT 'Handovers, answers, drops and how long they took, by the month of the offer';

CREATE OR REPLACE VIEW batons
(
    client String COMMENT 'Client in care',
    municipality LowCardinality(String) COMMENT 'Municipality',
    state LowCardinality(String) COMMENT 'held; or offered, near or late while an offer stands',
    level UInt8 COMMENT 'Level of direction after AVE, 1 to 4',
    handovers UInt64 COMMENT 'Times that the baton moved',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    client, any(f.municipality) AS municipality,
    argMaxIf(
        multiIf(fact = 'baton-offered', 'offered', fact = 'baton-due-neared', 'near', fact = 'baton-due-passed', 'late', 'held'),
        version, fact NOT IN ('contact-person-assigned', 'escalation-raised', 'escalation-lowered', 'handover-completed')
    ) AS state,
    greatest(1, argMaxIf(toUInt8(JSONExtractUInt(data, 'level')), version, fact IN ('escalation-raised', 'escalation-lowered'))) AS level,
    countIf(fact = 'baton-accepted') AS handovers, max(position) AS handover_position
FROM facts AS f
WHERE startsWith(stream, 'handover/baton/')
GROUP BY client
COMMENT 'One row per baton as it is at this moment';

CREATE OR REPLACE VIEW batons_by_state
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    state LowCardinality(String) COMMENT 'held, offered, near or late',
    level UInt8 COMMENT 'Level of direction after AVE, 1 to 4',
    batons UInt64 COMMENT 'Clients',
    handover_position UInt64 COMMENT 'Last position of handover that the figure rests on'
)
AS SELECT municipality, state, level, count() AS batons, max(b.handover_position) AS handover_position
FROM batons AS b
GROUP BY municipality, state, level
COMMENT 'Batons by state and level';

CREATE OR REPLACE VIEW coordination_load
(
    client String COMMENT 'Client in care',
    municipality LowCardinality(String) COMMENT 'Municipality',
    professionals UInt64 COMMENT 'Different staff who were contact person, took over, called back or were in touch',
    handovers UInt64 COMMENT 'Times that the baton moved',
    contacts UInt64 COMMENT 'Contacts over all channels',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    client, any(f.municipality) AS municipality,
    length(arrayDistinct(arrayFilter(person -> person != '', arrayFlatten(groupArray([
        if(fact IN ('baton-opened', 'contact-person-assigned', 'baton-accepted'), JSONExtractString(data, 'contact_person'), ''),
        if(fact = 'baton-accepted', JSONExtractString(data, 'accepted_by'), ''),
        if(fact = 'call-back-answered', JSONExtractString(data, 'answered_by'), ''),
        if(fact = 'contact-recorded', JSONExtractString(data, 'staff_ref'), '')
    ]))))) AS professionals,
    countIf(fact = 'baton-accepted') AS handovers, countIf(fact = 'contact-recorded') AS contacts, max(position) AS handover_position
FROM facts AS f
WHERE service = 'handover' AND client != ''
GROUP BY client
COMMENT 'How many people and contacts each client has to do with';

CREATE OR REPLACE VIEW coordination_load_per_municipality
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    clients UInt64 COMMENT 'Clients in care',
    professionals_average Float64 COMMENT 'Professionals per client',
    handovers_average Float64 COMMENT 'Handovers per client',
    contacts_average Float64 COMMENT 'Contacts per client',
    many_professionals UInt64 COMMENT 'Clients with more than three professionals',
    handover_position UInt64 COMMENT 'Last position of handover that the figures rest on'
)
AS SELECT
    municipality, count() AS clients, avg(professionals) AS professionals_average, avg(handovers) AS handovers_average,
    avg(contacts) AS contacts_average, countIf(professionals > 3) AS many_professionals, max(l.handover_position) AS handover_position
FROM coordination_load AS l
GROUP BY municipality
COMMENT 'Coordination load per municipality';

CREATE OR REPLACE VIEW call_backs
(
    call_back_ref String COMMENT 'Request to be called back',
    client String COMMENT 'Who asked',
    municipality LowCardinality(String) COMMENT 'Municipality',
    channel LowCardinality(String) COMMENT 'Channel over which was asked',
    subject LowCardinality(String) COMMENT 'Code of the subject',
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
    anyIf(JSONExtractString(data, 'subject'), fact = 'call-back-requested') AS subject,
    minIf(recorded_at, fact = 'call-back-requested') AS requested_at,
    anyIf(parseDateTime64BestEffortOrZero(JSONExtractString(data, 'due_at'), 6, 'UTC'), fact = 'call-back-requested') AS due_at,
    minOrNullIf(recorded_at, fact = 'call-back-answered') AS answered_at,
    if(countIf(fact = 'call-back-answered') > 0, anyIf(JSONExtractString(data, 'outcome'), fact = 'call-back-answered'), 'open') AS outcome,
    countIf(fact = 'call-back-term-passed') > 0 AS was_late, max(position) AS handover_position
FROM facts AS f
WHERE startsWith(stream, 'handover/call-back/')
GROUP BY call_back_ref
COMMENT 'One row per request to be called back';
