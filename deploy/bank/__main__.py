"""Bring one payment file, or with `--recall` a recall file, to the bank: `python -m deploy.bank --in FILE --out DIR [--reject ID ...]`."""

import argparse
import sys
from pathlib import Path
from typing import get_args

from deploy.bank.counter import receive
from deploy.bank.order import NotAnOrder
from deploy.bank.resolution import answer_recall
from deploy.bank.status_report import Version


def main() -> int:
    """Deliver the file and say what became of it; 1 when it was refused as a whole, 2 when it could not be read."""
    words = _parser().parse_args()
    try:
        if words.recall:
            print(answer_recall(words.order.read_bytes(), words.out, words.reject, words.pending))
            return 0
        receipt = receive(words.order.read_bytes(), words.out, frozenset(words.reject), words.status)
    except (NotAnOrder, OSError) as fault:
        print(f"the bank cannot read this file: {fault}", file=sys.stderr)
        return 2
    ended = receipt.outcomes
    print(f"{receipt.message_id}: {receipt.status}: {ended.paid} paid, {ended.returned} returned, {ended.rejected} rejected")
    for place in receipt.answers:
        print(place)
    return 1 if receipt.status == "RJCT" else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy.bank", description=__doc__)
    parser.add_argument("--in", dest="order", type=Path, required=True, help="the pain.001.001.09, or the recall file")
    parser.add_argument("--recall", action="store_true", help="the file is a camt.055.001.08")
    parser.add_argument("--pending", nargs="*", default=[], metavar="ID", help="end-to-end ids whose recall is still looked into")
    parser.add_argument("--out", type=Path, required=True, help="folder for the answers and the bank's memory")
    parser.add_argument(
        "--reject", nargs="*", default=[], metavar="ID", help="end-to-end ids to reject with MS03, or whose recall is refused"
    )
    parser.add_argument("--status", choices=get_args(Version), default="pain.002.001.12", help="version; .03 reports rejections only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
