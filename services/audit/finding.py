"""What an audit says of one invariant: whether it holds, how much was looked at, and where the first faults are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson

FAULTS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant of design.md section 7. `detail` is a sentence that names streams, orders or rows, never a person."""

    invariant: str
    holds: bool
    checked: int
    detail: str


class Tally:
    """Counts what was looked at for one invariant, and remembers the first few faults."""

    def __init__(self, invariant: str, about: str) -> None:
        self._invariant, self._about = invariant, about
        self._checked, self._faults = 0, 0
        self._told: list[str] = []

    def looked_at(self, count: int = 1) -> None:
        """So many more were compared."""
        self._checked += count

    def fault(self, sentence: str) -> None:
        """Something that does not hold; the same sentence counts once."""
        if sentence in self._told:
            return
        self._faults += 1
        if len(self._told) < FAULTS_TOLD:
            self._told.append(sentence)

    def require(self, right: object, sentence: str) -> None:
        """A fault, unless `right` is true."""
        if not right:
            self.fault(sentence)

    @property
    def faults(self) -> int:
        """How many were found until now."""
        return self._faults

    def finding(self, remark: str = "") -> Finding:
        """The verdict; `remark` is added where it holds."""
        if self._faults == 0:
            return Finding(self._invariant, holds=True, checked=self._checked, detail=self._about + remark)
        more = self._faults - len(self._told)
        rest = f"; and {more:,} more" if more else ""
        return Finding(self._invariant, holds=False, checked=self._checked, detail="; ".join(self._told) + rest)


def render(findings: Sequence[Finding]) -> str:
    """One line per invariant, as people read it."""
    return "\n".join(f"{'holds' if f.holds else 'FAILS'}  {f.invariant:<4}{f.checked:>10,}  {f.detail}" for f in findings)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one audit."""

    findings: Sequence[Finding]

    @property
    def hold(self) -> bool:
        """Whether every invariant holds."""
        return all(finding.holds for finding in self.findings)

    def as_text(self) -> str:
        """One line per invariant."""
        return render(self.findings)

    def as_json(self) -> str:
        """A list of `{invariant, holds, checked, detail}`."""
        return orjson.dumps([asdict(finding) for finding in self.findings], option=orjson.OPT_INDENT_2).decode()
