"""Draw the rows that people must judge: some of every municipality and decision, the same ones whoever draws them again."""

from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from heapq import nsmallest

from services.benefits.manifest import AgainLine, EntitledLine, GrantedLine, Line, RefusedLine
from services.contracts.run_control import SampleRow


def draw(lines: Iterable[Line], manifest_hash: str, rows_per_stratum: int) -> tuple[SampleRow, ...]:
    """At most `rows_per_stratum` rows per municipality and decision, by a hash that nobody can steer.

    A row is drawn by SHA-256 of the hash of all lines and its own right: whoever changes one line to keep a row out of the
    sample draws another sample.
    """
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in lines:
        for right_ref in _first_right(line):
            strata[line.municipality, line.standing].append(right_ref)

    def lot(right_ref: str) -> bytes:
        return sha256(f"{manifest_hash}|{right_ref}".encode()).digest()

    return tuple(
        SampleRow(right_ref=right_ref, municipality=municipality, standing=standing)
        for (municipality, standing), rights in sorted(strata.items())
        for right_ref in nsmallest(rows_per_stratum, rights, key=lot)
    )


def _first_right(line: Line) -> tuple[str, ...]:
    """The right by which a line is judged: its own, or the first of a client's rights in a month."""
    match line:
        case GrantedLine() | RefusedLine() | AgainLine():
            return (line.right_ref,)
        case EntitledLine():
            return tuple(right.right_ref for right in line.rights[:1])
        case _:
            return ()
