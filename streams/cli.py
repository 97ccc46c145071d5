"""What operators do with the views from the command line: run the worker, rebuild a view, look into quarantine."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import httpx
import typer

from services import logs
from services.access.configured import development_issuer
from services.contracts.topics import PARTITIONS
from services.serving import collect_rarely
from services.settings import Settings
from streams.membership import SecondWorker, only_worker_here, require_no_other
from streams.rebuild import Rebuilt, Told, decided, differences, forget, rebuilt_side_by_side, told, view_named
from streams.worker import work

ViewName = Literal["contact-view", "payout-status", "allowance-run", "team-directory"]
Holder = Literal["contact-view", "payout-status", "allowance-run", "team-directory", "benefits", "handover", "sink"]
Process = Literal["benefits", "handover", "sink"]
HOLDING: tuple[Process, ...] = ("benefits", "handover", "sink")
"""Processes beside the worker that read the facts of others, and hold what they cannot read."""
Token = Annotated[str, typer.Option(help="bearer token of an operator; without it one of the development issuer is made")]
NAMED_DIFFERENCES = 20
ANSWER_SECONDS = 120.0

quarantine = typer.Typer(help="Records that a view, a service or the sink could not read.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `backbone`, through the entry-point group `backbone.commands`."""
    app.command()(worker)
    app.command()(rebuild)
    app.add_typer(quarantine, name="quarantine")


def worker() -> None:
    """Run the views and their read API until SIGTERM; one worker at a time in this version."""
    logs.start()
    collect_rarely()
    raise typer.Exit(work(Settings.read()))


def rebuild(
    view: Annotated[ViewName, typer.Argument(help="which view")],
    *,
    check: Annotated[bool, typer.Option("--check", help="fold beside the live view and compare; changes nothing")] = False,
    token: Token = "",
) -> None:
    """Fold a view from zero: beside the live one, or, with the worker stopped, in its place at the next start."""
    if check:
        raise typer.Exit(checked(Settings.read(), view, token))
    try:
        asyncio.run(_forgotten(Settings.read(), view))
    except SecondWorker as running:
        sys.exit(f"backbone: {running}")
    typer.echo(f"{view} was emptied; start the worker and it is folded from zero")


async def _forgotten(settings: Settings, view: str) -> None:
    with only_worker_here(settings.data / "views") as name:
        await require_no_other(settings.kafka, name)
        await forget(settings.kafka, settings.data / "views", view_named(view))


def checked(settings: Settings, view: str, token: str = "") -> int:
    """Print a line per partition that differs and a last line; 0 where every row of the view is the same."""
    with _operator(settings, token) as http:
        live = told(_answer(http.get(f"/v1/views/{view}/digest")))
        given_up = asyncio.run(decided(settings.kafka))[view]
        keys, wrong = 0, 0
        for part, mine in zip(live, rebuilt_side_by_side(settings.kafka, view, live, given_up), strict=True):
            keys += len(mine.rows)
            if mine.sha256 != part.sha256 or mine.unplaced:
                wrong += 1
                _tell(http, view, part, mine)
    held = sum(len(part.held) for part in live)
    typer.echo(
        f"{view}: {keys} rows from zero, {sum(p.keys for p in live)} live, {held} held records left out, {wrong} of {PARTITIONS} differ"
    )
    return 1 if wrong else 0


def _tell(http: httpx.Client, view: str, live: Told, mine: Rebuilt) -> None:
    rows: Mapping[str, str] = _answer(http.get(f"/v1/views/{view}/digest/{live.partition}"))["rows"]
    lines = [f"could not place {where}" for where in mine.unplaced] + list(differences(mine.row_digests(), rows))
    for line in lines[:NAMED_DIFFERENCES]:
        typer.echo(f"partition {live.partition}: {line}")
    if len(lines) > NAMED_DIFFERENCES or not lines:
        typer.echo(f"partition {live.partition}: {len(lines)} differences in all; the view may have moved on meanwhile")


@quarantine.command("list")
def list_held(token: Token = "") -> None:
    """Print every held record: view, service or sink, key (for the sink its hash), where it lies, reason."""
    settings = Settings.read()
    with _operator(settings, token) as http:
        for held in _answer(http.get("/v1/quarantine")):
            typer.echo(f"{held['view']}  {held['key']}  {held['origin']}  {held['reason']}")
    for process in HOLDING:
        for held in _held_by(settings, token, process):
            typer.echo(f"{process}  {held['key']}  {held['origin']}  {held['reason']}")


def _held_by(settings: Settings, token: str, process: Process) -> Any:  # noqa: ANN401 - JSON of a process
    try:
        with _operator(settings, token, process) as http:
            return _answer(http.get("/v1/quarantine"))
    except httpx.TransportError:
        typer.echo(f"{process} does not answer: what it holds is not shown", err=True)
        return []


@quarantine.command()
def retry(
    holder: Holder,
    key: Annotated[str, typer.Argument(help="client, household or run; for the sink also as it is listed")],
    token: Token = "",
) -> None:
    """Read the held records of a key again, once their cause is mended."""
    _decide("_retry", holder, key, token)


@quarantine.command()
def discard(holder: Holder, key: Annotated[str, typer.Argument(help="client, household or run")], token: Token = "") -> None:
    """Give up what the first held record of a key stands for, and go on with the later ones."""
    _decide("_discard", holder, key, token)


def _decide(verdict: str, holder: Holder, key: str, token: str) -> None:
    process = next((each for each in HOLDING if each == holder), None)
    asked = {"key": key} if process else {"view": holder, "key": key}
    with _operator(Settings.read(), token, process or "views") as http:
        answer = _answer(http.post(f"/v1/quarantine/{verdict}", json=asked))
    typer.echo(f"{holder}  {key}: {answer['held']} records are still held")
    raise typer.Exit(1 if answer["held"] else 0)


def _operator(settings: Settings, token: str, whose: Literal["views"] | Process = "views") -> httpx.Client:
    if not token and settings.oidc_issuer:
        sys.exit("backbone: give --token; the development issuer is not in use where BACKBONE_OIDC_ISSUER is set")
    bearer = token or development_issuer(settings).token("backbone-operator", ["operator"], [], minutes=5)
    return httpx.Client(
        base_url=f"http://{settings.host}:{getattr(settings, f'{whose}_port')}",
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=ANSWER_SECONDS,
        trust_env=False,
    )


def _answer(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON of our own read API
    if response.status_code != httpx.codes.OK:
        sys.exit(f"backbone: {response.request.url.host}:{response.request.url.port} answered {response.status_code}: {response.text}")
    return response.json()
