"""Persons who are alike as work for the log: found again, and judged by somebody who looked."""

from services.contracts.persons import PossibleDuplicateFound
from services.eventlog.handle import Recorded, Work
from services.eventlog.log import Transaction
from services.intake import look_alikes, same_person
from services.intake.desk import Absent, Asked, Desk
from services.intake.look_alikes import WITHOUT_BSN, Somebody
from services.intake.open_pairs import note
from services.intake.pair_bodies import VerdictBody
from services.intake.pairs import PAIRS, Command, FindAlike, JudgePair, Pairs, pair_stream

PairWork = Work[Command, Pairs]


def looking(desk: Desk, asked: Asked, client: str) -> PairWork:
    """Look again whom a client is like, such as after a correction; `Absent` where the client is not known."""

    def command(tx: Transaction) -> Command:
        known = look_alikes.described(tx, desk, client)
        if known is None:
            raise Absent("client")
        described, municipality = known
        asked.permit(municipality)
        has_bsn = tx.kept(WITHOUT_BSN, client) is None
        found = look_alikes.found(tx, desk, Somebody(client, described, municipality, has_bsn), frozenset())
        return FindAlike(tuple(found), f"intake/client/{client}")

    return Work(PAIRS, command, asked.origin, asked.body_hash, beside=note)


def verdict(asked: Asked, pair: str, body: VerdictBody) -> PairWork:
    """Somebody looked; `Absent` where nobody was found alike, and what `permit` raises for the municipality of either."""

    def command(tx: Transaction) -> Command:
        known = PAIRS.fold(tx.read(pair_stream(pair))).get(pair)
        if known is None:
            raise Absent("pair")
        asked.permit(known.found.municipality)
        asked.permit(known.found.other_municipality)
        return JudgePair(pair, _used(tx, known.found), body.verdict, body.reason_code, asked.origin.actor)

    return Work(PAIRS, command, asked.origin, asked.body_hash, asked.expected, _remembered)


def _used(tx: Transaction, found: PossibleDuplicateFound) -> str:
    """The one with a citizen service number; where both or none have one, who is known longest."""
    only_newcomer = tx.kept(WITHOUT_BSN, found.other_ref) is not None and tx.kept(WITHOUT_BSN, found.person_ref) is None
    return found.person_ref if only_newcomer else found.other_ref


def _remembered(tx: Transaction, recorded: Recorded) -> None:
    note(tx, recorded)
    same_person.note(tx, recorded)
