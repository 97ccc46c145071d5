"""A synthetic region, written as the files that six municipalities would deliver for an energy allowance run."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from deploy.region.chance import dice
from deploy.region.dossier import dossier
from deploy.region.household import Terms, household
from deploy.region.lines import FILES, Dossier, HouseholdLine
from deploy.region.norms import INCOME_LIMIT_PERCENT, NORM_CENTS_2023_07_01, NormTable
from deploy.region.plan import Draft, plan
from deploy.region.registrar import Registrar
from deploy.region.tally import Expected, Tally

REFERENCE_DATE = date(2023, 10, 1)
MOST_HOUSEHOLDS = 300_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Region:
    """A region that is made anew, always the same, each time it is read: nothing of it is kept in memory."""

    households: int
    seed: int
    terms: Terms

    def dossiers(self) -> Iterator[tuple[Draft, Dossier]]:
        """Yield each household with all its lines, in file order."""
        registrar = Registrar(self.seed)
        earlier: HouseholdLine | None = None
        for place, slot in enumerate(plan(self.households, self.seed)):
            chance = dice(self.seed, f"household/{place}")
            earlier = household(slot, earlier, self.terms, registrar, chance)
            yield slot.draft, dossier(earlier, slot, self.terms.reference, registrar, chance)

    def write(self, folder: Path) -> Expected:
        """Write the five NDJSON files and expected.json into the folder, which is made where needed.

        Raises OSError where the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        tally = Tally()
        with ExitStack() as stack:
            files = {name: stack.enter_context((folder / f"{name}.ndjson").open("w", encoding="utf-8", newline="\n")) for name in FILES}
            for draft, found in self.dossiers():
                tally.add(found, draft)
                for name, line in found.lines():
                    files[name].write(_encode(line) + "\n")
        expected = tally.expected()
        _write_expected(folder / "expected.json", self._heading() | expected)
        return expected

    def _heading(self) -> dict[str, object]:
        return {
            "seed": self.seed,
            "reference_date": self.terms.reference.isoformat(),
            "norm_cents": dict(self.terms.norm_cents),
            "income_limit_percent": self.terms.income_limit_percent,
        }


def generate(
    households: int,
    seed: int,
    reference_date: date = REFERENCE_DATE,
    norm_cents: NormTable = NORM_CENTS_2023_07_01,
    income_limit_percent: int = INCOME_LIMIT_PERCENT,
) -> Region:
    """Return the region of this seed with this many households as they were on the reference date.

    `norm_cents` holds monthly norms in cents without holiday pay; incomes, and the cases at the limit, follow from it.
    Raises ValueError for a size outside 1..300,000, a negative seed or a limit outside 100..170 %.
    """
    if not 1 <= households <= MOST_HOUSEHOLDS:
        raise ValueError(f"households must be 1 to {MOST_HOUSEHOLDS}, not {households}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, but is {seed}")
    if not 100 <= income_limit_percent <= 170:
        raise ValueError(f"income_limit_percent must be 100 to 170, not {income_limit_percent}")
    return Region(households, seed, Terms(reference_date, norm_cents, income_limit_percent))


def _write_expected(path: Path, expected: Mapping[str, object]) -> None:
    path.write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
