"""The person or system that asks: known by a pseudonymous reference, with roles, for the municipalities it works for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["caseworker", "payments-officer", "payments-approver", "coordinator", "manager", "operator", "auditor"]
ROLES: frozenset[str] = frozenset(get_args(Role))


class Unauthenticated(Exception):
    """Nobody we know asks; `reason` is a code for logs and tests, never content of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(Exception):
    """The caller may not do this; `reason` is `role` or `municipality`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is a pseudonymous staff reference (`s-...`) or the name of a system, never a BSN or a name of a person."""

    actor: str
    roles: frozenset[Role]
    municipalities: frozenset[str]


def allow(caller: Caller, roles: Collection[Role], municipality: str | None) -> None:
    """Raises `Forbidden` unless the caller has one of `roles` and works for `municipality` (`None`: the act is of no municipality)."""
    if caller.roles.isdisjoint(roles):
        raise Forbidden("role")
    if municipality is not None and municipality not in caller.municipalities:
        raise Forbidden("municipality")
