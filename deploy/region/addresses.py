"""Addresses in towns that exist and streets that do not, none handed out twice."""

from collections.abc import Iterator
from random import Random
from typing import TypedDict

from deploy.region.chance import Lottery
from deploy.region.identifiers import shuffle
from deploy.region.municipalities import MUNICIPALITIES, Town

_STEMS = (
    "Zwalmer", "Brinkel", "Oosterveen", "Lindelaar", "Wiekel", "Karnemaat", "Duinvoss", "Heldersloot", "Rietmeer",
    "Molenbaak", "Vlasker", "Torenwiek", "Graspel", "Elsbrink", "Waterhoen", "Kievitsloo", "Ransdorper", "Turfmeer",
    "Ganzendel", "Bosmaat", "Klaverdriest", "Zilverwiek", "Schapenloo", "Keverdijk", "Hoefslager", "Wilgenmeen",
    "Zandkreek", "Berkensloo", "Meerkoet", "Hazelwiek", "Ooievaarsmaat", "Polderhaan", "Kruidenmeen", "Veenpluis",
    "Zeggebrink", "Wulpen", "Korenmaat", "Dotterveen", "Lisdodde", "Pinksterloo",
)  # fmt: skip
_ENDINGS = ("straat", "laan", "weg", "pad", "hof", "plein", "dreef", "kade", "singel", "steeg", "gaarde", "akker",
            "veld", "park", "wal", "zoom", "horst", "kamp", "oord", "ring", "baan", "brug", "poort", "warande")  # fmt: skip
_HIGHEST_NUMBER = 399
_LETTERS = "ABCDEGHJKLMNPRTVWXZ"
_ADDITIONS = (" A", " B", "-1", "-2", " bis")
_TOWNS = {each.code: Lottery({town: 5 if town is each.towns[0] else 1 for town in each.towns}) for each in MUNICIPALITIES}


class Address(TypedDict):
    """Street, house number with its addition, postcode (1234 AB) and town."""

    street: str
    number: str
    postcode: str
    town: str


class AddressBook:
    """Hands out each street and number once, whatever the town."""

    def __init__(self, chance: Random) -> None:
        """Start a book; `chance` fixes the order in which addresses are handed out."""
        self._places = _places(chance)

    def issue(self, municipality: str, chance: Random) -> Address:
        """Return an address in the municipality with this CBS code that nobody has yet."""
        street, number = next(self._places)
        town = _TOWNS[municipality].draw(chance)
        addition = chance.choice(_ADDITIONS) if chance.random() < 0.12 else ""
        return {
            "street": _STEMS[street % len(_STEMS)] + _ENDINGS[street // len(_STEMS)],
            "number": f"{number}{addition}",
            "postcode": _postcode(town, street, number),
            "town": town.name,
        }


def _places(chance: Random) -> Iterator[tuple[int, int]]:
    streets = len(_STEMS) * len(_ENDINGS)
    order = shuffle(streets * _HIGHEST_NUMBER, chance)
    for serial in range(order.size):
        street, number = divmod(order.at(serial), _HIGHEST_NUMBER)
        yield street, number + 1


def _postcode(town: Town, street: int, number: int) -> str:
    digits = town.first_postcode + street % (town.last_postcode - town.first_postcode + 1)
    first = _LETTERS[street % len(_LETTERS)]
    second = _LETTERS[(street // len(_LETTERS) + number // 50) % len(_LETTERS)]
    return f"{digits} {first}{second}"
