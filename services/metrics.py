"""Every metric of the product: its name, its labels and what it means."""

from prometheus_client import Counter, Gauge, Histogram

RELAY_SENT = Counter("relay_sent_events", "Facts that Kafka acknowledged.", ["service"])
RELAY_POSITION = Gauge("relay_position", "Position in the log up to which Kafka has every fact.", ["service"])
RELAY_WAITING = Gauge("relay_waiting_events", "Facts in the log that Kafka does not have yet.", ["service"])
LOG_HEAD = Gauge("log_head_position", "Position of the last fact in the log.", ["service"])
COMMANDS = Counter("commands", "Commands by outcome.", ["service", "outcome"])
COMMAND_SECONDS = Histogram("command_seconds", "From request to durable answer.", ["service"])
HTTP_REQUESTS = Counter("http_requests", "HTTP requests by route and status.", ["service", "route", "status"])
REACTOR_HANDLED = Counter("reactor_handled_events", "Events of other services that were acted on.", ["service"])
REACTOR_HELD = Gauge("reactor_held_events", "Events held in quarantine: unreadable ones and later ones of the same key.", ["service"])
REACTOR_PROGRESS = Gauge("reactor_progress_timestamp_seconds", "Last moment at which the reactor moved or had nothing to do.", ["service"])
CLOCK_DUE = Gauge("clock_due_commands", "Moments that have passed and wait for their command.", ["service"])
CLOCK_FIRED = Counter("clock_fired_commands", "Commands that the clock gave.", ["service"])
