"""What intake still needs a client for: a household on benefit, an open matter, or a retention term that runs."""

from collections.abc import Iterator
from datetime import date

from services.contracts.erasure import Hindrance
from services.contracts.intake import HouseholdFacts
from services.eventlog.log import Transaction
from services.intake.client import stream_of as client_stream
from services.intake.desk import household_of, local_day
from services.intake.household import Registered, household, stream_of
from services.intake.matter import Matter, matter_stream
from services.intake.matters import MATTERS
from services.intake.needs import needs_stream
from services.intake.open_matters import matters_of
from services.intake.route.course import route_stream
from services.intake.route.standing import STANDING
from services.vault.retention import Category, Retention


def home_of(tx: Transaction, client: str) -> tuple[str, HouseholdFacts] | None:
    """The household in which a client lives now, by reference, and how it is."""
    ref = household_of(tx, client)
    state = None if ref is None else household.fold(tx.read(stream_of(ref)))
    return (ref, state.facts) if ref is not None and isinstance(state, Registered) else None


def hindrances(tx: Transaction, client: str, retention: Retention, today: date) -> tuple[Hindrance, ...]:
    """Everything for which intake needs a client; nothing for somebody of no household."""
    home = home_of(tx, client)
    return () if home is None else tuple(_hindrances(tx, client, home, retention, today))


def _hindrances(tx: Transaction, client: str, home: tuple[str, HouseholdFacts], retention: Retention, today: date) -> Iterator[Hindrance]:
    household_ref, facts = home
    persons = _persons(client, facts)
    if facts.benefit != "none":
        yield Hindrance(service="intake", reason="benefit-runs", what=household_ref)
    for ref in (ref for person_ref in persons for ref in matters_of(tx, person_ref)):
        if isinstance(MATTERS.fold(tx.read(matter_stream(ref))).known[ref], Matter):
            yield Hindrance(service="intake", reason="matter-open", what=ref)
    for person_ref in persons:
        if tx.kept(STANDING, person_ref) is not None:
            yield Hindrance(service="intake", reason="flag-stands")
    until = kept_until(tx, client, home, retention, today)
    if today < until:
        yield Hindrance(service="intake", reason="retention-term-runs", what=household_ref, until=until)


def _persons(client: str, facts: HouseholdFacts) -> tuple[str, ...]:
    """The client, who is no member any more where they died, and those who live there now."""
    return tuple(dict.fromkeys((client, *(member.person_ref for member in facts.members))))


def kept_until(tx: Transaction, client: str, home: tuple[str, HouseholdFacts], retention: Retention, today: date) -> date:
    """The first day on which nothing of a household is kept any more: one file for all who live there, as they are in each other's."""
    household_ref, facts = home
    own = stream_of(household_ref)
    streams = (stream for person_ref in _persons(client, facts) for stream in _streams_of(tx, person_ref))
    asked = [stream for stream in streams if tx.recorded(stream) is not None]
    category: Category = "benefit-file" if asked or facts.benefit != "none" else "registration"
    recorded = (tx.recorded(stream) for stream in (own, *asked))
    last = max((local_day(moment) for moment in recorded if moment is not None), default=today)
    return retention.until(category, last, today)


def _streams_of(tx: Transaction, person_ref: str) -> list[str]:
    return [client_stream(person_ref), needs_stream(person_ref), route_stream(person_ref), *map(matter_stream, matters_of(tx, person_ref))]
