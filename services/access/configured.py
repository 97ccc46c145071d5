"""Access by the settings: whose tokens count here, and where it is written down who did what."""

from services.access.anchors import Anchors
from services.access.development import ISSUER, DevelopmentIssuer, real_time
from services.access.gate import Gate
from services.access.keys import CachedKeys, issuer_keys
from services.access.processing_log import ProcessingLog
from services.settings import Settings

ISSUER_FOLDER = "issuer"
"""Under the data folder: the key of the development issuer, shared by all processes of this machine."""


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """The issuer under the data folder."""
    return DevelopmentIssuer(settings.data / ISSUER_FOLDER, audience=settings.oidc_audience)


def gate(settings: Settings) -> tuple[Gate, CachedKeys]:
    """The gate, and the keys behind it, whose `trouble` readiness looks at. Tokens live in real time, also in a rehearsal."""
    keys = issuer_keys(settings.oidc_issuer) if settings.oidc_issuer else development_issuer(settings).keys
    return Gate(keys, settings.oidc_issuer or ISSUER, settings.oidc_audience, real_time), keys


def processing_log(settings: Settings, process: str) -> ProcessingLog:
    """The processing log and audit log of a service, or of the views. Raises `ProcessingLogUnavailable`."""
    anchors = Anchors(settings.anchors_folder / f"{process}.ndjson")
    return ProcessingLog(settings.data / "processing" / process, anchors=anchors, resource=f"backbone {process}")
