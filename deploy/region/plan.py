"""Which kind of household stands on each place of the file, before anybody has a name."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from deploy.region.cases import NEVER_PAID_EARLY, RECIPES, Case, Recipe, Standing
from deploy.region.chance import dice
from deploy.region.lines import Tranche
from deploy.region.municipalities import allot

BENEFIT_PERCENT = 30
APPLICANT_PERCENT = 45
OPENING_PERCENT = 30


@dataclass(frozen=True, slots=True)
class Draft:
    """A household to be made: what is awkward about it and its place (0 or 1) within the case."""

    standing: Standing
    case: Case | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A draft on its place: in a municipality (CBS code), perhaps with something paid before."""

    draft: Draft
    municipality: str
    already_paid: Tranche | None


Block = tuple[Draft, ...]


def plan(households: int, seed: int) -> list[Slot]:
    """Return one slot per household, in file order; households of one case stand next to each other."""
    chance = dice(seed, "plan")
    blocks = awkward_blocks(households)
    blocks += plain_blocks(households, blocks)
    chance.shuffle(blocks)
    drafts = [draft for block in blocks for draft in block]
    codes = _codes(blocks, chance)
    paid = _already_paid(drafts, chance)
    return [Slot(*each) for each in zip(drafts, codes, paid, strict=True)]


def awkward_blocks(households: int) -> list[Block]:
    """Return the awkward cases that fit: one of each in the order of `RECIPES`, then the rest of each."""
    blocks: list[Block] = []
    room = households
    for recipe in (*RECIPES, *_repeats(households)):
        if len(recipe.standings) <= room:
            blocks.append(_block(recipe))
            room -= len(recipe.standings)
    return blocks


def plain_blocks(households: int, awkward: list[Block]) -> list[Block]:
    """Fill up to the number of households, towards 30 % on benefit, 45 % that apply and the rest silent."""
    used = Counter(draft.standing for block in awkward for draft in block)
    room = households - used.total()
    benefit = min(room, max(0, households * BENEFIT_PERCENT // 100 - used[Standing.BENEFIT]))
    applicants = min(room - benefit, max(0, households * APPLICANT_PERCENT // 100 - used[Standing.APPLICANT]))
    counts = {Standing.BENEFIT: benefit, Standing.APPLICANT: applicants, Standing.SILENT: room - benefit - applicants}
    plain: list[Block] = []
    for standing, number in counts.items():
        plain += [(Draft(standing),)] * number
    return plain


def _repeats(households: int) -> Iterator[Recipe]:
    for recipe in RECIPES:
        for _ in range(recipe.occurrences(households) - 1):
            yield recipe


def _block(recipe: Recipe) -> Block:
    return tuple(Draft(standing, recipe.case, place) for place, standing in enumerate(recipe.standings))


def _codes(blocks: list[Block], chance: Random) -> Iterator[str]:
    """Deal the municipalities; both households of one address get the same."""
    pool = Counter(allot(sum(len(block) for block in blocks)))
    shared = [_take_pair(pool, chance) for block in blocks if block[0].case is Case.ONE_ADDRESS]
    rest = list(pool.elements())
    chance.shuffle(rest)
    for block in blocks:
        if block[0].case is Case.ONE_ADDRESS:
            yield from [shared.pop()] * 2
        else:
            yield from [rest.pop() for _ in block]


def _take_pair(pool: Counter[str], chance: Random) -> str:
    code = chance.choice([code for code, left in pool.items() if left >= 3] or [pool.most_common(1)[0][0]])
    pool[code] -= 2
    return code


def _already_paid(drafts: list[Draft], chance: Random) -> list[Tranche | None]:
    known = [
        place for place, draft in enumerate(drafts)
        if draft.standing is not Standing.SILENT and draft.case not in NEVER_PAID_EARLY
    ]  # fmt: skip
    early = set(chance.sample(known, round(len(known) * OPENING_PERCENT / 100)))
    return ["full-year" if draft.case is Case.ALREADY_FULL else "early" if place in early else None for place, draft in enumerate(drafts)]
