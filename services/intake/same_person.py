"""Two references that somebody judged to be one person: which one is used, told at both, and nothing new begins on the other."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Annotated

from pydantic import Field

from services.access.caller import Forbidden
from services.contracts.envelope import Envelope, Event, Published
from services.contracts.intake import Municipality
from services.contracts.persons import PersonsLinked
from services.eventlog.decider import Refused
from services.eventlog.log import EventLog, Transaction
from services.intake.desk import Asked
from services.vault.erasure import is_erased
from services.vault.vault import Kept

LINKED = "same-person"
SUPERSEDED = "person-registered-twice"
PORTION_SECONDS = 60.0


class Same(Published):
    """Who is the same person under another reference, of which municipality, and whether that one is used."""

    other_ref: str
    other_municipality: Municipality
    use_other: bool


class _Row(Published):
    same: Annotated[tuple[Same, ...], Field(min_length=1)]


def same_as(source: Kept, person_ref: str) -> tuple[Same, ...]:
    """Every other reference of a person; nothing for who is registered once."""
    kept = source.kept(LINKED, person_ref)
    return () if kept is None else _Row.model_validate_json(kept).same


def shown_to(municipalities: Collection[str], same: Sequence[Same]) -> list[dict[str, object]]:
    """The other references, each only to who works for its municipality, and whether this one or the other is used."""
    return [
        {"other_ref": each.other_ref if each.other_municipality in municipalities else None, "use": "other" if each.use_other else "this"}
        for each in same
    ]


def superseded(tx: Transaction, asked: Asked, person_ref: str) -> Refused | None:
    """Why nothing new begins on a reference: another one is used, named to who works for its municipality."""
    for same in same_as(tx, person_ref):
        if same.use_other and not is_erased(tx, same.other_ref):
            return Refused(SUPERSEDED, f"the same person is {_named(asked, same)}: use that reference")
    return None


def _named(asked: Asked, same: Same) -> str:
    try:
        asked.permit(same.other_municipality)
    except Forbidden:
        return "registered in another municipality, whose staff can tell the reference"
    return same.other_ref


def note(tx: Transaction, recorded: Sequence[Envelope[Event]]) -> None:
    """Remember a verdict at both, in the transaction of the fact; also of facts that come back after a restore."""
    for envelope in recorded:
        match envelope.event:
            case PersonsLinked() as linked:
                _keep(
                    tx, linked.person_ref, Same(other_ref=linked.other_ref, other_municipality=linked.other_municipality, use_other=False)
                )
                _keep(tx, linked.other_ref, Same(other_ref=linked.person_ref, other_municipality=linked.municipality, use_other=True))
            case _:
                continue


def _keep(tx: Transaction, person_ref: str, same: Same) -> None:
    others = [each for each in same_as(tx, person_ref) if each.other_ref != same.other_ref]
    tx.keep(LINKED, person_ref, _Row(same=(*others, same)).model_dump_json().encode())


def look_at_all(log: EventLog) -> None:
    """At the start of intake: verdicts of before this was remembered, each in a transaction of its own; a repeat changes nothing."""
    for envelope in log.scan("intake/pair/"):
        if isinstance(envelope.event, PersonsLinked) and not same_as(log, envelope.event.other_ref):
            log.submit(partial(_note_one, envelope)).result(PORTION_SECONDS)


def _note_one(told: Envelope[Event], tx: Transaction) -> None:
    note(tx, [told])
