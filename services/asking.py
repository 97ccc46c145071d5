"""What an operator asks of a data folder: the facts of a stream, sending them again, a token for development, and the audit."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from services.access.caller import ROLES, Role
from services.access.configured import development_issuer
from services.access.region import REGION
from services.audit.finding import Verdict
from services.audit.sources import Sources
from services.audit.verify import verify
from services.benefits import allowance_rules
from services.contracts.codec import Record, headers_of, published
from services.eventlog.relay import topic_sender
from services.eventlog.sqlite import SqliteLog
from services.processes import SERVICES
from services.settings import Settings


class NotHere(Exception):
    """Something that was asked for is not there; the text says what to do."""


def _existing_log(settings: Settings, stream: str) -> SqliteLog:
    name = stream.partition("/")[0]
    path = settings.data / name / "log.sqlite"
    if name not in SERVICES or not path.exists():
        raise NotHere(f"no log holds {stream}: begin with intake/, benefits/ or handover/, and let BACKBONE_DATA name the data folder")
    return SqliteLog(name, path, published())


def facts(settings: Settings, stream: str) -> list[Record]:
    """The facts of a stream. Raises `NotHere`."""
    log = _existing_log(settings, stream)
    try:
        records = log.records_of(stream)
    finally:
        log.close()
    if not records:
        raise NotHere(f"{stream} has no facts")
    return records


def republish(settings: Settings, stream: str) -> int:
    """Send the facts of a stream to Kafka again; how many. Raises `NotHere`, or `Unacknowledged` where Kafka is away."""
    records = facts(settings, stream)
    name = stream.partition("/")[0]
    sender = topic_sender(settings.kafka, name)
    try:
        sender([(r.key.encode(), headers_of(r, settings.source(name)), r.data) for r in records])
    finally:
        sender.close()
    return len(records)


def token(settings: Settings, actor: str, roles: Sequence[str], municipalities: Sequence[str], minutes: int) -> str:
    """A token of the development issuer. Raises `NotHere` for an unknown role or municipality, and where a real issuer is configured."""
    if settings.oidc_issuer:
        raise NotHere("tokens come from the issuer in BACKBONE_OIDC_ISSUER; the development issuer is not used")
    unknown = sorted(set(roles) - ROLES)
    if unknown:
        raise NotHere(f"no such role: {', '.join(unknown)}; there are {', '.join(sorted(ROLES))}")
    elsewhere = sorted(set(municipalities) - REGION)
    if elsewhere:
        raise NotHere(f"not a municipality of the region: {', '.join(elsewhere)}; there are {', '.join(sorted(REGION))}")
    return development_issuer(settings).token(actor, cast("Sequence[Role]", roles), municipalities, minutes)


def audit(settings: Settings, planted: Path | None) -> Verdict:
    """Every invariant, recomputed from the sources of these settings; `planted` names values that must be found nowhere."""
    return Verdict(verify(Sources.of(settings, _operators_token(settings), planted)))


def _operators_token(settings: Settings) -> str:
    if settings.oidc_issuer:
        return settings.token
    codes = [row.code for rules in allowance_rules.installed() for row in rules.municipalities]
    return development_issuer(settings).token("s-verify", ["auditor", "operator"], codes)
