"""Names and birth dates of people who do not exist."""

from datetime import date, timedelta
from itertools import product
from random import Random

_GIVEN = (
    "Anna", "Zoë", "Fatima", "Sanne", "Renée", "Ingrid", "Aylin", "Maria", "Chloé", "Wilma", "Noor", "Marijke",
    "Jan", "Mohammed", "Daniël", "Pieter", "Kees", "René", "Yusuf", "Tomasz", "André", "Sjoerd", "Bram", "Willem",
    "Eline", "Samira", "Joëlle", "Thérèse", "Iris", "Lotte", "Bilal", "Ruben", "Loïs", "Finn", "Jürgen", "Sem",
)  # fmt: skip
_PARTICLES = ("", "", "", "", "van ", "van ", "van der ", "de ", "van 't ", "el ")
_ONSETS = ("Ster", "Bra", "Molen", "Kra", "Wij", "Zand", "Hul", "Grif", "Ösel", "Dre", "Kwint", "Ver", "Pol", "Bij", "Çal", "Rau")
_MIDDLES = ("ken", "ven", "der", "tel", "ger", "mak", "zel", "ba", "lin", "ro", "wan", "sel")
_CODAS = ("hoeve", "sma", "huis", "stra", "berg", "inga", "man", "oğlu", "dijk", "aoui", "wski", "kamp", "veld", "é")
_SURNAMES = ["".join(parts) for parts in product(_ONSETS, _MIDDLES, _CODAS)]

UNPRINTABLE_IN_SEPA = "Łucja-Zoë van 't Ÿsterhœve & Çolaković"
"""A name of which nearly every part falls outside the SEPA character set."""

LONGER_THAN_SEPA = "Wilhelmina Alexandrina Theodora van der Griftenzelberg-Osterwandijkstra van Molenbakenhuis"
"""A name longer than the 70 characters that a SEPA credit transfer carries."""


def surname(chance: Random) -> str:
    """Return an invented surname, with its particle."""
    return chance.choice(_PARTICLES) + chance.choice(_SURNAMES)


def full_name(family: str, chance: Random) -> str:
    """Return a given name with this surname."""
    return f"{chance.choice(_GIVEN)} {family}"


def years_before(day: date, years: int) -> date:
    """Return the same day `years` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def born(age: int, reference: date, chance: Random) -> date:
    """Return a birth date of somebody of this age whose next birthday is at least 100 days after the reference date.

    So nobody changes age band between the reference date and an application.
    """
    return years_before(reference, age) - timedelta(days=chance.randrange(1, 265))
