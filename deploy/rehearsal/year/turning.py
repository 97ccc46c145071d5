"""The clock of a rehearsal is turned forward: processes stop in order and start again on a later day, as after a night."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from deploy.rehearsal import chain
from services.processes import SERVICES, parts
from services.settings import Settings
from services.supervise import Supervisor

BENEFITS: tuple[str, ...] = ("benefits",)


@dataclass(slots=True)
class Turning:
    """The chain with the day on which it stands; days only go forward."""

    up: Supervisor
    settings: Settings
    environment: dict[str, str]
    day: date

    def to(self, day: date, today: date, names: Collection[str] = SERVICES) -> None:
        """The named services go on on a later day; what was due in between is done by their clocks. Raises `PartFailed`.

        Broker, worker and sink stay up: they know no day but that of the facts.
        """
        if day <= self.day:
            raise ValueError(f"the clock stands at {self.day}: it is not turned back to {day}")
        self.environment = chain.on(self.settings.data, self.environment, day, today)
        self.settings, self.day = Settings.read(self.environment), day
        self.up.stop(*names)
        self.up.start(*(part for part in parts(self.settings, self.environment) if part.name in names))
