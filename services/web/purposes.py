"""What somebody reads special data for is said in a header, and stands in the processing log with its ground."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from fastapi import Header, Request

from services.access.caller import Caller, Forbidden
from services.access.special import SPECIAL, Purpose, closed, exported, readings, stated
from services.web.emergencies import opens_special

PURPOSE = "processing_purpose"
"""Where the stated purpose is left, in the state of the request."""

StatedPurpose = Annotated[str | None, Header(alias="Processing-Purpose", pattern=r"^[a-z][a-z-]{1,39}$")]
"""A code of services/access/policies/special-categories.toml, where care or youth data are read."""


def require_purpose(request: Request, caller: Caller, code: str | None, domains: Iterable[str], day: date) -> None:
    """Lets special domains be read under a purpose of the list, or a broken glass; raises `Forbidden` with `purpose`."""
    try:
        _note(request, stated(code, domains, caller, day))
    except Forbidden:
        if not opens_special(request):
            raise


def require_export(request: Request, caller: Caller, ground: str, day: date) -> None:
    """Lets everything about a client be gathered, on the ground that was stated; raises `Forbidden` with `purpose`."""
    _note(request, exported(ground, caller, day))


def left_closed(request: Request, caller: Caller, code: str | None, domains: Iterable[str], day: date) -> frozenset[str]:
    """The special domains that must be left out of a list or view, as neither a stated purpose nor a broken glass opens them."""
    met = frozenset(domains)
    left = closed(code, met, caller, day)
    if SPECIAL & met - left:
        _note(request, next((purpose for purpose in readings() if purpose.code == code), None))
    return frozenset() if left and opens_special(request) else left


def _note(request: Request, purpose: Purpose | None) -> None:
    if purpose is not None:
        setattr(request.state, PURPOSE, (purpose.code, purpose.legal_basis))
