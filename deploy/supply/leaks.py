"""No key, token or password lies in the checkout; a line that only looks like one says so, and why."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

HASHES_BY_NATURE: Final = ("deploy/locks/", "deploy/broker/jars.lock", "tests/contracts/golden/")
LIST_SECONDS: Final = 60
DETECTORS: Final = (
    {"name": "PrivateKeyDetector"},
    {"name": "JwtTokenDetector"},
    {"name": "KeywordDetector"},
    {"name": "BasicAuthDetector"},
    {"name": "HexHighEntropyString", "limit": 3.0},
    {"name": "Base64HighEntropyString", "limit": 4.5},
    {"name": "GitHubTokenDetector"},
    {"name": "GitLabTokenDetector"},
    {"name": "PypiTokenDetector"},
    {"name": "NpmDetector"},
    {"name": "AWSKeyDetector"},
    {"name": "AzureStorageKeyDetector"},
)
"""Keys, tokens and passwords of any kind, and those of places where a project like this lives; each costs time on every line."""


def faults(root: Path) -> Iterator[str]:
    """What looks like a secret in the files that git has or would take, by place and kind, never by value.

    A line with `pragma: allowlist secret` is one that somebody looked at. The value itself is not repeated: this text ends up in logs.
    """
    with transient_settings({"plugins_used": list(DETECTORS)}):
        for name in _files(root):
            if not name.startswith(HASHES_BY_NATURE):
                for kind, line in sorted({(found.type, found.line_number) for found in scan_file(str(root / name))}):
                    yield f"{name}, line {line}: {kind}; take it out, and out of use if it was ever committed"


def _files(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is asked for in README
        cwd=root,
        capture_output=True,
        check=True,
        timeout=LIST_SECONDS,
    )
    return sorted({name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file()})
