"""The command `backbone`: starts processes and answers operators' questions; everything it does stands elsewhere."""

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer
from pydantic import ValidationError

from services import logs, processes, wiring
from services.settings import Settings
from services.supervise import PartFailed, PortTaken, Supervisor

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

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
    raise typer.Exit(wiring.service(service, settings()).run())


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
    findings = wiring.audit(settings(), planted)
    typer.echo(findings.as_json() if as_json else findings.as_text())
    raise typer.Exit(0 if findings.hold else 1)


@app.command()
def events(stream: Annotated[str, typer.Argument(help="such as benefits/run/run-0123456789abcdef")]) -> None:
    """Print the facts of a stream, one JSON line each."""
    for record in wiring.facts(settings(), stream):
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
    typer.echo(wiring.token(settings(), actor, role, municipality, minutes))


@app.command()
def republish(stream: Annotated[str, typer.Argument(help="stream whose facts Kafka must get again")]) -> None:
    """Send the facts of a stream to Kafka again; consumers skip what they have."""
    typer.echo(f"{wiring.republish(settings(), stream)} facts of {stream} sent again")


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
    except (PortTaken, PartFailed, wiring.NotHere) as wrong:
        sys.exit(f"backbone: {wrong}")


if __name__ == "__main__":
    main()
