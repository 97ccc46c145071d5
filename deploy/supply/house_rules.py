"""Rules of this house that no linter knows: no personal value in a log line, a metric or an exception, and no wait without a limit."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

ROOMS: Final = ("services", "streams")
PERSONAL: Final = frozenset(
    {
        "account_number",
        "birth_date",
        "bsn",
        "creditor_iban",
        "creditor_name",
        "debtor_iban",
        "holder_name",
        "iban",
        "note",
        "postcode",
        "street",
    }
)
"""Names under which the code holds personal data; references and fingerprints are none."""

LOGGERS: Final = frozenset({"logger", "logging"})
WAITS: Final = frozenset({"acquire", "join", "result", "wait"})
LIMITLESS: Final[dict[tuple[str, str], str]] = {
    ("services/audit/lag.py", "wait"): "the audit's own patience, which ends",
    ("services/audit/verify.py", "wait"): "the same",
    ("services/recovery/restoration.py", "wait"): "until somebody stops the process, which says why it stands still",
    ("services/web/bulk.py", "result"): "of a future that is done",
    ("services/web/commands.py", "result"): "the same",
    ("services/web/spool.py", "wait"): "for the writer, whose own waits have limits",
    ("streams/agents.py", "wait"): "until the process, which has failed, is gone",
    ("streams/lanes.py", "acquire"): "until an earlier portion is folded, or the process fails over it",
    ("streams/keeper.py", "wait"): "within the limit of the request that asks",
    ("streams/reporting/process.py", "wait"): "until somebody stops the process",
    ("streams/worker.py", "wait"): "the same",
}
"""Waits without a limit of their own, by file and method, and what ends them."""

Rule = Callable[[str, ast.Call], str | None]


def faults(root: Path) -> Iterator[str]:
    """What breaks a rule, by file and line."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            name = str(path.relative_to(root))
            yield from in_text(name, path.read_text(encoding="utf-8"))


def in_text(name: str, text: str) -> Iterator[str]:
    """What breaks a rule in the text of one module; `name` is its path in the checkout."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and (personal := _personal(node.exc)):
            yield f"{name}, line {node.lineno}: {personal} in an exception; its text ends up in logs and answers"
        if isinstance(node, ast.Call):
            for rule in RULES:
                if (fault := rule(name, node)) is not None:
                    yield f"{name}, line {node.lineno}: {fault}"


def _logged(_name: str, call: ast.Call) -> str | None:
    said = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id in LOGGERS
    personal = _personal(call) if said else None
    return f"{personal} in a log line; log its reference" if personal else None


def _counted(_name: str, call: ast.Call) -> str | None:
    personal = _personal(call) if isinstance(call.func, ast.Attribute) and call.func.attr == "labels" else None
    return f"{personal} as the label of a metric" if personal else None


def _waited(name: str, call: ast.Call) -> str | None:
    if not isinstance(call.func, ast.Attribute) or call.args or call.keywords:
        return None
    method = call.func.attr
    limitless = method in WAITS and (name, method) not in LIMITLESS
    return f"{method}() waits for ever; give it a limit" if limitless else None


def _personal(call: ast.Call) -> str | None:
    """The name of a personal value among what is given to a call, however deep, but not what only looks at it such as `len`."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return next((name for each in given for name in _names(each) if name in PERSONAL), None)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"bool", "len", "type"}:
        return
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        yield str(node.slice.value)
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


RULES: Final[tuple[Rule, ...]] = (_logged, _counted, _waited)
