"""Care and youth data are opened by a stated purpose alone: from a closed, dated list, each with its ground in law (AVG art. 9)."""

import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from services.access.caller import Caller, Forbidden, Role

SpecialDomain = Literal["wmo", "youth"]
SPECIAL: Final[frozenset[str]] = frozenset(get_args(SpecialDomain))
"""Domains whose facts tell of health (domain.md 6)."""

OF_SUBJECT: Final = {"social-support": "wmo", "youth-support": "youth"}
"""The domain of a matter, by its subject, where it is a special one."""

OF_NEED: Final = {"care": "wmo", "youth": "youth"}
"""The domain of a need, by the part of life that it is about, where it is a special one."""

OF_ORGANISATION: Final = {"wmo-provider": "wmo", "youth-provider": "youth"}
"""The domain of an organisation that works with a client, by its kind, where it is a special one."""

POLICY: Final = Path(__file__).parent / "policies" / "special-categories.toml"


class Purpose(BaseModel):
    """What somebody may read special data for; in force from `from_on`, and up to `until_on` where it has ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
    domains: frozenset[SpecialDomain]
    roles: frozenset[Role]
    legal_basis: str
    from_on: date
    until_on: date | None = None
    source: Annotated[str, Field(min_length=1)]
    exports: bool = False
    """Opens exports of everything about a client, and nothing else; all others open everything else, and no exports."""
    assumed: bool = False

    def opens(self, domains: frozenset[str], caller: Caller, day: date) -> bool:
        """Whether it lets this caller read these domains on a day."""
        in_force = self.from_on <= day and (self.until_on is None or day <= self.until_on)
        return in_force and domains <= self.domains and not self.roles.isdisjoint(caller.roles)


@cache
def installed() -> tuple[Purpose, ...]:
    """The list as it lies in this version."""
    rows = tomllib.loads(POLICY.read_text(encoding="utf-8"))["purposes"]
    return tuple(Purpose.model_validate(row) for row in rows)


def readings() -> tuple[Purpose, ...]:
    """Purposes for which lists, views and single things are read."""
    return tuple(purpose for purpose in installed() if not purpose.exports)


def stated(code: str | None, domains: Iterable[str], caller: Caller, day: date) -> Purpose | None:
    """The purpose under which these domains are read; None where none of them is special. Raises `Forbidden` with `purpose`."""
    special = SPECIAL & frozenset(domains)
    return _of(readings(), code, special, caller, day) if special else None


def exported(code: str, caller: Caller, day: date) -> Purpose:
    """The purpose under which everything about a client is gathered, special domains and all. Raises `Forbidden` with `purpose`."""
    return _of((purpose for purpose in installed() if purpose.exports), code, SPECIAL, caller, day)


def _of(purposes: Iterable[Purpose], code: str | None, domains: frozenset[str], caller: Caller, day: date) -> Purpose:
    for purpose in purposes:
        if purpose.code == code and purpose.opens(domains, caller, day):
            return purpose
    raise Forbidden("purpose")


def closed(code: str | None, domains: Iterable[str], caller: Caller, day: date) -> frozenset[str]:
    """Of these domains, those that the purpose does not open."""
    opening = [purpose for purpose in readings() if purpose.code == code]
    return frozenset(d for d in SPECIAL & frozenset(domains) if not any(p.opens(frozenset({d}), caller, day) for p in opening))
