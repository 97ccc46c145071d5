"""The identity of a record is drawn by the log; every other identity arrives in the command."""

from uuid import uuid4


def event_id() -> str:
    """A random UUID, unique for ever."""
    return str(uuid4())
