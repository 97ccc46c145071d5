"""The six municipalities of the region, their towns, and how many households of a run each of them has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town and the numeric part of the first and last postcode used for it."""

    name: str
    first_postcode: int
    last_postcode: int


@dataclass(frozen=True, slots=True)
class Municipality:
    """CBS code, name, weight (estimated assistance recipients, domain.md 7.3) and towns, the largest first."""

    code: str
    name: str
    weight: int
    towns: tuple[Town, ...]


MUNICIPALITIES = (
    Municipality("GM0361", "Alkmaar", 2500, (
        Town("Alkmaar", 1811, 1827), Town("De Rijp", 1483, 1483), Town("Koedijk", 1831, 1831),
        Town("Stompetoren", 1841, 1841),
    )),
    Municipality("GM0373", "Bergen (NH)", 300, (
        Town("Bergen", 1861, 1862), Town("Schoorl", 1871, 1871), Town("Egmond aan Zee", 1931, 1931),
        Town("Egmond-Binnen", 1935, 1935),
    )),
    Municipality("GM0383", "Castricum", 350, (
        Town("Castricum", 1901, 1902), Town("Limmen", 1906, 1906), Town("Akersloot", 1921, 1921),
    )),
    Municipality("GM1980", "Dijk en Waard", 1050, (
        Town("Heerhugowaard", 1701, 1706), Town("Broek op Langedijk", 1721, 1721),
        Town("Noord-Scharwoude", 1723, 1723), Town("Sint Pancras", 1834, 1834),
    )),
    Municipality("GM0399", "Heiloo", 200, (Town("Heiloo", 1851, 1852),)),
    Municipality("GM0450", "Uitgeest", 100, (Town("Uitgeest", 1911, 1911),)),
)  # fmt: skip

BY_CODE = {municipality.code: municipality for municipality in MUNICIPALITIES}


def allot(households: int) -> dict[str, int]:
    """Divide the households over the CBS codes by weight, largest remainder first; from six on nobody gets none."""
    total = sum(each.weight for each in MUNICIPALITIES)
    shares = {each.code: households * each.weight // total for each in MUNICIPALITIES}
    by_remainder = sorted(MUNICIPALITIES, key=lambda each: -(households * each.weight % total))
    for each in by_remainder[: households - sum(shares.values())]:
        shares[each.code] += 1
    if households >= len(MUNICIPALITIES):
        _lift_the_empty(shares)
    return shares


def _lift_the_empty(shares: dict[str, int]) -> None:
    for code in [code for code, share in shares.items() if share == 0]:
        shares[max(shares, key=lambda other: shares[other])] -= 1
        shares[code] += 1
