"""`./deploy/mutants [MODULE ...]`: per module how many mutants were made and killed, then each survivor that nobody has explained."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.mutation.library import ROOT, library
from deploy.mutation.tried import LEAST_PERCENT, Explained, Tried, explained

LIST: Final = ROOT / "deploy" / "mutation" / "survivors.txt"
PLACE: Final = ROOT / "mutants"
"""Where mutants live; the checkout itself stays as it is."""

_COPIED: Final = ("services", "tests", "deploy", "streams", "pyproject.toml", "README.md")
_ROW: Final = "{:<48}{:>8}{:>8}{:>10}{:>8}{:>8}"
_Names = Annotated[list[str] | None, typer.Argument(metavar="[MODULE ...]", help="Such as ledger, or its path; all without.")]


def mutate(names: _Names = None) -> None:
    """Tries every mutant of the modules; exit 1 under 90 %, or where a survivor is not explained."""
    modules, known = _asked(names or []), explained(LIST.read_text(encoding="utf-8"))
    _copy()
    print(_ROW.format("module", "mutants", "killed", "survived", "no end", "%"), flush=True)
    found = list(_tried(modules))
    if len(found) > 1:
        _row(f"{len(found)} modules", found)
    _judge(found, known)


def _asked(names: Sequence[str]) -> list[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]["only_mutate"]
    wanted = {Path(name).stem for name in names}
    if unknown := wanted - {Path(module).stem for module in told}:
        sys.exit(f"not among the modules of [tool.mutmut] only_mutate in pyproject.toml: {', '.join(sorted(unknown))}")
    return [module for module in told if not wanted or Path(module).stem in wanted]


def _copy() -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, PLACE / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, PLACE / name)


def _tried(modules: Sequence[str]) -> Iterator[Tried]:
    """Each module as soon as its mutants are tried; ends the command with what pytest said where the tests fail by themselves."""
    argv = [sys.executable, "-m", "deploy.mutation.session", *modules]
    env = {**os.environ, "PYTHONPATH": str(library()), "PYTHONDONTWRITEBYTECODE": "1"}
    said: deque[str] = deque(maxlen=60)
    with subprocess.Popen(argv, cwd=PLACE, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as session:
        for line in session.stdout or ():
            if line.startswith('{"module"'):
                yield _told(Tried(**json.loads(line)))
            else:
                said.append(line)
    if session.returncode:
        sys.exit(f"the mutants could not be tried:\n{''.join(said)}")


def _told(one: Tried) -> Tried:
    _row(one.module, [one])
    return one


def _row(name: str, found: Sequence[Tried]) -> None:
    mutants, lived = sum(one.mutants for one in found), sum(len(one.survivors) for one in found)
    endless = sum(one.ended.get("no end", 0) for one in found)
    percent = 100 * (mutants - lived) / mutants if mutants else 100
    print(_ROW.format(name, mutants, mutants - lived - endless, lived, endless, f"{percent:.1f}"), flush=True)


def _judge(found: Sequence[Tried], known: Explained) -> None:
    low = [f"under {LEAST_PERCENT} %: {one.module}" for one in found if one.percent < LEAST_PERCENT]
    new = [line for one in found for line in known.missing(one.survivors)]
    idle = [f"killed by now, take it off the list: {line}" for one in found for line in known.idle(one.module, one.survivors)]
    lived = sum(len(one.survivors) for one in found)
    print(*low, *new, *idle, f"{lived} survived, {len(new)} of them without a reason in {LIST.relative_to(ROOT)}", sep="\n")
    sys.exit(1 if low or new else 0)


if __name__ == "__main__":
    typer.run(mutate)
