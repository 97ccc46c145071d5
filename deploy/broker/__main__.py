"""`python -m deploy.broker`: fetch the jars, run the node in the foreground, create the topics."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from deploy.broker.jars import JarsRefused, cache_folder, class_path
from deploy.broker.node import DEFAULT_PORT, Broker, BrokerFailed
from deploy.broker.relock import relock
from deploy.broker.topics import TopicsDiffer, ensure_topics
from services.child import PartFailed
from services.ports import PortTaken
from services.supervise import Supervisor

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def jars() -> None:
    """Fetch the locked Kafka jars that are missing and verify all; silent when nothing is missing."""
    with Progress(transient=True) as bars:
        bar = bars.add_task("Kafka jars", visible=False, total=None)
        class_path(cache_folder(), progress=lambda done, total: bars.update(bar, completed=done, total=total, visible=True))


@app.command()
def lock() -> None:
    """Resolve the jars anew and write deploy/broker/jars.lock."""
    typer.echo(f"deploy/broker/jars.lock: {relock()} jars")


@app.command()
def start(
    data: Annotated[Path, typer.Option(help="data folder; Kafka's own lies in its folder kafka")],
    port: Annotated[int, typer.Option(help="port of the listener on 127.0.0.1")] = DEFAULT_PORT,
    controller_port: Annotated[int | None, typer.Option(help="port of the controller; a free one without this")] = None,
) -> None:
    """Run the node with its topics until SIGTERM or Ctrl-C."""
    broker = Broker(data, port, controller_port=controller_port, setting="--port")
    with Supervisor(needed=broker.ports, report=typer.echo) as up:
        up.start(broker.part())
        ensure_topics(broker.bootstrap)
        up.watch(f"up: {broker.bootstrap}")


@app.command()
def topics(bootstrap: Annotated[str, typer.Argument(help="host:port[,host:port] of the cluster")]) -> None:
    """Create the topics that are missing on any cluster and set their keeping rules."""
    ensure_topics(bootstrap)


if __name__ == "__main__":
    try:
        app()
    except (BrokerFailed, JarsRefused, PartFailed, PortTaken, TopicsDiffer) as failure:
        sys.exit(f"deploy.broker: {failure}")
