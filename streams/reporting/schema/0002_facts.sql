-- What all figures are made of, and how far it reaches.
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
    data String COMMENT 'The whole fact, JSON',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt16 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset'
)
AS SELECT
    service, position, stream, version, fact, type, event_id, client, municipality, household_ref, run_ref, right_ref,
    scheme_year, tranche, amount_cents, reasons, reason_code, effective_at, recorded_at, data, topic, partition, offset
FROM events FINAL
COMMENT 'Every fact exactly once, however often it was delivered';

CREATE OR REPLACE VIEW heads
(
    service LowCardinality(String) COMMENT 'Service whose log it is',
    facts UInt64 COMMENT 'Distinct facts present',
    last_position UInt64 COMMENT 'Highest position present',
    complete_to UInt64 COMMENT 'Every position from 1 up to here is present; a figure that rests on no more is final',
    recorded_to DateTime64(6, 'UTC') COMMENT 'Latest moment of recording present'
)
AS SELECT service, count() AS facts, max(position) AS last_position, countIf(position = place) AS complete_to, max(recorded_at) AS recorded_to
FROM (SELECT service, position, recorded_at, row_number() OVER (PARTITION BY service ORDER BY position) AS place FROM facts)
GROUP BY service
COMMENT 'How far the facts of each service reach';

CREATE OR REPLACE VIEW stream_gaps
(
    stream String COMMENT 'Stream with a hole',
    facts UInt64 COMMENT 'Facts present',
    last_version UInt32 COMMENT 'Highest version present; equal to facts in a whole stream'
)
AS SELECT stream, count() AS facts, max(version) AS last_version
FROM facts
GROUP BY stream
HAVING facts != last_version
COMMENT 'Streams with a missing fact; empty when all is well and the sink has no lag';
