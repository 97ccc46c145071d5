"""The office behind handover's routes: its log, vault and rules, and who may do what there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, Field

from services.access.break_glass import open_to
from services.access.caller import Caller, Role, allow
from services.contracts.handover import BatonAccepted, BatonOpened
from services.eventlog.log import EventLog
from services.handover.baton import Baton
from services.handover.commands import Acting
from services.handover.domain import HANDOVER
from services.handover.due_times import local_day
from services.handover.glass_work import openings_of
from services.handover.rules import HandoverRules
from services.handover.state import Handover, baton_stream, team_stream
from services.handover.team import Team
from services.handover.work import Asked, Note
from services.vault.erasure import is_erased
from services.vault.vault import Vault
from services.web.callers import requires
from services.web.commands import body_hash, origin
from services.web.emergencies import admit, consider
from services.web.problem import Problem
from services.web.reads import Reads

DIRECTORS: tuple[Role, ...] = ("coordinator", "manager")
WORKERS: tuple[Role, ...] = ("caseworker", *DIRECTORS)
READERS: tuple[Role, ...] = (*WORKERS, "auditor")

StaffRef = Annotated[str, Field(pattern=r"^s-[a-z0-9-]{1,62}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
"""A code that a policy must know."""
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,39}$")]
"""A code that no policy lists, and so without digits: a reason must not carry a number of a person."""
TeamName = Annotated[str, Field(pattern=r"^team-[a-z0-9-]{1,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]
TeamRef = Annotated[str, Path(pattern=r"^team-[a-z0-9-]{1,59}$")]
Client = Annotated[str, Path(pattern=r"^p-[a-z0-9-]{1,62}$")]
Director = Annotated[Caller, requires(*DIRECTORS)]
Worker = Annotated[Caller, requires(*WORKERS)]
Reader = Annotated[Caller, requires(*READERS)]
ClientReader = Annotated[Caller, requires(*READERS, glass=True)]


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes share; `now` gives the time in UTC, `new_ref` a random reference behind a prefix such as `team-`."""

    log: EventLog
    reads: Reads
    vault: Vault
    secret: bytes
    rules: HandoverRules
    now: Callable[[], datetime]
    new_ref: Callable[[str], str]

    def asked(self, caller: Caller, key: str, body: BaseModel, expected: int | None = None) -> Asked:
        """A command of this caller; the hash of its body is keyed, as a note may say anything."""
        return Asked(origin(caller, key, self.now), body_hash(body, self.secret), expected)

    def acting(self, caller: Caller, asked: Asked) -> Acting:
        """Who acts, and whether as somebody who directs teams."""
        at = asked.origin.at
        return Acting(caller.actor, at, local_day(at), not caller.roles.isdisjoint(DIRECTORS))

    def note(self, text: str | None) -> Note | None:
        """Free text on its way to the vault."""
        return None if text is None else Note(self.vault, self.new_ref("t-"), text)

    def team(self, team_ref: str, caller: Caller, roles: tuple[Role, ...]) -> tuple[Team, int]:
        """A team and its version; raises `Problem` 404, or `Forbidden` where the caller may not touch it."""
        state, version = self._state(team_stream(team_ref))
        team = state.teams.get(team_ref)
        if team is None:
            raise Problem(404, "not found", "this team was never formed")
        allow(caller, roles, team.municipality)
        return team, version

    def baton(self, client: str, caller: Caller, roles: tuple[Role, ...]) -> tuple[Baton, int]:
        """The baton of a client and its version; raises `Problem` 404 or 410, or `Forbidden` where the caller may not touch it."""
        baton, version = self._held(client)
        allow(caller, roles, baton.municipality)
        self._require_not_erased(client)
        return baton, version

    def baton_read(self, request: Request, client: str, caller: Caller, roles: tuple[Role, ...]) -> tuple[Baton, int]:
        """As `baton`, for a reading; also for who was let in to this client in an emergency."""
        baton, version = self._held(client)
        consider(request, open_to(openings_of(self.log, client), caller, self.now()))
        admit(request, caller, roles, baton.municipality)
        self._require_not_erased(client)
        return baton, version

    def anybodys_baton(self, client: str) -> Baton:
        """The baton of a client, whoever asks: for an emergency alone. Raises `Problem` 404 or 410."""
        baton, _ = self._held(client)
        self._require_not_erased(client)
        return baton

    def domains(self, *team_refs: str) -> tuple[str, ...]:
        """Under which laws teams work."""
        found = (self._state(team_stream(ref))[0].teams.get(ref) for ref in team_refs)
        return tuple(team.domain for team in found if team is not None)

    def held_domains(self, client: str) -> tuple[str, ...]:
        """Under which laws teams work that hold a client or ever did: their contacts with the client stay what they are."""
        told = [envelope.event for envelope in self.log.read(baton_stream(client))]
        opened = {fact.team_ref for fact in told if isinstance(fact, BatonOpened)}
        return self.domains(*sorted(opened | {fact.to_team_ref for fact in told if isinstance(fact, BatonAccepted)}))

    def _held(self, client: str) -> tuple[Baton, int]:
        state, version = self._state(baton_stream(client))
        baton = state.batons().get(client)
        if baton is None:
            raise Problem(404, "not found", "nobody holds this client")
        return baton, version

    def _require_not_erased(self, client: str) -> None:
        if is_erased(self.log, client):
            raise Problem(410, "client-erased", "this client was erased; what is left is pseudonymous and for figures only")

    def _state(self, stream: str) -> tuple[Handover, int]:
        told = self.log.read(stream)
        return HANDOVER.fold(envelope.event for envelope in told), len(told)
