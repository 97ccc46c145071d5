"""`python -m deploy.supply locks|bill|secrets|rules|advisories`: says what is wrong, one line each; exit 1 if anything is."""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from deploy.supply import advisories, bill, house_rules, leaks, locks

ROOT = Path(__file__).parents[2]
STEPS: Mapping[str, Callable[[Path], Iterable[str]]] = {
    "locks": locks.faults,
    "bill": bill.faults,
    "secrets": leaks.faults,
    "rules": house_rules.faults,
    "advisories": advisories.faults,
}


def main(words: list[str]) -> int:
    """Exit status of one step."""
    if len(words) != 1 or words[0] not in STEPS:
        print(f"usage: python -m deploy.supply {'|'.join(STEPS)}", file=sys.stderr)
        return 2
    found = list(STEPS[words[0]](ROOT))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
