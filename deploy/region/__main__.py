"""`python -m deploy.region` writes a synthetic region and prints what is in it."""

import argparse
import json
import sys
import time
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.region.norms import INCOME_LIMIT_PERCENT, NORM_CENTS_2023_07_01, NormTable
from deploy.region.region import REFERENCE_DATE, generate
from deploy.region.tally import Expected


def main() -> int:
    """Write the region that the arguments ask for; return 0, or 2 for arguments that cannot be."""
    arguments = _arguments()
    started = time.monotonic()
    try:
        region = generate(arguments.households, arguments.seed, arguments.reference_date, arguments.norms, arguments.limit_percent)
    except ValueError as refusal:
        sys.stderr.write(f"region: {refusal}\n")
        return 2
    expected = region.write(arguments.out)
    Console().print(_table(expected), f"{sum(expected['lines'].values()):,} lines in {time.monotonic() - started:.1f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.region", description=__doc__)
    parser.add_argument("--households", type=int, default=15_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reference-date", type=date.fromisoformat, default=REFERENCE_DATE)
    parser.add_argument("--norms", type=_norms, default=NORM_CENTS_2023_07_01, help="JSON file with norms in cents")
    parser.add_argument("--limit-percent", type=int, default=INCOME_LIMIT_PERCENT)
    return parser.parse_args()


def _norms(path: str) -> NormTable:
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    if set(given) != set(NORM_CENTS_2023_07_01):
        raise argparse.ArgumentTypeError(f"{path} must hold exactly {', '.join(NORM_CENTS_2023_07_01)}")
    return {category: int(given[category]) for category in NORM_CENTS_2023_07_01}


def _table(expected: Expected) -> Table:
    table = Table(title=f"Synthetic region: {expected['households']:,} households, {expected['persons']:,} persons")
    table.add_column("municipality")
    for name in ("households", "on benefit", "applications"):
        table.add_column(name, justify="right")
    for count in expected["households_per_municipality"].values():
        figures = (count["households"], count["benefit_households"], count["applications"])
        table.add_row(count["name"], *(f"{figure:,}" for figure in figures))
    return table


if __name__ == "__main__":
    sys.exit(main())
