-- Who is in care, and who is their contact person.
CREATE OR REPLACE VIEW contact_persons
(
    client String COMMENT 'Client in care',
    municipality LowCardinality(String) COMMENT 'Municipality',
    route LowCardinality(String) COMMENT 'standard or integral; empty where intake is not read yet',
    accepted_on Nullable(Date) COMMENT 'Day from which the client is in care',
    organisation LowCardinality(String) COMMENT 'Organisation that opened the baton, or empty',
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
    anyIf(JSONExtractString(data, 'organisation'), fact = 'baton-opened') AS organisation,
    argMaxIf(JSONExtractString(data, 'team_ref'), version, service = 'handover') AS team_ref,
    argMaxIf(JSONExtractString(data, 'contact_person'), version, service = 'handover') AS contact_person,
    (minOrNullIf(toUnixTimestamp64Micro(recorded_at), fact = 'baton-opened') - minOrNullIf(toUnixTimestamp64Micro(recorded_at), fact = 'intake-accepted')) / 1e6 AS opening_seconds,
    maxIf(position, service = 'intake') AS intake_position,
    maxIf(position, service = 'handover') AS handover_position
FROM facts AS f
WHERE fact IN ('intake-accepted', 'baton-opened', 'contact-person-assigned')
GROUP BY client
COMMENT 'One row per client in care, with the contact person of this moment';

CREATE OR REPLACE VIEW staff
(
    team_ref LowCardinality(String) COMMENT 'Team',
    municipality LowCardinality(String) COMMENT 'Municipality that the team works for',
    staff_ref LowCardinality(String) COMMENT 'Pseudonymous reference of the staff member',
    is_active Bool COMMENT 'Joined, and did not leave since',
    handover_position UInt64 COMMENT 'Last position of handover that the row rests on'
)
AS SELECT
    JSONExtractString(data, 'team_ref') AS team_ref, any(f.municipality) AS municipality, JSONExtractString(data, 'staff_ref') AS staff_ref,
    argMax(fact, version) = 'staff-joined' AS is_active, max(position) AS handover_position
FROM facts AS f
WHERE fact IN ('staff-joined', 'staff-left')
GROUP BY team_ref, staff_ref
COMMENT 'Who works in which team';

CREATE OR REPLACE VIEW contact_persons_per_team
(
    municipality LowCardinality(String) COMMENT 'Municipality of the clients',
    team_ref LowCardinality(String) COMMENT 'Team that holds them',
    contact_person LowCardinality(String) COMMENT 'Contact person',
    is_active Bool COMMENT 'Still in the team; false with clients is a dropped baton',
    clients UInt64 COMMENT 'Clients of this contact person',
    handover_position UInt64 COMMENT 'Last position of handover that the figure rests on'
)
AS SELECT
    c.municipality, c.team_ref, c.contact_person, any(s.is_active) AS is_active, count() AS clients,
    greatest(max(c.handover_position), max(s.handover_position)) AS handover_position
FROM contact_persons AS c
LEFT JOIN staff AS s ON s.team_ref = c.team_ref AND s.staff_ref = c.contact_person
WHERE c.contact_person != ''
GROUP BY c.municipality, c.team_ref, c.contact_person
COMMENT 'Caseload of each contact person';

CREATE OR REPLACE VIEW caseload_per_municipality_month
(
    municipality LowCardinality(String) COMMENT 'Municipality',
    month Date COMMENT 'First day of the month of acceptance',
    accepted UInt64 COMMENT 'Clients who came into care in the month',
    accepted_integral UInt64 COMMENT 'Of those, on the integral route',
    without_contact_person UInt64 COMMENT 'Of those, still without a contact person',
    in_care UInt64 COMMENT 'In care at the end of the month',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on',
    handover_position UInt64 COMMENT 'Last position of handover that the figures rest on'
)
AS SELECT
    municipality, month, accepted, accepted_integral, without_contact_person,
    sum(accepted) OVER (PARTITION BY municipality ORDER BY month) AS in_care,
    max(intake) OVER (PARTITION BY municipality ORDER BY month) AS intake_position,
    max(handover) OVER (PARTITION BY municipality ORDER BY month) AS handover_position
FROM
(
    SELECT
        municipality, toStartOfMonth(assumeNotNull(accepted_on)) AS month, count() AS accepted, countIf(route = 'integral') AS accepted_integral,
        countIf(contact_person = '') AS without_contact_person, max(intake_position) AS intake, max(handover_position) AS handover
    FROM contact_persons
    WHERE accepted_on IS NOT NULL
    GROUP BY municipality, month
)
COMMENT 'Inflow and caseload per municipality and month; nobody leaves care yet in this version';

CREATE OR REPLACE VIEW households
(
    household_ref String COMMENT 'Household',
    municipality LowCardinality(String) COMMENT 'Municipality of this moment',
    household_type LowCardinality(String) COMMENT 'single, single-parent, couple or couple-with-children',
    living LowCardinality(String) COMMENT 'independent, institution or postal-address',
    benefit LowCardinality(String) COMMENT 'Benefit scheme, or none',
    members UInt32 COMMENT 'Persons in the household',
    since Date COMMENT 'Day from which this holds',
    intake_position UInt64 COMMENT 'Last position of intake that the row rests on'
)
AS SELECT
    household_ref,
    argMax(f.municipality, version) AS municipality,
    argMax(JSONExtractString(data, 'facts', 'household_type'), version) AS household_type,
    argMax(JSONExtractString(data, 'facts', 'living'), version) AS living,
    argMax(JSONExtractString(data, 'facts', 'benefit'), version) AS benefit,
    argMax(toUInt32(JSONLength(data, 'facts', 'members')), version) AS members,
    argMax(toDate(JSONExtractString(data, 'on')), version) AS since,
    max(position) AS intake_position
FROM facts AS f
WHERE startsWith(stream, 'intake/household/')
GROUP BY household_ref
COMMENT 'One row per household as intake knows it at this moment';

CREATE OR REPLACE VIEW households_per_municipality
(
    municipality LowCardinality(String) COMMENT 'Municipality of this moment',
    households UInt64 COMMENT 'Households known',
    on_benefit UInt64 COMMENT 'Of those, with a benefit',
    persons UInt64 COMMENT 'Persons in them',
    intake_position UInt64 COMMENT 'Last position of intake that the figures rest on'
)
AS SELECT municipality, count() AS households, countIf(benefit != 'none') AS on_benefit, sum(members) AS persons, max(h.intake_position) AS intake_position
FROM households AS h
GROUP BY municipality
COMMENT 'Households per municipality as intake knows them at this moment';
