"""The monthly social-assistance norms that incomes in the region are measured against."""

from collections.abc import Mapping
from typing import Literal

NormCategory = Literal["single", "couple", "single-pension-age", "couple-pension-age", "single-18-20"]
NormTable = Mapping[NormCategory, int]

NORM_CENTS_2023_07_01: NormTable = {
    "single": 115_579,
    "couple": 165_112,
    "single-pension-age": 128_978,
    "couple-pension-age": 175_142,
    "single-18-20": 28_534,
}
"""Norms of 1 July 2023 in cents a month, WITHOUT holiday pay and without cost sharing; the default of `generate`.

Source: krimpenerwaard.nl/nieuwe-bijstandsnormen-per-1-juli-2023 (amounts with holiday pay: 1,216.62, 1,738.02,
1,357.66, 1,843.60, 300.36), times 0.95 rounded half up as in domain.md 3.5. Cross-checked with
helmond.nl/energietoeslag-in-2023, whose 130 % limits without holiday pay (1,502.53, 2,146.46, 1,676.71, 2,276.85)
give the first four amounts. The caller passes another table to align with its policy rows.
"""

INCOME_LIMIT_PERCENT = 120
"""National guideline for the energy allowance, used by the municipalities of the region (domain.md 3.3)."""


def norm_category(adults: int, age: int) -> NormCategory:
    """Return the norm of a household with 1 or 2 adults whose applicant has this age in years."""
    if adults == 2:
        return "couple-pension-age" if age >= 67 else "couple"
    if age <= 20:
        return "single-18-20"
    return "single-pension-age" if age >= 67 else "single"


def limit_cents(norm_cents: int, percent: int) -> int:
    """Return the highest income in whole cents that is not above `percent` of the norm."""
    return norm_cents * percent // 100


def plain_limit_category(norms: NormTable, percent: int) -> NormCategory:
    """Return a 21+ category whose limit is the same rounded down or half up, so that the edge is no matter of rounding.

    Where a table has no such category the couple is used and the edge is that of rounding down.
    """
    candidates: tuple[NormCategory, ...] = ("couple", "single", "couple-pension-age", "single-pension-age")
    return next((name for name in candidates if norms[name] * percent % 100 < 50), "couple")
