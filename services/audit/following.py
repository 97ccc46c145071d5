"""The reactors' part of I7 and I13: what another service told is taken once, in order, and all of it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from services.audit.fact import Content, Fact, Handlers
from services.audit.finding import Tally
from services.audit.lag import Arrival
from services.audit.log_file import LogFile

FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {"benefits": ("intake",), "handover": ("intake",)}
"""Whose facts a service reacts on."""


OF_HOUSEHOLDS: Final = (
    "household-registered",
    "household-moved",
    "household-split",
    "household-income-reported",
    "household-member-born",
    "household-member-died",
    "household-members-left",
    "household-members-joined",
    "age-band-reached",
)
"""What intake tells on the stream of a household."""


class Following:
    """What benefits noted of the households that intake tells of. Intake's log must be read before benefits'."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._told: dict[str, int] = {}
        self._noted: dict[str, int] = {}

    @property
    def handlers(self) -> Handlers:
        """What it wants to see."""
        return {**{f"intake.{what}": self._household_told for what in OF_HOUSEHOLDS}, "benefits.household-noted": self._household_noted}

    def _household_told(self, fact: Fact, content: Content) -> None:
        self._told[content["household_ref"]] = fact.version

    def _household_noted(self, fact: Fact, content: Content) -> None:
        ref, version = content["household_ref"], content["source_version"]
        before = self._noted.get(ref, 0)
        self._tally.looked_at()
        self._tally.require(
            version == before + 1, f"{fact.name} notes version {version} of intake/household/{ref} after version {before} of it"
        )
        self._noted[ref] = max(before, version)

    def conclude(self) -> None:
        """Name households of which intake told less than benefits noted."""
        for ref, version in sorted(self._noted.items()):
            told = self._told.get(ref, 0)
            self._tally.require(
                version <= told or not self._told, f"benefits noted version {version} of intake/household/{ref}, which told {told}"
            )


def held(log: LogFile, tally: Tally) -> None:
    """Name the records that a reactor could not read, and what waits behind them. Raises `Unreachable`."""
    for where, reason in log.held():
        tally.fault(f"the reactor of {log.service} holds {where}: {reason}")


def arrivals(logs: Mapping[str, LogFile], heads: Mapping[str, int]) -> Iterator[Arrival]:
    """Whatever each service follows must reach the head that it had."""
    for service, log in logs.items():
        for other in FOLLOWS.get(service, ()):
            if other in heads:
                yield Arrival(f"the reactor of {service}, of {other},", partial(_behind, log, other, heads[other]))


def _behind(log: LogFile, other: str, head: int) -> int:
    return max(0, head - log.followed(other))
