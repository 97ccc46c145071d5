"""Every metric of the product: its name, its labels and what it means."""

from prometheus_client import Counter, Gauge, Histogram

PAYOUT_CENTS = Gauge("payout_cents", "Euro cents of decided rights by where they stand now.", ["standing"])
PAYOUT_RIGHTS = Gauge("payout_rights", "Decided rights by where they stand now.", ["standing"])
PAYOUT_CONSERVATION_DIFF = Gauge(
    "payout_conservation_diff_cents", "Euro cents by which released runs and their payments differ, added up run by run; must be 0."
)
PAYOUT_DUPLICATES = Gauge("payout_duplicate_instructions", "Rights with more than one payment open or paid; must be 0.")
PAYOUT_OLDEST_PENDING = Gauge("payout_oldest_pending_seconds", "Age of the oldest grant that is in no payment file; 0 for none.")
PAYOUT_OLDEST_UNKNOWN = Gauge("payout_oldest_unknown_seconds", "Age of the oldest payment without an answer of the bank; 0 for none.")
PAYOUT_UNMATCHED_LINES = Gauge("payout_unmatched_bank_lines", "Lines of the bank that fit no payment, since the beginning.")
PAYOUT_PROMISES = Gauge(
    "payout_promises",
    "Promised payments: due (in no run), exception (held, come back), ready (in a run), instructed, late; paid, paid-late for 31 days.",
    ["scheme", "municipality", "state"],
)
PAYOUT_FORESEEN_LATE = Gauge(
    "payout_promises_foreseen_late",
    "Promised payments whose day is not over, and whose step should have been done by now.",
    ["scheme", "municipality", "step"],
)
PAYOUT_LATE = Gauge(
    "payout_promises_late", "Unpaid after the promised day, by the step that they wait for.", ["scheme", "municipality", "step"]
)
PAYOUT_STEP_SECONDS = Gauge(
    "payout_step_seconds",
    "Until the first promise is missed unless its step is done; negative where it should have been, infinite where none waits.",
    ["scheme", "municipality", "step"],
)
PAYOUT_ON_TIME = Gauge(
    "payout_on_time_ratio",
    "Share on time of the promises of the last 31 days that are over, and of those still late.",
    ["scheme", "municipality"],
)
PAYOUT_BUDGET = Gauge(
    "payout_budget_cents",
    "Euro cents of the budget of a scheme year: set aside, and taken by runs; of this year and the year before.",
    ["scheme", "municipality", "scheme_year", "state"],
)
PAYOUT_RULES_MISSING = Gauge(
    "payout_rules_missing", "1 where the promised day or a step of the coming 31 days has no rule or bank calendar."
)
RUNS_STUCK = Gauge("runs_stuck", "Runs that wait for somebody to mend the cause.")
RUNS_UNSIGNED = Gauge("runs_unsigned_late", "Runs whose signatures were not there at their deadline.")
PAYOUT_PROGRESS = Gauge("payout_progress_timestamp_seconds", "Last moment at which the figures of payouts were taken.")
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
CLOCK_DUE = Gauge("clock_due_commands", "Moments that have passed and whose command fails; it is tried again.", ["service"])
CLOCK_FIRED = Counter("clock_fired_commands", "Commands that the clock gave.", ["service"])
RESTORING = Gauge("restoring", "1 while a service that was restored from a backup keeps commands out.", ["service"])
RESTORING_DIFFERENCES = Gauge("restoring_differences", "What does not match after a restore and keeps commands out.", ["service"])
CLIENTS_WITHOUT_NAME = Gauge("clients_without_name", "Clients who lost their name by a restore; nobody new is registered meanwhile.")
VIEW_FOLDED = Counter("view_folded_events", "Facts that a view took in, without repeats.", ["view"])
VIEW_BATCH_SECONDS = Histogram("view_batch_seconds", "From a portion's arrival at a view until it is acknowledged and kept.", ["view"])
VIEW_GAPS = Counter("view_sequence_gaps", "Facts that came while an earlier one of their stream was missing; held.", ["view"])
VIEW_HELD = Gauge("view_held_keys", "Clients, households or runs of which a view holds records in quarantine.", ["view"])
VIEW_END_TO_END = Histogram("view_end_to_end_seconds", "From the recording of a fact until it can be read in a view.", ["view"])
VIEW_PROGRESS = Gauge("view_progress_timestamp_seconds", "Last moment at which a view moved.", ["view"])
VIEW_WAITING = Gauge("view_waiting_records", "Records in Kafka that not every view has taken in yet.", [])
SINK_ROWS = Counter("sink_inserted_rows", "Rows of facts that ClickHouse took.")
SINK_INSERT_SECONDS = Histogram("sink_insert_seconds", "One insert into ClickHouse.")
SINK_WAITING = Gauge("sink_waiting_records", "Records on Kafka that the sink has not read yet.")
SINK_END_TO_END = Histogram(
    "sink_end_to_end_seconds",
    "From the recording of the oldest fact of a portion until ClickHouse has it.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
SINK_QUARANTINED = Counter("sink_quarantined_records", "Records that are no readable fact, by reason; they stay on Kafka.", ["reason"])
SINK_PROGRESS = Gauge("sink_progress_timestamp_seconds", "Last moment at which the sink moved or had nothing to do.")
GATEWAY_QUERIES = Counter("gateway_queries", "Queries of data teams by outcome: answered, refused, failed or busy.", ["outcome"])
GATEWAY_SECONDS = Histogram("gateway_query_seconds", "Time of a query of a data team in ClickHouse.")
BATONS = Gauge("handover_batons", "Batons by state: held, or offered with an answer not yet due, near, or late.", ["state"])
UNANSWERED_SECONDS = Gauge("handover_unanswered_seconds", "Since the oldest open offer was made; 0 where there is none.", ["state"])
FALL_BACK_SECONDS = Gauge("handover_fall_back_seconds", "Until the first open offer falls back to its sender; infinite where none is open.")
CALL_BACKS = Gauge("handover_call_backs", "Requests to be called back that are not settled: open, or overdue.", ["state"])
GLASS = Gauge(
    "handover_break_glass_openings",
    "Openings in an emergency by municipality of the client and state: running, waiting for a judgement, or overdue for it.",
    ["municipality", "state"],
)
MATTERS = Gauge("intake_matters", "Open matters by state: reported, applied, or awaiting papers.", ["state"])
MATTER_TERMS = Gauge("intake_matter_terms", "Terms of open matters that are near, or late, by what they are for.", ["step", "standing"])
ERASURES = Gauge("intake_erasures", "Erasures asked for and not done: asked, ordered in every service, or refused until a day.", ["state"])
ERASURE_WAITING_SECONDS = Gauge(
    "intake_erasure_waiting_seconds",
    "Since the oldest erasure was asked for that services have not answered or done; 0 where there is none.",
)
ERASURE_AGAIN_SECONDS = Gauge(
    "intake_erasure_again_seconds", "Until the first refused erasure is tried again by the clock; infinite where none is refused."
)
ROUTE_FLAGS = Gauge("route_flags", "Integral flags that stand, by state: proposed or confirmed.", ["state"])
ROUTE_FLAGS_OVERDUE = Gauge(
    "route_flags_overdue",
    "Of those, whose day has come and nobody looked: proposed without an answer, confirmed without a review.",
    ["state"],
)
ROUTE_UNSEEN_EXPIRY_SECONDS = Gauge(
    "route_unseen_expiry_seconds", "Until the first flag that is overdue expires without anybody having looked; infinite where none is."
)
