"""`python -m tests.erasure` erases a client and dies at every point that this passes; `... chain [FOLDER]` goes through the whole chain."""

import sys
import tempfile
from pathlib import Path

from tests.erasure import whole_chain
from tests.erasure.test_erasing_crashes import dies_and_goes_on


def points() -> int:
    """Exit 1 where anything is left."""
    point = 1
    with tempfile.TemporaryDirectory() as folder:
        while dies_and_goes_on(Path(folder) / str(point), point):
            sys.stdout.write(f"point {point}: killed, asked again, nothing left\n")
            point += 1
    sys.stdout.write(f"killed at each of {point - 1} points; no key, no ciphertext, no BSN link left in any file\n")
    return 0 if point > 1 else 1


if __name__ == "__main__":
    sys.exit(whole_chain.main(sys.argv[2:]) if sys.argv[1:2] == ["chain"] else points())
