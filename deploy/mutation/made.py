"""The mutants of one module, as mutmut makes them: all in one text, each a function beside the one that it was made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path
from typing import Final

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents

_CAST: Final = re.compile(r'\bcast\((?:None|"[^"]*"), ')


@dataclass(frozen=True, slots=True)
class Made:
    """A module with its mutants; `names` are those that a mutant goes by while it is tried."""

    module: str
    file: MutatedFile

    @property
    def dotted(self) -> str:
        """The module as it is imported."""
        return self.module.removesuffix(".py").replace("/", ".")

    @property
    def names(self) -> Sequence[str]:
        """Every mutant that says something else to more than mypy."""
        return [name for own in self.file.mutant_names if not self._is_about_types(name := f"{self.dotted}.{own}")]

    def _is_about_types(self, name: str) -> bool:
        """Whether only the type differs that a `cast` names, which does nothing while the program runs."""
        own = name.rpartition(".")[2]
        before, after = (self._lines(each) for each in (f"{own.rpartition('__mutmut_')[0]}__mutmut_orig", own))
        return [_CAST.sub("cast(", line) for line in before] == [_CAST.sub("cast(", line) for line in after]

    def said(self, name: str) -> str:
        """A mutant in one line that stays the same while other code changes: file, function, what was and what came in its place."""
        own = name.rpartition(".")[2]
        function = own.rpartition("__mutmut_")[0]
        changes = list(ndiff(self._lines(f"{function}__mutmut_orig"), self._lines(own)))
        was, became = (" / ".join(line[2:].strip() for line in changes if line.startswith(sign)) for sign in "-+")
        return f"{self.module} {'.'.join(function.split('ǁ')[1:]) or function[2:]}: {was} => {became or 'nothing'}"

    def _lines(self, name: str) -> list[str]:
        """The lines of one function, without the line that has its name."""
        span = self.file.line_span_by_function_name[name]
        return [line for line in self.file.code.splitlines()[span.start - 1 : span.end] if f"def {name}(" not in line]


def made(module: str) -> Made:
    """Puts the mutants of a module in its place; without one chosen, it does what it did."""
    place = Path(module)
    file = mutate_file_contents(module, place.read_text(encoding="utf-8"))
    place.write_text(file.code, encoding="utf-8")
    return Made(module, file)


def reached_by(name: str) -> str:
    """The function that a mutant was made of, as mutmut notes down that it was called."""
    return name.rpartition("__mutmut_")[0]
