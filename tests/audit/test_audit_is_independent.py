"""The auditor trusts nobody: of the product it knows the settings and the names of topics, and nothing else."""

import ast
from pathlib import Path

AUDIT = Path(__file__).parents[2] / "services" / "audit"
KNOWN = {"services.settings", "services.contracts.topics"}


def imported(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    froms = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    names = {alias.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import) for alias in node.names}
    return froms | names


def test_the_audit_imports_no_code_of_those_whom_it_audits() -> None:
    used = {name for path in AUDIT.glob("*.py") for name in imported(path) if name.split(".")[0] in ("services", "streams", "deploy")}
    assert {name for name in used if not name.startswith("services.audit")} == KNOWN
