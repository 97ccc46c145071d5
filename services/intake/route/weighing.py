"""What the rules make of the signals of one client on a day: a score, and for each rule that held why it did."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from services.contracts.route import FiredRule, LifeDomain, OrganisationKind, SignalKind
from services.intake.route.days import months_before
from services.intake.route.rules import RouteRules, Rule

UNWEIGHED: frozenset[LifeDomain] = frozenset({"integration"})
"""A need of an integration course says that somebody came from elsewhere; no rule may see it (AVG art. 9, Grondwet art. 1)."""


class Signal(NamedTuple):
    """Something that is there from `since` until `ended_on`, that day not included."""

    ref: str
    kind: SignalKind
    domain: LifeDomain | None
    organisation: OrganisationKind | None
    since: date
    ended_on: date | None = None

    def stands(self, on: date) -> bool:
        """Whether it is there on a day."""
        return self.since <= on and (self.ended_on is None or on < self.ended_on)

    @property
    def counted_as(self) -> str:
        """Signals with the same name count once."""
        return self.domain or self.organisation or self.ref


class Weighing(NamedTuple):
    """The weights of `fired` add up to `score`."""

    score: int
    threshold: int
    fired: tuple[FiredRule, ...]

    @property
    def reaches(self) -> bool:
        """Whether a flag is proposed."""
        return self.score >= self.threshold

    @property
    def seen(self) -> frozenset[str]:
        """Every signal that a rule rested on."""
        return frozenset(ref for rule in self.fired for ref in rule.seen)


def weigh(rules: RouteRules, signals: Iterable[Signal], on: date) -> Weighing:
    """The weighing of a day; more signals never lower the score. Raises `RuleMissing` where no threshold holds."""
    standing = [signal for signal in signals if signal.stands(on) and signal.domain not in UNWEIGHED]
    fired = tuple(found for rule in rules.in_force(on) if (found := _fired(rule, standing, on)) is not None)
    return Weighing(sum(rule.weight for rule in fired), rules.threshold(on).score, fired)


def _fired(rule: Rule, standing: Sequence[Signal], on: date) -> FiredRule | None:
    begin = date.min if rule.within_months is None else months_before(on, rule.within_months)
    seen = [signal for signal in standing if signal.kind == rule.kind and signal.since > begin]
    if len({signal.counted_as for signal in seen}) < rule.at_least:
        return None
    return FiredRule(rule=rule.code, weight=rule.weight, source=rule.source, seen=tuple(signal.ref for signal in seen))
