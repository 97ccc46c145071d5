"""`./deploy/mutants [MODULE ...]`: per module how many mutants were made and killed, then each survivor that nobody has explained."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.mutation.library import ROOT, library
from deploy.mutation.tried import LEAST_PERCENT, PLACE, Explained, Tried, explained, tried

LIST: Final = ROOT / "deploy" / "mutation" / "survivors.txt"
READ: Final = ("services", "tests/benefits", "deploy/bank", "pyproject.toml")
"""What the outcome of a mutant depends on."""

_MODULE_SECONDS: Final = 3_600
_ROW: Final = "{:<48}{:>8}{:>8}{:>10}{:>8}{:>8}"
_Names = Annotated[list[str] | None, typer.Argument(metavar="[MODULE ...]", help="Such as ledger; all without.")]


def mutate(names: _Names = None) -> None:
    """Tries every mutant of the modules; exit 1 under 90 %, or where a survivor is not explained."""
    modules, known = _asked(names or []), explained(LIST.read_text(encoding="utf-8"))
    _forget_another_code()
    print(_ROW.format("module", "mutants", "killed", "survived", "no end", "%"), flush=True)
    found = [_told(_try(module)) for module in modules]
    if len(found) > 1:
        _sum(found)
    _judge(found, known)


def _asked(names: Sequence[str]) -> list[Path]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]["only_mutate"]
    modules = [Path(module) for module in told]
    if unknown := set(names) - {module.stem for module in modules}:
        sys.exit(f"no module of [tool.mutmut] only_mutate in pyproject.toml: {', '.join(sorted(unknown))}")
    return [module for module in modules if not names or module.stem in names]


def _forget_another_code() -> None:
    """Which test reaches which function is noted once, for exactly this code and these tests."""
    read = b"\0".join(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() for file in _read())
    digest, noted = hashlib.sha256(read).hexdigest(), PLACE / ".of"
    if not noted.exists() or noted.read_text(encoding="utf-8") != digest:
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir()
        noted.write_text(digest, encoding="utf-8")


def _read() -> Iterator[Path]:
    for place in (ROOT / name for name in READ):
        yield from sorted(file for file in place.rglob("*") if file.suffix in {".py", ".toml"}) if place.is_dir() else [place]


def _try(module: Path) -> Tried:
    names = ".".join(module.with_suffix("").parts) + ".*"
    argv = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", names]
    env = {**os.environ, "PYTHONPATH": str(library())}
    ended = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=_MODULE_SECONDS, check=False)
    if ended.returncode:
        sys.exit(f"mutmut could not try {module}:\n{ended.stdout[-3_000:]}{ended.stderr[-3_000:]}")
    return tried(module)


def _told(one: Tried) -> Tried:
    _row(str(one.module), [one])
    return one


def _sum(found: Sequence[Tried]) -> None:
    _row(f"{len(found)} modules", found)


def _row(name: str, found: Sequence[Tried]) -> None:
    mutants, lived, endless = (
        sum(counts) for counts in zip(*((t.mutants, t.ended["lived"], t.ended["no end"]) for t in found), strict=True)
    )
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
