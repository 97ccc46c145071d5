"""`./deploy/simulate N [--seed S]`: N histories from seed S on, how many a second, what struck, and the seed of the one that fails."""

import logging
import sys
import time
from typing import Annotated

import typer
from rich.progress import track

from deploy.simulation.history import history, many
from deploy.simulation.told import Told, report


def simulate(
    histories: Annotated[int, typer.Argument(min=1, help="How many histories.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first; each next one has the next seed.")] = 0,
) -> None:
    """Simulates histories; exit 1 at the first that breaks an invariant, with the command that repeats it."""
    logging.disable(logging.CRITICAL)
    started = time.process_time()
    with many():
        told = [_lived(seed + number) for number in track(range(histories), "histories", disable=not sys.stderr.isatty())]
    print(report(told, time.process_time() - started))
    if len(told) == 1:
        print(f"digest {told[0].digest:08x}: the same for the same seed")


def _lived(seed: int) -> Told:
    try:
        return history(seed)
    except Exception as wrong:  # noqa: BLE001 - whatever a history ends in is what was looked for
        print(f"seed {seed} fails: {type(wrong).__name__}: {wrong}")
        print(f"repeat it: ./deploy/simulate 1 --seed {seed}")
        sys.exit(1)


if __name__ == "__main__":
    typer.run(simulate)
