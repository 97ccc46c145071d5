"""A name for everything that an amount rests on, so that it can be shown again years later."""

from hashlib import sha256

import orjson


def facts_hash(rested: object) -> str:
    """SHA-256 of the grounds as JSON, in hexadecimal."""
    return sha256(orjson.dumps(rested, option=orjson.OPT_SORT_KEYS)).hexdigest()
