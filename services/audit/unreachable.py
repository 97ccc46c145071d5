"""A source that cannot be looked at: what rests on it is not known to hold."""


class Unreachable(Exception):
    """The sentence names the source and why it cannot be read, never what it holds."""
