"""Teams that give clients to each other in a history: an offer, and whoever answers it, perhaps several and too late."""

from collections.abc import Callable, Iterator
from functools import partial

from deploy.simulation.commands import Command as Given
from deploy.simulation.people import TODAY, Script, Town, forming_team, joining_staff
from services.contracts.handover import BatonOpened
from services.contracts.intake import IntakeAccepted
from services.eventlog.log import Answer, Origin
from services.handover import rules
from services.handover.baton import Baton
from services.handover.commands import AcceptBaton, Acting, Command, CompleteHandover, DeclineBaton, OfferBaton, WithdrawOffer
from services.handover.state import baton_stream
from services.handover.work import Asked, of_baton

RULES = rules.installed()
MOST_OFFERS = 3

Make = Callable[[Acting, Baton], Command]


def receiving_team(town: Town, municipality: str) -> Script:
    """Another team of a municipality, to which clients are offered once everybody in care is held."""
    formed = yield forming_team(town, municipality)
    ref: str = formed.refs["team_ref"]
    staff = [f"s-{ref[5:11]}-{number}" for number in range(2)]
    for one in staff:
        yield joining_staff(town, ref, municipality, one)
    yield partial(_is_everybody_held, town)
    for client, contact_person in _held_by_others(town, municipality, ref):
        yield from _offered(town, client, contact_person, ref, staff)


def _is_everybody_held(town: Town) -> bool:
    if town.settled < town.households:
        return False
    accepted = sum(record.type == IntakeAccepted.TYPE for record in town.intake.disk.after(0, town.intake.disk.head()))
    return accepted == sum(1 for _ in _opened(town))


def _opened(town: Town) -> Iterator[BatonOpened]:
    return (fact.event for fact in town.handover.disk.scan(baton_stream("")) if isinstance(fact.event, BatonOpened))


def _held_by_others(town: Town, municipality: str, ref: str) -> list[tuple[str, str]]:
    return [(o.client, o.contact_person) for o in _opened(town) if o.municipality == municipality and o.team_ref != ref]


def _offered(town: Town, client: str, contact_person: str, ref: str, staff: list[str]) -> Script:
    """Offered by whoever was the contact person, until it is accepted or was refused often enough."""
    for _ in range(town.nature.chance.randint(1, MOST_OFFERS)):
        told = yield _asking(town, client, contact_person, lambda acting, baton: _offer(client, baton, ref, acting))
        if not isinstance(told, Answer) or told.outcome == "refused":
            return
        yield from _answered(town, client, int(told.refs["offer"]), (contact_person, staff[0], staff[1]))


def _offer(client: str, baton: Baton, ref: str, acting: Acting) -> OfferBaton:
    return OfferBaton(client, baton.team_ref, ref, acting, RULES, "guide-to-work", "same-task", ("reference",))


def _answered(town: Town, client: str, offer: int, people: tuple[str, str, str]) -> Script:
    """Two who accept, one who declines and the sender who takes it back, in any order, and not all of them."""
    sender, first, second = people
    answers: list[tuple[str, Make]] = [
        (first, lambda acting, baton: AcceptBaton(client, offer, baton.receiver(offer), first, acting)),
        (second, lambda acting, baton: AcceptBaton(client, offer, baton.receiver(offer), second, acting)),
        (first, lambda acting, baton: DeclineBaton(client, offer, baton.receiver(offer), acting, "no-capacity")),
        (sender, lambda acting, baton: WithdrawOffer(client, offer, baton.team_ref, acting, "mistaken")),
    ]
    for actor, make in town.nature.chance.sample(answers, town.nature.chance.randint(1, 3)):
        yield _asking(town, client, actor, make)
    if town.nature.chance.random() < 0.3:
        yield _asking(town, client, second, lambda acting, baton: CompleteHandover(client, offer, baton.team_ref, acting, "goal-reached"))


def _asking(town: Town, client: str, actor: str, make: Make) -> Given:
    def work(origin: Origin, said: bytes) -> object:
        acting = Acting(actor, origin.at, TODAY, directs=False)
        return of_baton(client, partial(make, acting), Asked(origin, said))

    return town.command(town.handover, work, actor)
