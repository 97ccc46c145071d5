"""What an outsider may send: good documents bent in every way that hurts a parser, and what reading them may cost."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

SPITEFUL = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",  # half a surrogate pair in UTF-8
    b"\\ud800",
    b"\xc0\xaf",
    b"9" * 40,
    b"-1",
    b"1e308",
    b"NaN",
    b"Infinity",
    b"null",
    b'"',
    b"[" * 200,
    b'{"a":' * 200,
    b"&#0;",
    b"&x;",
    b"<!--",
    b"]]>",
    b"<?xml version='1.0' encoding='UTF-16'?>",
    b"\r\n\n",
    "٣".encode(),
    b"2024-02-30",
    b"0000-00-00T00:00:00+99:99",
)

PLACES = st.integers(0, 1 << 20)
PIECES = st.one_of(st.sampled_from(SPITEFUL), st.binary(max_size=12))


@st.composite
def bent(draw: st.DrawFn, good: bytes) -> bytes:
    """The document after one to four accidents."""
    body = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(PLACES) % (len(body) + 1)
        end = start + draw(st.integers(0, 60))
        body = _accident(draw, body[:start], body[start:end], body[end:])
    return body


def _accident(draw: st.DrawFn, head: bytes, piece: bytes, tail: bytes) -> bytes:
    match draw(st.sampled_from(["bit", "lost", "doubled", "moved", "spite", "cut"])):
        case "bit":
            return head + bytes(byte ^ (1 << draw(st.integers(0, 7))) for byte in piece[:1]) + piece[1:] + tail
        case "lost":
            return head + tail
        case "doubled":
            return head + piece + piece + tail
        case "moved":
            return head + tail + piece
        case "spite":
            return head + draw(PIECES) + tail
        case _:
            return head


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that Python held at one moment of the work, beside what it held before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def resident_growth_bytes(work: Callable[[], object]) -> int:
    """By how much the whole process grew at the most, with the memory of libraries that are not written in Python."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak, proc(5)
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
