"""Where a client stands with the monthly benefit: applied, running, suspended, ended, refused, or open again."""

from dataclasses import dataclass
from datetime import date

from services.contracts.monthly import BenefitApplied, BenefitSuspended


@dataclass(frozen=True, slots=True)
class NeverApplied:
    """Nothing was asked."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A decision is awaited."""

    application: BenefitApplied


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """The application was refused."""

    application: BenefitApplied


@dataclass(frozen=True, slots=True)
class Running:
    """The benefit was granted from `since`."""

    application: BenefitApplied
    since: date


@dataclass(frozen=True, slots=True)
class Suspended:
    """The right is suspended."""

    running: Running
    suspension: BenefitSuspended


@dataclass(frozen=True, slots=True)
class Ended:
    """There is no right from `gone_from`."""

    running: Running
    gone_from: date


@dataclass(frozen=True, slots=True)
class Reopened:
    """A refusal or an end was opened again: the benefit may be granted from `not_before`, or refused once more."""

    application: BenefitApplied
    not_before: date


Condition = NeverApplied | Applied | TurnedDown | Running | Suspended | Ended | Reopened
"""One class per condition."""
