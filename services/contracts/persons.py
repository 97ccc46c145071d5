"""What intake tells of persons who may be one: found alike, and what a person made of it. Nothing here tells who they are."""

from typing import Annotated, Literal

from pydantic import Field

from services.contracts.envelope import Event, Home
from services.contracts.intake import Municipality

Percent = Annotated[int, Field(ge=0, le=100)]
Alike = Literal["name", "birth-date", "address"]


def pair_ref(one: str, other: str) -> str:
    """The same for two persons, whichever comes first."""
    return ".".join(sorted((one, other)))


class PairEvent(Event):
    """A fact about two persons who were registered apart; `other_municipality` is where the other lived when they were found."""

    person_ref: str
    other_ref: str
    municipality: Municipality
    other_municipality: Municipality

    def home(self) -> Home:
        """The stream of the pair."""
        pair = pair_ref(self.person_ref, self.other_ref)
        return Home(f"intake/pair/{pair}", pair, self.municipality)


class PossibleDuplicateFound(PairEvent):
    """Two persons, of whom one at least has no citizen service number, are so much alike that somebody must look."""

    TYPE = "nl.sociaaldomein.intake.possible-duplicate-found.v1"

    score_percent: Percent
    alike: tuple[Alike, ...]
    rule_version: str


class PersonsLinked(PairEvent):
    """Somebody judged that the two are one person: what is told of `other_ref` is about `person_ref`."""

    TYPE = "nl.sociaaldomein.intake.persons-linked.v1"

    reason_code: str
    judged_by: str


class PersonsToldApart(PairEvent):
    """Somebody judged that the two are different persons; they are not found again."""

    TYPE = "nl.sociaaldomein.intake.persons-told-apart.v1"

    reason_code: str
    judged_by: str


PairFact = PossibleDuplicateFound | PersonsLinked | PersonsToldApart
