"""What intake takes in about persons who are alike."""

from typing import Annotated, Literal

from pydantic import Field

from services.web.body import Body

Code = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]


class VerdictBody(Body):
    """What somebody made of two persons, and why."""

    verdict: Literal["same", "different"]
    reason_code: Code


class LookBody(Body):
    """Look again; there is nothing to say with it."""
