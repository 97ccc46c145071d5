"""Counts a region while it is written, so that tests know what a right reading of the files must find."""

from collections import Counter, defaultdict
from typing import TypedDict

from deploy.region.cases import Standing
from deploy.region.lines import FILES, Dossier
from deploy.region.municipalities import BY_CODE
from deploy.region.plan import Draft


class MunicipalityCount(TypedDict):
    """Lines of one municipality; `applications` by the municipality at the reference date."""

    name: str
    households: int
    benefit_households: int
    applications: int


class Expected(TypedDict):
    """Counts and line ids, never a decision; `awkward` lists per case its occurrences, each a list of line ids."""

    households: int
    persons: int
    lines: dict[str, int]
    households_per_municipality: dict[str, MunicipalityCount]
    benefit_households: int
    households_with_application: int
    applications: int
    opening_balances: dict[str, int]
    opening_balance_cents: int
    changes: dict[str, int]
    awkward: dict[str, list[list[str]]]


class Tally:
    """Running counts; `add` each dossier once, in file order."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._lines: Counter[str] = Counter()
        self._bsns: set[str] = set()
        self._households: Counter[tuple[str, Standing]] = Counter()
        self._applications: Counter[str] = Counter()
        self._with_application = 0
        self._balances: Counter[str] = Counter()
        self._cents = 0
        self._changes: Counter[str] = Counter()
        self._awkward: dict[str, list[list[str]]] = defaultdict(list)

    def add(self, dossier: Dossier, draft: Draft) -> None:
        """Count one household and all its lines."""
        code = dossier.household["municipality"]
        self._lines.update(name for name, _ in dossier.lines())
        self._bsns.update(member["bsn"] for member in dossier.household["members"])
        self._households[code, draft.standing] += 1
        self._applications[code] += len(dossier.applications)
        self._with_application += bool(dossier.applications)
        self._balances.update(line["tranche"] for line in dossier.opening_balances)
        self._cents += sum(line["amount_cents"] for line in dossier.opening_balances)
        self._changes.update(line["kind"] for line in dossier.changes)
        self._note(dossier, draft)

    def expected(self) -> Expected:
        """Return the counts so far."""
        return {
            "households": self._lines["households"],
            "persons": len(self._bsns),
            "lines": {name: self._lines[name] for name in FILES},
            "households_per_municipality": {code: self._of(code) for code in BY_CODE},
            "benefit_households": self._standing(Standing.BENEFIT),
            "households_with_application": self._with_application,
            "applications": self._lines["applications"],
            "opening_balances": dict(sorted(self._balances.items())),
            "opening_balance_cents": self._cents,
            "changes": dict(sorted(self._changes.items())),
            "awkward": dict(sorted(self._awkward.items())),
        }

    def _note(self, dossier: Dossier, draft: Draft) -> None:
        if draft.case is None:
            return
        occurrences = self._awkward[draft.case.value]
        if draft.place == 0:
            occurrences.append([])
        occurrences[-1].extend(line["id"] for _, line in dossier.lines())

    def _of(self, code: str) -> MunicipalityCount:
        return {
            "name": BY_CODE[code].name,
            "households": sum(self._households[code, standing] for standing in Standing),
            "benefit_households": self._households[code, Standing.BENEFIT],
            "applications": self._applications[code],
        }

    def _standing(self, standing: Standing) -> int:
        return sum(self._households[code, standing] for code in BY_CODE)
