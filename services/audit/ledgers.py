"""The other half of I2: nobody gets more of a scheme year than there is, whatever the household, run or municipality."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.following import OF_HOUSEHOLDS
from services.audit.rights import Right

YEAR_AMOUNT_CENTS: Final[Mapping[int, int]] = {2023: 130_000}
"""The most per household and scheme year: Participatiewet art. 35 lid 6 and the municipalities' rules (domain.md 3)."""

REFERENCE_ON: Final[Mapping[int, str]] = {2023: "2024-01-01"}
"""The day whose households count, by scheme year."""


@dataclass(slots=True)
class Account:
    """What a ledger says of one household and scheme year, in cents, and by which rights."""

    opening_cents: int = 0
    reserved: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noted:
    """Who was adult in a household from a day on, told in a version of intake's stream at a position of its log."""

    on: str
    source_version: int
    position: int
    adults: frozenset[str]


class Ledgers:
    """Ledgers, claims and adults, as far as the logs were read. Intake's log must be read before benefits'."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._accounts: dict[tuple[int, str], Account] = defaultdict(Account)
        self._claims: dict[tuple[int, str], str] = {}
        self._told: dict[tuple[str, int], int] = {}
        self._noted: dict[str, list[Noted]] = defaultdict(list)
        self._rests_on: dict[str, int] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {
            **{f"intake.{what}": self._household_told for what in OF_HOUSEHOLDS},
            "benefits.household-noted": self._household_noted,
            "benefits.opening-balance-recorded": self._opening,
            "benefits.ledger-reserved": self._reserved,
            "benefits.claim-reserved": self._claimed,
            "benefits.ledger-released": self._released,
            "benefits.claim-released": self._unclaimed,
            "benefits.run-prepared": self._prepared,
        }

    def _household_told(self, fact: Fact, content: Content) -> None:
        self._told[content["household_ref"], fact.version] = fact.position

    def _household_noted(self, _fact: Fact, content: Content) -> None:
        ref, version = content["household_ref"], content["source_version"]
        adults = frozenset(m["person_ref"] for m in content["facts"]["members"] if m["age_band"] != "0-17")
        self._noted[ref].append(Noted(content["on"], version, self._told.get((ref, version), 0), adults))

    def _prepared(self, _fact: Fact, content: Content) -> None:
        self._rests_on[content["run_ref"]] = content["intake_position"]

    def _opening(self, _fact: Fact, content: Content) -> None:
        self._accounts[content["scheme_year"], content["household_ref"]].opening_cents += content["amount_cents"]

    def _reserved(self, fact: Fact, content: Content) -> None:
        account, right = self._accounts[content["scheme_year"], content["household_ref"]], content["right_ref"]
        self._tally.require(right not in account.reserved, f"{fact.name} reserves for {right} a second time")
        account.reserved[right] = account.reserved.get(right, 0) + content["amount_cents"]

    def _released(self, fact: Fact, content: Content) -> None:
        account, right = self._accounts[content["scheme_year"], content["household_ref"]], content["right_ref"]
        same = account.reserved.pop(right, None) == content["amount_cents"]
        self._tally.require(same, f"{fact.name} frees {content['amount_cents']} cents that {right} did not take")

    def _unclaimed(self, fact: Fact, content: Content) -> None:
        holder = self._claims.pop((content["scheme_year"], content["person_ref"]), None)
        self._tally.require(holder == content["household_ref"], f"{fact.name} frees an adult who shared through {holder}")

    def _claimed(self, fact: Fact, content: Content) -> None:
        person, household = (content["scheme_year"], content["person_ref"]), content["household_ref"]
        holder = self._claims.setdefault(person, household)
        self._tally.looked_at()
        self._tally.require(holder == household, f"{fact.name} claims for {household} an adult who shared through {holder}")

    def conclude(self, granted: Iterable[Right]) -> None:
        """Compare ledgers with the rights that were granted, and look for adults in two of their households."""
        by_household: dict[tuple[int, str], list[Right]] = defaultdict(list)
        for right in granted:
            if right.scheme_year:
                by_household[right.scheme_year, right.household_ref].append(right)
        for place in sorted({*self._accounts, *by_household}):
            self._year(place, by_household.get(place, []))
        self._shared(by_household)

    def _year(self, place: tuple[int, str], rights: list[Right]) -> None:
        (year, household), account = place, self._accounts[place]
        self._tally.looked_at()
        most_cents = YEAR_AMOUNT_CENTS.get(year, 0)
        taken_cents = account.opening_cents + sum(right.decided_cents for right in rights)
        self._tally.require(taken_cents <= most_cents, f"household {household} got {taken_cents} cents of {year}, at most {most_cents}")
        granted = {right.right_ref: right.decided_cents for right in rights}
        for right in sorted(granted.items() ^ account.reserved.items()):
            self._tally.fault(f"the ledger of {household} for {year} and right {right[0]} do not agree on {right[1]} cents")

    def _shared(self, by_household: Mapping[tuple[int, str], list[Right]]) -> None:
        through: dict[tuple[int, str], str] = {}
        for (year, household), rights in sorted(by_household.items()):
            for right in rights:
                for adult in self._adults(year, right):
                    other = through.setdefault((year, adult), household)
                    self._tally.require(other == household, f"households {other} and {household} share an adult and both got {year}")

    def _adults(self, year: int, right: Right) -> frozenset[str]:
        day, upto = REFERENCE_ON.get(year, "9999"), self._rests_on.get(right.run_ref, 0)
        held = [noted for noted in self._noted[right.household_ref] if noted.on <= day and noted.position <= upto]
        return max(held, key=lambda noted: (noted.on, noted.source_version)).adults if held else frozenset()
