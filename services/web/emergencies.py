"""A reading under a broken glass: let in where the caller's own right would not do, and then it stands in the processing log."""

from collections.abc import Collection

from fastapi import Request

from services.access.break_glass import Opening
from services.access.caller import Caller, Role, allow

OPENING, USED = "break_glass_opening", "break_glass_used"
"""Where an opening of the caller is left, and that it was needed, in the state of the request."""


def consider(request: Request, opening: Opening | None) -> None:
    """From here on this opening, which lets the caller in now, does where their right falls short."""
    setattr(request.state, OPENING, opening)


def admit(request: Request, caller: Caller, roles: Collection[Role], municipality: str | None) -> None:
    """As `allow`; a client of another municipality is read under the opening, if there is one. Raises `Forbidden`."""
    opening = None if municipality is None or caller.works_for(municipality) else _standing(request)
    allow(caller, roles, municipality if opening is None else None)
    if opening is not None:
        setattr(request.state, USED, opening)


def opens_special(request: Request) -> bool:
    """Whether the opening opens care and youth; it is used for them from here on."""
    opening = _standing(request)
    if opening is None or not opening.special:
        return False
    setattr(request.state, USED, opening)
    return True


def used(request: Request) -> Opening | None:
    """The opening without which this reading would have been refused, or told less."""
    opening: Opening | None = getattr(request.state, USED, None)
    return opening


def _standing(request: Request) -> Opening | None:
    opening: Opening | None = getattr(request.state, OPENING, None)
    return opening
