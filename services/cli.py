"""The command `backbone`: starts processes and answers operators' questions; everything it does stands elsewhere."""

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Literal, get_args

import orjson
import typer
from pydantic import ValidationError

from services import asking, client_rights, logs, processes, rekeying, rescue, wiring
from services.child import PartFailed
from services.contracts.erasure import Asked
from services.contracts.restored import Lifting
from services.intake.rekeying import NotRekeyed
from services.ports import PortTaken
from services.recovery.alone import InUse, LogGone
from services.settings import Settings
from services.supervise import Supervisor
from services.watchdog import end_within
from services.web.own_lookups import Ground

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

EXIT_SECONDS = 5.0

Service = Literal["intake", "benefits", "handover"]


def settings() -> Settings:
    """The settings of this process; ends it with every wrong one named."""
    try:
        return Settings.read()
    except ValidationError as wrong:
        lines = [f"BACKBONE_{str(error['loc'][0]).upper()}: {error['msg']}" for error in wrong.errors()]
        sys.exit("backbone: wrong settings\n" + "\n".join(lines))


@app.command()
def serve(service: Annotated[Service, typer.Argument(help="which service")]) -> None:
    """Run one service: its API, relay, reactor and clock."""
    logs.start()
    code = wiring.service(service, settings()).run()
    end_within(EXIT_SECONDS)
    raise typer.Exit(code)


@app.command()
def up() -> None:
    """Run all processes on this machine; Kafka must be there already (BACKBONE_KAFKA)."""
    chosen = settings()
    with Supervisor(needed=processes.ports(chosen).values(), report=typer.echo) as supervisor:
        supervisor.start(*processes.parts(chosen, os.environ))
        supervisor.watch("up: Ctrl-C to stop")


@app.command()
def verify(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="a list of {invariant, holds, checked, detail}")] = False,
    planted: Annotated[Path | None, typer.Option(help="file with values that must be found nowhere, one a line")] = None,
) -> None:
    """Recompute every invariant from logs, Kafka, views, ClickHouse and payment files; exit 1 if one fails."""
    findings = asking.audit(settings(), planted)
    typer.echo(findings.as_json() if as_json else findings.as_text())
    raise typer.Exit(0 if findings.hold else 1)


@app.command()
def events(stream: Annotated[str, typer.Argument(help="such as benefits/run/run-0123456789abcdef")]) -> None:
    """Print the facts of a stream, one JSON line each."""
    for record in asking.facts(settings(), stream):
        line = {"version": record.version, "position": record.position, "type": record.type, "recorded_at": record.recorded_at}
        line |= {"effective_at": record.effective_at, "actor": record.actor, "data": orjson.loads(record.data)}
        typer.echo(orjson.dumps(line))


@app.command()
def token(
    actor: Annotated[str, typer.Argument(help="pseudonymous staff reference, such as s-1")],
    role: Annotated[list[str], typer.Option(help="once per role")],
    municipality: Annotated[list[str], typer.Option(help="CBS code, once per municipality")],
    minutes: Annotated[int, typer.Option(min=1, max=1_440)] = 60,
) -> None:
    """Print a token of the development issuer; refused where BACKBONE_OIDC_ISSUER is set."""
    typer.echo(asking.token(settings(), actor, role, municipality, minutes))


@app.command()
def republish(stream: Annotated[str, typer.Argument(help="stream whose facts Kafka must get again")]) -> None:
    """Send the facts of a stream to Kafka again; consumers skip what they have."""
    typer.echo(f"{asking.republish(settings(), stream)} facts of {stream} sent again")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="folder in which each backup gets a folder of its own; not on the same disk")],
    service: Annotated[Service | None, typer.Option(help="one service; all of them without it")] = None,
) -> None:
    """Copy services while they run: log, keys, secrets, manifests and bank files. Copies older than 30 days are removed."""
    for sentence in rescue.take_backups(settings(), get_args(Service) if service is None else (service,), target):
        typer.echo(sentence)


@app.command()
def restore(
    service: Annotated[Service, typer.Argument(help="which service")],
    backup: Annotated[Path, typer.Argument(help="folder of one backup, as `backbone backup` named it")],
    *,
    set_aside: Annotated[bool, typer.Option("--set-aside", help="keep a log that is still there in a folder beside it")] = False,
) -> None:
    """Put a backup back after a log was lost; the service then reads back from Kafka and keeps commands out until all matches."""
    done = rescue.restore(settings(), service, backup, set_aside=set_aside)
    if done.set_aside:
        typer.echo(f"the old log is kept in {done.set_aside}")
    typer.echo(f"{service} is back as at {done.inventory.taken_at:%Y-%m-%d %H:%M:%S} UTC, position {done.inventory.head}")
    typer.echo(f"next: `backbone serve {service}`, then `backbone restoration {service}` until it says in-use")


@app.command()
def restoration(
    service: Annotated[Service, typer.Argument(help="which service")],
    lift: Annotated[Lifting | None, typer.Option(help="let commands in though not all matches; takes two persons")] = None,
    actor: Annotated[str, typer.Option(help="who asks, for a token of the development issuer")] = "backbone-operator",
) -> None:
    """Print where a restored service stands and what does not match; exit 0 once it is in use."""
    if lift is not None:
        typer.echo(rescue.lift(settings(), service, lift, actor)["next"] or "commands are let in")
    told = rescue.restoration(settings(), service)
    typer.echo(told.get("sentence") or f"{service} is {told['state']}")
    for kind in ("differences", "missing"):
        for sentence in told[kind]:
            typer.echo(f"{kind}: {sentence}")
    raise typer.Exit(0 if told["state"] == "in-use" else 1)


@app.command()
def erase(
    client: Annotated[str, typer.Argument(help="reference of the client, such as p-0123456789abcdef")],
    ground: Annotated[Asked, typer.Option(help="why")] = "client-asked",
    wait: Annotated[float, typer.Option(min=0, help="seconds to wait for every service")] = 60.0,
    actor: Annotated[str, typer.Option(help="who asks, for a token of the development issuer")] = "backbone-operator",
) -> None:
    """Erase a client in every service, or say what keeps the client; exit 0 once nothing personal is left."""
    done = client_rights.erase(client_rights.Operator(settings(), actor, "operator"), client, ground, wait, typer.echo)
    raise typer.Exit(0 if done else 1)


@app.command()
def export(
    client: Annotated[str, typer.Argument(help="reference of the client, such as p-0123456789abcdef")],
    out: Annotated[Path, typer.Option(help="folder for the JSON document and the page; both are readable by you alone")],
    ground: Annotated[Ground, typer.Option(help="why")] = "access-request",
    actor: Annotated[str, typer.Option(help="who asks, for a token of the development issuer")] = "backbone-operator",
) -> None:
    """Gather everything about a client for the client: a JSON document and a page in Dutch, with who looked at it and why."""
    asker = client_rights.Operator(settings(), actor, "manager")
    for path in client_rights.export(asker, client, ground, out, rescue.now()):
        typer.echo(str(path))
    typer.echo("before you hand it over: read the notes for what is of others (AVG art. 15(4))")


@app.command(name="rekey-bsn")
def rekey_bsn() -> None:
    """Replace the secret under which persons are found by citizen service number; intake must be stopped."""
    count = rekeying.rekey_bsn(settings())
    typer.echo(f"{count} persons are found under the new secret; the old one is destroyed")
    typer.echo("next: `backbone backup` at once, as older backups hold the old secret; see deploy/runbooks/change-the-bsn-secret.md")


def main() -> None:
    """Run a command; those of the streams come in through the entry-point group `backbone.commands`.

    Only what was asked for is loaded: a service has no use for Faust or ClickHouse in its memory.
    """
    asked = set(sys.argv[1:2])
    entries = entry_points(group="backbone.commands")
    chosen = [entry for entry in entries if entry.name in asked or not asked or "--help" in asked]
    for register in {entry.value: entry for entry in chosen}.values():
        register.load()(app)
    try:
        app()
    except (
        PortTaken,
        PartFailed,
        asking.NotHere,
        wiring.WrongSetting,
        client_rights.NotDone,
        NotRekeyed,
        rescue.Failed,
        InUse,
        LogGone,
    ) as wrong:
        sys.exit(f"backbone: {wrong}")
    except OSError as wrong:
        if wrong.filename is None or not Path(os.fsdecode(wrong.filename)).is_relative_to(settings().data):
            raise
        sys.exit(f"backbone: {wrong.strerror}: {wrong.filename}: let BACKBONE_DATA name a folder that this process may use")


if __name__ == "__main__":
    main()
