"""What operators do around a disaster, from the settings: take copies, put one back, and follow a service on its way back."""

import getpass
import socket
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import httpx

from services.access.configured import development_issuer, processing_log
from services.access.processing_lines import Act
from services.access.processing_log import ProcessingLogUnavailable
from services.contracts.restored import Lifting
from services.eventlog.clock import shifted
from services.recovery.alone import InUse
from services.recovery.backup import Place, back_up, prune
from services.recovery.inventory import Unusable
from services.recovery.placing import LogThere, PutBack, put_back
from services.settings import Settings

Service = Literal["intake", "benefits", "handover"]
ANSWER_SECONDS = 60.0
STATE, LIFTS = "/v1/restoration", "/v1/restoration/lifts"

now = shifted(0)
"""Ages of backups follow the real day, also in a rehearsal of another year."""


class Failed(Exception):
    """Nothing was put back or copied; the text says what to do."""


def take_backups(settings: Settings, services: Sequence[Service], target: Path) -> list[str]:
    """Copy services one after the other, and remove copies whose keys are too old; a sentence for each. Raises `Failed`."""
    said = []
    for service in services:
        at = now()
        try:
            taken = back_up(Place(settings.data, service), target, at)
        except (OSError, sqlite3.Error) as wrong:
            raise Failed(f"no backup of {service} was taken: {wrong}") from wrong
        said.append(f"{service}: {taken}")
        said += [f"{service}: {old} removed, its keys are older than 30 days" for old in prune(target, service, at)]
    return said


def restore(settings: Settings, service: Service, backup: Path, *, set_aside: bool) -> PutBack:
    """Put a backup in place of a log that is gone. Raises `Failed`."""
    try:
        done = put_back(Place(settings.data, service), backup, now(), set_aside=set_aside)
        _accounted(settings, service, backup.name)
    except (InUse, LogThere, Unusable) as refused:
        raise Failed(str(refused)) from refused
    except (OSError, sqlite3.Error, ProcessingLogUnavailable) as wrong:
        raise Failed(f"{service} was not restored, give the same command again: {wrong}") from wrong
    return done


def _accounted(settings: Settings, service: Service, backup: str) -> None:
    """Who put a service back stands in its audit log, and what that one lost with the disk is written down beside it."""
    log = processing_log(settings, service)
    try:
        log.came_back()
        operator = f"operator:{getpass.getuser()}"
        log.audit(Act(operator, "backbone restore", backup, "ok", now(), token_hex(16), socket.gethostname())).result(ANSWER_SECONDS)
    finally:
        log.close()


def restoration(settings: Settings, service: Service) -> dict[str, Any]:
    """Where a running service stands on its way back. Raises `Failed`."""
    with _operator(settings, service, settings.token) as http:
        answer = _answered(http, "GET", STATE)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return {"state": "in-use", "differences": [], "missing": []}
    return _checked(answer)


def lift(settings: Settings, service: Service, reason: Lifting, actor: str) -> dict[str, Any]:
    """Ask that a service takes commands though not everything matches. Raises `Failed`."""
    with _operator(settings, service, settings.token, actor) as http:
        return _checked(_answered(http, "POST", LIFTS, json={"reason": reason}))


def _operator(settings: Settings, service: Service, token: str, actor: str = "backbone-operator") -> httpx.Client:
    if not token and settings.oidc_issuer:
        raise Failed("set BACKBONE_TOKEN: the development issuer is not in use where BACKBONE_OIDC_ISSUER is set")
    bearer = token or development_issuer(settings).token(actor, ["operator"], [], minutes=5)
    return httpx.Client(
        base_url=f"http://{settings.host}:{getattr(settings, f'{service}_port')}",
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=ANSWER_SECONDS,
        trust_env=False,
    )


def _answered(http: httpx.Client, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
    try:
        return http.request(method, path, **content)
    except httpx.TransportError as wrong:
        raise Failed(f"{http.base_url} does not answer ({type(wrong).__name__}): start the service with `backbone serve`") from wrong


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise Failed(f"{answer.request.url} answered {answer.status_code}: {answer.text}")
    told: dict[str, Any] = answer.json()
    return told
