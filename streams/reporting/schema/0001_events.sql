-- Every fact of the three services, one row each, as it lies on Kafka.
CREATE TABLE IF NOT EXISTS events
(
    topic LowCardinality(String) COMMENT 'Kafka topic that the fact was read from',
    partition UInt16 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset; the sink goes on behind the highest of each partition',
    event_id String COMMENT 'Identity of the fact',
    service LowCardinality(String) COMMENT 'Service that recorded the fact: intake, benefits or handover',
    stream String COMMENT 'Stream of the fact, such as benefits/right/<right_ref>',
    version UInt32 COMMENT 'Place in the stream, from 1, without gaps',
    type LowCardinality(String) COMMENT 'CloudEvents type with its version',
    position UInt64 COMMENT 'Place in the log of the service, from 1, without gaps',
    key String COMMENT 'Kafka key: client, household, person or run',
    client String COMMENT 'Pseudonymous reference of the client; empty where the fact has none',
    municipality LowCardinality(String) COMMENT 'CBS code such as GM0361; empty for facts of a run or a bank message',
    household_ref String COMMENT 'Household that the fact is about; empty where it has none',
    run_ref LowCardinality(String) COMMENT 'Run that the fact belongs to; empty where it has none',
    right_ref String COMMENT 'Right (scheme, household, year, tranche, sequence); empty where it has none',
    scheme_year UInt16 COMMENT 'Year of the scheme; 0 where the fact has none',
    tranche UInt8 COMMENT 'Tranche of the scheme year; 0 where the fact has none',
    amount_cents Nullable(Int64) COMMENT 'Amount in euro cents; NULL where the fact has none',
    reasons Array(LowCardinality(String)) COMMENT 'Reason codes of a decision',
    reason_code LowCardinality(String) COMMENT 'Single reason code: of the bank (ISO 20022) or of an abortion',
    effective_at DateTime64(6, 'UTC') COMMENT 'Moment from which the fact holds',
    recorded_at DateTime64(6, 'UTC') COMMENT 'Moment at which the fact was recorded',
    data String COMMENT 'The whole fact as published, JSON; no personal data' CODEC(ZSTD(1)),
    fact LowCardinality(String) MATERIALIZED extract(type, '([^.]+)[.]v[0-9]+$') COMMENT 'Name of the fact, such as allowance-granted'
)
ENGINE = ReplacingMergeTree(offset)
ORDER BY (stream, version)
COMMENT 'Facts as inserted; a repeat may show twice until merged, so figures are made from the view facts';

-- Records that could not be read: where they lie and why, never what they say.
CREATE TABLE IF NOT EXISTS quarantine
(
    topic LowCardinality(String) COMMENT 'Kafka topic of the record',
    partition UInt16 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    reason LowCardinality(String) COMMENT 'Code of the codec, such as unknown-type or invalid-data',
    key_hash String COMMENT 'First 16 hexadecimal digits of SHA-256 over the key; empty without a key',
    seen_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'Moment at which the sink met the record'
)
ENGINE = ReplacingMergeTree(seen_at)
ORDER BY (topic, partition, offset)
COMMENT 'Records on Kafka that are no readable fact; they stay on Kafka and can be read again after an upgrade';
