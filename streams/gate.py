"""Who may ask the views: the same tokens as at the services, recognised in the same way."""

from services.access.development import ISSUER, DevelopmentIssuer, real_time
from services.access.gate import Gate
from services.access.keys import issuer_keys
from services.settings import Settings

ISSUER_FOLDER = "issuer"
"""Under the data folder: the key of the development issuer, shared by all processes of this machine."""


def gate(settings: Settings) -> Gate:
    """The gate of the configured issuer, or of the development issuer where none is."""
    if settings.oidc_issuer:
        return Gate(issuer_keys(settings.oidc_issuer), settings.oidc_issuer, settings.oidc_audience, real_time)
    return Gate(development_issuer(settings).keys, ISSUER, settings.oidc_audience, real_time)


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """The issuer under the data folder."""
    return DevelopmentIssuer(settings.data / ISSUER_FOLDER, audience=settings.oidc_audience)
