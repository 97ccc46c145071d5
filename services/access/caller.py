"""The person or system that asks: known by a pseudonymous reference, with roles, for the municipalities it works for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, get_args

from services.access.region import REGION

Role = Literal["caseworker", "payments-officer", "payments-approver", "coordinator", "manager", "operator", "auditor"]
ROLES: frozenset[str] = frozenset(get_args(Role))
NOWHERE: Final = "nowhere"
"""The municipality of what is not known here: it could be anybody's, so only who works for all of them learns that it is not there."""


class Unauthenticated(Exception):
    """Nobody we know asks; `reason` is a code for logs and tests, never content of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(Exception):
    """The caller may not do this; `reason` is `role`, `municipality` or `purpose`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is a pseudonymous staff reference (`s-...`) or the name of a system, never a BSN or a name of a person."""

    actor: str
    roles: frozenset[Role]
    municipalities: frozenset[str]

    @property
    def regional(self) -> bool:
        """Whether the caller works for every municipality of the region."""
        return self.municipalities >= REGION

    def works_for(self, municipality: str) -> bool:
        """Whether this one is the caller's; `NOWHERE` is for who works for all."""
        return municipality in self.municipalities or (municipality == NOWHERE and self.regional)


def allow(caller: Caller, roles: Collection[Role], municipality: str | None) -> None:
    """Raises `Forbidden` unless the caller has one of `roles` and works for `municipality` (`None`: the act is of no municipality)."""
    if caller.roles.isdisjoint(roles):
        raise Forbidden("role")
    if municipality is not None and not caller.works_for(municipality):
        raise Forbidden("municipality")
