"""The kinds of household that the norms know, worked out from who lives together."""

from collections.abc import Sequence
from typing import Literal

from services.contracts.intake import HouseholdType

NormCategory = Literal[
    "single",
    "couple",
    "single-pension-age",
    "couple-pension-age",
    "single-18-20",
    "couple-18-20",
    "couple-18-20-with-children",
    "couple-one-18-20",
    "couple-one-18-20-with-children",
]
YOUNG, PENSION = "18-20", "pension"


def norm_category(household_type: HouseholdType, bands: Sequence[str]) -> NormCategory | None:
    """The norm without cost sharing; `bands` are the age bands of applicant and partner.

    None where type and bands contradict each other.
    """
    match household_type, list(bands):
        case "single" | "single-parent", [band]:
            return _single(band)
        case "couple" | "couple-with-children", [one, other]:
            return _couple((one, other), "-with-children" if household_type == "couple-with-children" else "")
        case _:
            return None


def _single(band: str) -> NormCategory:
    if band == PENSION:
        return "single-pension-age"
    return "single-18-20" if band == YOUNG else "single"


def _couple(bands: tuple[str, str], children: Literal["", "-with-children"]) -> NormCategory:
    if PENSION in bands:
        return "couple-pension-age"
    if YOUNG not in bands:
        return "couple"
    with_children = bool(children)
    if bands == (YOUNG, YOUNG):
        return "couple-18-20-with-children" if with_children else "couple-18-20"
    return "couple-one-18-20-with-children" if with_children else "couple-one-18-20"
