"""The matrix of role x route x municipality, written down from the routes of the real processes; `--check` fails where it differs."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast, get_args

from fastapi import FastAPI
from starlette.routing import BaseRoute

from services.access.caller import Role
from services.access.configured import gate
from services.settings import Settings
from services.web.restoring import STATE, Restoring, keep_out
from services.web.rights import Right, rights
from services.wiring import Service, service
from streams.read_api import read_api
from streams.reader import Reader
from streams.reporting.quarantine import Quarantine, upkeep_api

FILE: Final = Path(__file__).with_name("access-matrix.md")
ROLES: Final = cast("tuple[Role, ...]", get_args(Role))
EXAMPLE_ACCOUNT: Final = "NL91ABNA0417164300"  # pragma: allowlist secret - the example of the IBAN registry
GLASS: Final = ", or glass"
HEAD: Final = """# Who may do what

Read from the routes by `python -m deploy.access_matrix`, which `./deploy/check` compares; `tests/access/test_matrix.py` tries every cell.
Whoever lacks a role, or works for another municipality, gets 403, whether the thing exists or not.

| of which municipality | meaning |
| --- | --- |
| subject | that of the client, household, team, run or claim |
| named | the one that the request names |
| each | each line of a file by itself; a line of another municipality is refused |
| own | any; the answer holds the caller's own alone |
| emergency | any; those who answer for the client are told of it |
| region | all of them |
| none | what is touched is of no municipality |
| ..., or glass | also any other, for the one client to whom a broken glass lets them in and as long as it does |
"""


def matrix() -> str:
    """The whole matrix as Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        told = [_table(name, list(rights(routes))) for name, routes in _routes(Settings(data=Path(folder), debtor_iban=EXAMPLE_ACCOUNT))]
    return "\n".join([HEAD, *told])


def _routes(settings: Settings) -> Iterator[tuple[str, list[BaseRoute]]]:
    """The routes of each process as it is wired, with those that it has after a restore only."""
    for name in get_args(Service):
        process = service(name, settings)
        try:
            yield name, _with_restoring(process.app)
        finally:
            process.close()
    door, _ = gate(settings)
    yield "views", read_api(door, 1, cast("Reader", _Unread()), {}).routes
    yield "sink", upkeep_api(door, 1, cast("Quarantine", None), {}).routes


def _with_restoring(app: FastAPI) -> list[BaseRoute]:
    if all(getattr(route, "path", "") != STATE for route in app.routes):
        keep_out(app, cast("Restoring", None))
    return app.routes


class _Unread:
    """Stands where a reader of views would: nobody asks."""

    views: Mapping[str, object] = {}


def _table(name: str, found: list[Right]) -> str:
    head = f"| {name} | municipality | " + " | ".join(ROLES) + " |\n| --- | --- |" + " :-: |" * len(ROLES)
    rows = [_row(right) for right in sorted(found, key=lambda right: (right.path, right.method))]
    return "\n".join([head, *rows, ""])


def _row(right: Right) -> str:
    cells = " | ".join("yes" if role in right.roles else "-" for role in ROLES)
    scope = f"{right.scope}{GLASS if right.glass else ''}"
    return f"| `{right.method} {right.path}` | {scope} | {cells} |"


def main(arguments: list[str]) -> int:
    """Write the matrix down, or with `--check` compare it; 1 where the routes say otherwise."""
    told = matrix()
    if "--check" not in arguments:
        FILE.write_text(told, encoding="utf-8")
        return 0
    if told == (FILE.read_text(encoding="utf-8") if FILE.exists() else ""):
        return 0
    sys.stderr.write(f"{FILE.name} is not what the routes say: run `python -m deploy.access_matrix` and look at what changed\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
