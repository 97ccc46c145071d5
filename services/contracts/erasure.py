"""What the services tell while a client is erased: intake asks, the others answer, and only who is needed nowhere is erased."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from services.contracts.envelope import Event, Home, Published
from services.contracts.intake import Municipality

Asked = Literal["retention-ended", "client-asked", "registered-by-mistake"]
"""Why a client is to be erased (AVG art. 5(1)(e), 17)."""

Service = Literal["intake", "benefits", "handover"]
Number = Annotated[int, Field(ge=1, le=1_000_000)]


class Hindrance(Published):
    """Why a service still needs a client: a code, what it is about, and the day from which it is over, where that is known."""

    service: Service
    reason: str
    what: str | None = None
    until: date | None = None


class ErasureEvent(Event):
    """A fact about one attempt to erase a client; attempts count from 1 per client."""

    STREAMS: ClassVar[str]

    client: str
    municipality: Municipality
    erasure: Number

    def home(self) -> Home:
        """The stream of the erasure in the service that tells, beside the other facts of the client."""
        return Home(self.STREAMS + self.client, self.client, self.municipality, self.client)


class ErasureRequested(ErasureEvent):
    """Nothing in intake needs the client any more; the other services are asked."""

    TYPE = "nl.sociaaldomein.intake.erasure-requested.v1"
    STREAMS = "intake/erasure/"

    ground: Asked
    requested_by: str
    requested_on: date


class ErasureOrdered(ErasureEvent):
    """Every service cleared the client: what they hold in their vaults must go."""

    TYPE = "nl.sociaaldomein.intake.erasure-ordered.v1"
    STREAMS = "intake/erasure/"


class ErasureCalledOff(ErasureEvent):
    """A service still needs the client; nothing was destroyed and everything goes on."""

    TYPE = "nl.sociaaldomein.intake.erasure-called-off.v1"
    STREAMS = "intake/erasure/"

    hindrances: tuple[Hindrance, ...]


class ClientErased(ErasureEvent):
    """Key, vault rows and BSN link of the client are gone in every service; what stays is pseudonymous."""

    TYPE = "nl.sociaaldomein.intake.client-erased.v1"
    STREAMS = "intake/erasure/"

    erased_on: date


class ErasureCleared(ErasureEvent):
    """The service needs the client no more, and begins nothing new for them until the erasure is ordered or called off."""


class ErasureHindered(ErasureEvent):
    """The service still needs the client."""

    hindrances: tuple[Hindrance, ...]


class VaultErased(ErasureEvent):
    """Key and vault rows of the client are gone in the service that tells."""

    erased_on: date


class BenefitsErasureCleared(ErasureCleared):
    """Benefits pays nothing, claims nothing and keeps nothing of the client any more."""

    TYPE = "nl.sociaaldomein.benefits.erasure-cleared.v1"
    STREAMS = "benefits/erasure/"


class BenefitsErasureHindered(ErasureHindered):
    """Benefits still needs the client."""

    TYPE = "nl.sociaaldomein.benefits.erasure-hindered.v1"
    STREAMS = "benefits/erasure/"


class BenefitsErasureCalledOff(ErasureEvent):
    """Benefits goes on with a client whom it had cleared."""

    TYPE = "nl.sociaaldomein.benefits.erasure-called-off.v1"
    STREAMS = "benefits/erasure/"


class BenefitsClientErased(VaultErased):
    """Account numbers and motives of the client are gone; none is paid on any more."""

    TYPE = "nl.sociaaldomein.benefits.client-erased.v1"
    STREAMS = "benefits/erasure/"


class HandoverErasureCleared(ErasureCleared):
    """Handover has nothing open with the client any more."""

    TYPE = "nl.sociaaldomein.handover.erasure-cleared.v1"
    STREAMS = "handover/erasure/"


class HandoverErasureHindered(ErasureHindered):
    """Handover still needs the client."""

    TYPE = "nl.sociaaldomein.handover.erasure-hindered.v1"
    STREAMS = "handover/erasure/"


class HandoverErasureCalledOff(ErasureEvent):
    """Handover goes on with a client whom it had cleared."""

    TYPE = "nl.sociaaldomein.handover.erasure-called-off.v1"
    STREAMS = "handover/erasure/"


class HandoverClientErased(VaultErased):
    """Notes and what was said are gone; nobody holds the client any more."""

    TYPE = "nl.sociaaldomein.handover.client-erased.v1"
    STREAMS = "handover/erasure/"


IntakeErasure = ErasureRequested | ErasureOrdered | ErasureCalledOff | ClientErased
BenefitsErasure = BenefitsErasureCleared | BenefitsErasureHindered | BenefitsErasureCalledOff | BenefitsClientErased
HandoverErasure = HandoverErasureCleared | HandoverErasureHindered | HandoverErasureCalledOff | HandoverClientErased
ErasureFact = IntakeErasure | BenefitsErasure | HandoverErasure
