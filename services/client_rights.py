"""What operators do for a client's own rights, from the settings: erase a client, or gather what is known of one."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal, get_args

import httpx
import orjson

from services.access.caller import Role
from services.access.configured import development_issuer
from services.benefits import allowance_rules
from services.client_page import page
from services.client_words import installed
from services.contracts.erasure import Asked
from services.settings import Settings
from services.web.own_lookups import Ground

Source = Literal["intake", "benefits", "handover", "views"]
"""Every process that keeps something of a client."""

ANSWER_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.5
ENDED = ("erased", "called-off")


class NotDone(Exception):
    """The services did not do what was asked; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who asks the services something; with a token of the development issuer unless BACKBONE_TOKEN is set."""

    settings: Settings
    actor: str
    role: Role

    def http(self, service: Source) -> httpx.Client:
        """A client of one service. Raises `NotDone` where there is no token."""
        settings = self.settings
        if not settings.token and settings.oidc_issuer:
            raise NotDone("set BACKBONE_TOKEN: the development issuer is not in use where BACKBONE_OIDC_ISSUER is set")
        codes = [row.code for rules in allowance_rules.installed() for row in rules.municipalities]
        bearer = settings.token or development_issuer(settings).token(self.actor, [self.role], codes, minutes=15)
        url = f"http://{settings.host}:{getattr(settings, f'{service}_port')}"
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {bearer}"}, timeout=ANSWER_SECONDS, trust_env=False)


def erase(operator: Operator, client: str, ground: Asked, wait_seconds: float, say: Callable[[str], None]) -> bool:
    """Ask to erase a client, wait for every service, and say what each did or why it needs the client; whether all is erased.

    Asking again is harmless and goes on where the services are. Raises `NotDone`.
    """
    with operator.http("intake") as http:
        asked = _answered(http, "POST", f"/v1/clients/{client}/erasures", json={"ground": ground})
        if asked.status_code == httpx.codes.CONFLICT:
            problem = asked.json()
            say(f"not erased: {problem['title']}")
            for sentence in problem["detail"].split("; "):
                say(f"  {sentence}")
            return False
        _require(asked)
        told = _followed(http, client, wait_seconds)
    for line in _lines(told, wait_seconds):
        say(line)
    return bool(told["state"] == "erased")


def _followed(http: httpx.Client, client: str, wait_seconds: float) -> dict[str, Any]:
    until = time.monotonic() + wait_seconds
    while True:
        told: dict[str, Any] = _require(_answered(http, "GET", f"/v1/clients/{client}/erasure")).json()
        if told["state"] in ENDED or time.monotonic() > until:
            return told
        time.sleep(LOOK_AGAIN_SECONDS)


def _lines(told: dict[str, Any], wait_seconds: float) -> Iterator[str]:
    for service, stands in told["services"].items():
        yield f"{service}: {stands['state']}"
        yield from (f"  {sentence}" for sentence in stands.get("hindrances", ()))
    match told["state"]:
        case "erased":
            yield f"intake: erased on {told['erased_on']}; backups that hold the keys must be gone by {told['gone_from_backups_on']}"
        case "called-off":
            yield "called off: nothing was destroyed"
        case _:
            yield f"still under way after {wait_seconds:.0f} s: start what has not answered, and give the same command again"


def _answered(http: httpx.Client, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
    try:
        return http.request(method, path, headers={"Idempotency-Key": token_hex(16)}, **content)
    except httpx.TransportError as wrong:
        raise NotDone(f"{http.base_url} does not answer ({type(wrong).__name__}): start the service with `backbone serve`") from wrong


def _require(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise NotDone(f"{answer.request.url} answered {answer.status_code}: {answer.text}")
    return answer


def export(operator: Operator, client: str, ground: Ground, folder: Path, now: datetime) -> list[Path]:
    """Gather everything about a client from every service into one JSON document and one page, readable by the owner alone.

    Raises `NotDone` where a service does not answer or refuses: half an answer is none.
    """
    told = [_of_service(operator, service, client, ground) for service in get_args(Source)]
    if all(each.get("nothing") for each in told):
        raise NotDone(f"nothing is known of {client}")
    gathered = {"client": client, "ground": ground, "gathered_at": now.isoformat(), "services": told}
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    texts = {"json": orjson.dumps(gathered, option=orjson.OPT_INDENT_2), "html": page(gathered, installed()).encode()}
    return [_written(folder / f"{client}.{suffix}", text) for suffix, text in texts.items()]


def _of_service(operator: Operator, service: Source, client: str, ground: Ground) -> dict[str, Any]:
    with operator.http(service) as http:
        answer = _answered(http, "POST", f"/v1/clients/{client}/exports", json={"ground": ground})
    if answer.status_code == httpx.codes.NOT_FOUND:
        return {"service": service, "nothing": True}
    told: dict[str, Any] = _require(answer).json()
    return told


def _written(path: Path, text: bytes) -> Path:
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    return path
