"""What a process writes for its operator: one JSON line per happening, without personal data."""

import logging
import sys

import orjson

QUIET = ("aiokafka", "faust", "mode", "uvicorn", "uvicorn.error", "httpx", "asyncio")
SILENT = ("kafka",)
"""Says the same several times a second while the broker is away; relay, reactor and sink say it once a second."""


class JsonLines(logging.Formatter):
    """Time in UTC, level, where, what; an exception by its type and place only, as its text may quote what was read."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{record.msecs:03.0f}",
            "level": record.levelname.lower(),
            "where": record.name,
            "what": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line |= {"exception": record.exc_info[0].__name__, "trace": _places(record)}
        return orjson.dumps(line).decode()


def _places(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places)


def start(level: int = logging.INFO) -> None:
    """Everything that is logged in this process goes to standard output as JSON lines; libraries only from warnings on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
