-- What became of a record that was set aside: an operator can have it read again, or give it up.
ALTER TABLE quarantine
    ADD COLUMN IF NOT EXISTS standing LowCardinality(String) DEFAULT 'held'
    COMMENT 'held; read: it could be read later and is among the events; given-up: an operator gave it up' AFTER key_hash;
