"""What the route of a client tells of care and youth, and the route without it: for who stated no purpose that opens it."""

from collections.abc import Collection, Iterator
from typing import Any

from services.access.special import OF_NEED, OF_ORGANISATION


def domains(signals: Collection[dict[str, Any]]) -> Iterator[str]:
    """The special domains that signals tell of: by the part of life of a need, or the kind of an organisation."""
    yield from filter(None, map(_domain, signals))


def without(shown: dict[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    """The route without signals of these domains and without notes, which may speak of them; scores and rules stay, naming neither."""
    signals = [signal for signal in shown["signals"] if _domain(signal) not in left_out]
    refs = {signal["signal_ref"] for signal in signals}
    course = [{**step, "note": None, **_seen(step, refs)} for step in shown["course"]]
    return {**shown, "signals": signals, "today": {**shown["today"], **_seen(shown["today"], refs)}, "course": course}


def _domain(signal: dict[str, Any]) -> str | None:
    return OF_NEED.get(signal["domain"]) or OF_ORGANISATION.get(signal["organisation"])


def _seen(weighed: dict[str, Any], refs: Collection[str]) -> dict[str, Any]:
    fired = weighed.get("fired")
    return {} if fired is None else {"fired": [{**rule, "seen": [ref for ref in rule["seen"] if ref in refs]} for rule in fired]}
