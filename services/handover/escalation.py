"""Four levels of direction after AVE: a case goes up and down on the grounds of the policy, and somebody else directs."""

from collections.abc import Sequence

from services.contracts.envelope import Event
from services.contracts.handover import EscalationLowered, EscalationRaised
from services.eventlog.decider import Refused
from services.handover.baton import Baton
from services.handover.commands import Escalate, PassMoment
from services.handover.rules import Level

FELL_BACK = "baton-fell-back"


def change_level(baton: Baton, command: Escalate) -> Sequence[Event] | Refused:
    """Facts, nothing for a repeat, or a refusal with its reason."""
    today = command.acting.today
    now, wanted = command.rules.level(baton.level, today), command.rules.level(command.level, today)
    if now is None or wanted is None:
        return Refused("no-such-level", "no policy in force knows this level; see policies/escalation.toml")
    if wanted.level == now.level:
        return []
    return _raise(baton, (now, wanted), command) if wanted.level > now.level else _lower(baton, (now, wanted), command)


def _raise(baton: Baton, levels: tuple[Level, Level], command: Escalate) -> Sequence[Event] | Refused:
    now, wanted = levels
    if now.raised_to(command.reason) != wanted.level:
        grounds = ", ".join(f"{step.reason} to {step.to}" for step in now.up) or "none"
        return Refused("not-a-ground", f"grounds to go up from level {now.level}: {grounds}")
    return [_raised(command.client, baton, wanted, (command.reason, command.rules.version))]


def _lower(baton: Baton, levels: tuple[Level, Level], command: Escalate) -> Sequence[Event] | Refused:
    now, wanted = levels
    if not command.acting.directs:
        return Refused("not-a-director", "who directs teams scales down")
    if wanted.level != now.level - 1 or command.reason not in now.down:
        grounds = ", ".join(now.down) or "none"
        return Refused("not-a-ground", f"one level at a time; grounds to go down from level {now.level}: {grounds}")
    return [
        EscalationLowered(
            client=command.client,
            municipality=baton.municipality,
            level=wanted.level,
            reason=command.reason,
            directs=wanted.directs,
            rule_version=command.rules.version,
        )
    ]


def after_fall_back(baton: Baton, command: PassMoment) -> Sequence[Event]:
    """A fallen baton is stalled cooperation: the case goes up by itself where the policy says so."""
    now = command.rules.level(baton.level, command.today)
    to = now.raised_to(FELL_BACK) if now is not None and now.raised_by_fall_back else None
    wanted = None if to is None else command.rules.level(to, command.today)
    return [] if wanted is None else [_raised(command.client, baton, wanted, (FELL_BACK, command.rules.version))]


def _raised(client: str, baton: Baton, wanted: Level, ground: tuple[str, str]) -> EscalationRaised:
    reason, rule_version = ground
    return EscalationRaised(
        client=client,
        municipality=baton.municipality,
        level=wanted.level,
        reason=reason,
        directs=wanted.directs,
        rule_version=rule_version,
    )
