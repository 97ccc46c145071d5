"""The Kafka topics through which facts leave the services; names and partition counts are for ever."""

PARTITIONS = 12

INTAKE_EVENTS = "intake.events"
BENEFITS_EVENTS = "benefits.events"
HANDOVER_EVENTS = "handover.events"
EVENT_TOPICS = (INTAKE_EVENTS, BENEFITS_EVENTS, HANDOVER_EVENTS)

CONTACT_VIEW = "contact-view"
"""Compacted: the last contact view per client, for staff applications."""

QUARANTINE_TOPICS = (
    "quarantine.views",
    "quarantine.reporting",
    "quarantine.intake",
    "quarantine.benefits",
    "quarantine.handover",
)
"""One per consumer: records it could not read, and the later ones of the same key."""


def topic_of(service: str) -> str:
    """Topic of a service, such as `intake.events`."""
    return f"{service}.events"
