"""Every client with a dossier, as the log knows them now: what was carried forward of each, and what came in since."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import orjson

from services.benefits.account import STREAMS as ACCOUNTS
from services.benefits.assessment import Account
from services.benefits.monthly.ask import Ask, Client
from services.benefits.monthly.benefit import STREAMS, benefit_stream
from services.benefits.monthly.carried import Carried
from services.benefits.monthly.carrying import carry, folded, left_out, touches
from services.benefits.monthly.claim_book import claims
from services.benefits.monthly.dossier import Dossier, DossierFact
from services.benefits.monthly.recovery import Claim
from services.benefits.portions import carried_out, portions
from services.contracts.benefits import AccountBound
from services.contracts.envelope import Event
from services.contracts.monthly import BenefitFact
from services.eventlog.log import EventLog, Transaction
from services.vault.erasure import ERASURE

CARRIED: Final = "carried-forward"
FORM: Final = 2
"""Of what is kept; another number than this is not read, and the facts are read instead."""
NOTHING: Final = Carried()


@dataclass(frozen=True, slots=True)
class Page:
    """One client, with the facts that were read by version: all of them, or those behind what was carried forward and a few before."""

    client: Client
    told: Sequence[tuple[int, Event]]


@dataclass(frozen=True, slots=True)
class Forward:
    """What was kept of a client at the last look: up to which version, what was carried, which facts were not left out."""

    upto: int
    about: tuple[str, str]
    carried: Carried
    versions: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """As it is kept."""
        said = self.carried
        sums = (said.facts, said.reserve_cents, said.advance_cents)
        return orjson.dumps([FORM, self.upto, self.about, self.versions, said.rules, sorted(said.months), sums, dict(said.attached)])

    @classmethod
    def read(cls, kept: bytes) -> "Forward | None":
        """The inverse; None for another form."""
        form, *rest = orjson.loads(kept)
        if form != FORM:
            return None
        upto, about, versions, rules, months, (facts, reserve, advance), attached = rest
        carried = Carried(frozenset(months), rules, facts, reserve, advance, attached)
        return cls(upto, tuple(about), carried, tuple(versions))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a client beside the facts of the benefit: the account to be paid on, and claims in any municipality."""

    client: str
    account: Account | None
    owed: tuple[Claim, ...]

    def at(self, about: tuple[str, str], own: Dossier, read_upto: int) -> Client:
        """The client in a household and municipality, with what is owed there."""
        owed = tuple(claim for claim in self.owed if claim.opened.municipality == about[1])
        return Client(self.client, *about, own, self.account, owed, read_upto)


@dataclass(frozen=True, slots=True)
class ClientBook:
    """Where clients are read, and what was carried forward of them is kept.

    Each municipality decides on a right of its own: a client who moved between two has a page in each, of what was told there.
    Nothing is carried forward of them, so they are read from every fact.
    """

    log: EventLog

    def pages(self) -> Iterator[Page]:
        """One page per client and municipality; a fact that touches a carried month has the client's whole past read."""
        accounts, claimed = _accounts(self.log), claims(self.log)
        kept = {client: Forward.read(value) for client, value in self.log.kept_all(CARRIED)}
        for stream, version in self.log.heads(STREAMS):
            client = stream.removeprefix(STREAMS)
            forward = kept.get(client)
            owed = tuple(claim for claim in claimed.get(client, ()) if claim.open_cents or claim.refund_cents)
            known = Known(client, accounts.get(client), owed)
            short = None if forward is None or forward.upto > version else self._short(known, forward)
            yield from self._whole(known) if short is None else (short,)

    def whole(self, page: Page) -> Page:
        """The client from every fact that was told in the municipality."""
        client = page.client
        pages = self._whole(Known(client.client, client.account, client.claims))
        return next(each for each in pages if each.client.municipality == client.municipality)

    def _short(self, known: Known, forward: Forward) -> Page | None:
        """The client from what was carried forward; None where the whole past must be read."""
        household_ref, municipality = forward.about
        told = self.log.facts(benefit_stream(known.client), forward.versions, forward.upto)
        later = [cast("BenefitFact", fact) for version, fact in told if version > forward.upto]
        if any(fact.municipality != municipality or touches(cast("DossierFact", fact), forward.carried) for fact in later):
            return None
        about = later[-1].household_ref if later else household_ref, municipality
        own = folded((fact for _, fact in told), forward.carried)
        return Page(known.at(about, own, forward.upto + len(later)), told)

    def _whole(self, known: Known) -> Iterator[Page]:
        told = self.log.facts(benefit_stream(known.client), (), 0)
        by_place = defaultdict[str, list[BenefitFact]](list)
        for _, fact in told:
            by_place[cast("BenefitFact", fact).municipality].append(cast("BenefitFact", fact))
        for municipality, facts in by_place.items():
            yield Page(known.at((facts[-1].household_ref, municipality), folded(facts, NOTHING), len(told)), told)

    def keep(self, forward: Iterable[tuple[str, bytes]]) -> None:
        """Keep what is carried forward of clients; a crash leaves what was kept of some, and of others what was before."""
        for portion in portions(forward):
            carried_out(self.log, _keeping(portion))


def carried_on(ask: Ask, page: Page) -> Iterator[tuple[str, bytes]]:
    """What is to be kept of a client after a look by the rules of a run; nothing where no further month is settled."""
    before, carried = page.client.own.carried, carry(ask, page.client)
    if (carried.months, carried.rules) != (before.months, before.rules) and not _moved(page):
        out = sum(left_out(fact, carried) for _, fact in page.told)
        versions = tuple(version for version, fact in page.told if not left_out(fact, carried))
        about = page.client.household_ref, page.client.municipality
        yield page.client.client, Forward(page.client.read_upto, about, replace(carried, facts=carried.facts + out), versions).to_bytes()


def _keeping(portion: Sequence[tuple[str, bytes]]) -> Callable[[Transaction], None]:
    def keep(tx: Transaction) -> None:
        for client, value in portion:
            tx.keep(CARRIED, client, value)

    return keep


def _moved(page: Page) -> bool:
    """Whether another municipality told something of the client as well."""
    return any(cast("BenefitFact", fact).municipality != page.client.municipality for _, fact in page.told)


def _accounts(log: EventLog) -> dict[str, Account]:
    """The account that each client is bound to now; a change that waits does not count, and whoever is being erased has none."""
    bound = (event for _, told in log.histories(ACCOUNTS) for event in told if isinstance(event, AccountBound))
    barred = {client for client, _ in log.kept_all(ERASURE)}
    return {event.client: Account(event.account_ref, event.fingerprint) for event in bound if event.client not in barred}
