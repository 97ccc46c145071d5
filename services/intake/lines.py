"""The lines of the files that municipalities deliver (deploy/region writes such files)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from services.contracts.intake import HouseholdType
from services.intake.bodies import Address, ApplicationContent, Bsn, Day, HouseholdBody, MunicipalityCode, somebody
from services.web.body import Line


class HouseholdLine(HouseholdBody, Line):
    """A household of households.ndjson."""


class ApplicationLine(ApplicationContent, Line):
    """An application of applications.ndjson, by the person with this BSN."""

    bsn: Bsn


class ChangeLine(Line):
    """A change of changes.ndjson: `bsn` are a whole household that moves, or those who leave one."""

    kind: Literal["move", "split"]
    on: Day
    bsn: Annotated[tuple[Bsn, ...], Field(max_length=30), AfterValidator(somebody)]
    municipality: MunicipalityCode
    address: Address
    household_type: Annotated[HouseholdType | None, Field(validate_default=True)] = None
    remaining_household_type: Annotated[HouseholdType | None, Field(validate_default=True)] = None

    @field_validator("household_type", "remaining_household_type")
    @classmethod
    def _belongs_to_a_split(cls, given: HouseholdType | None, info: ValidationInfo) -> HouseholdType | None:
        """Each error on its own field, also where others are wrong too."""
        if info.data.get("kind") == "split" and given is None:
            raise ValueError("a split needs it")
        if info.data.get("kind") == "move" and given is not None:
            raise ValueError("a move has none")
        return given
