import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st

from services.web.lines import LINE_BYTES, LineReader, NumberedLine
from services.web.spool import PIECE_BYTES, Spool


def read(*pieces: bytes) -> list[NumberedLine]:
    reader = LineReader()
    return [line for piece in pieces for line in reader.feed(piece)] + reader.end()


def test_lines_are_numbered_from_one() -> None:
    assert read(b"a\nb\n") == [(1, b"a"), (2, b"b")]


def test_empty_lines_count_and_are_left_out() -> None:
    assert read(b"\n \na\r\n\n\nb") == [(3, b"a\r"), (6, b"b")]


def test_a_byte_order_mark_is_no_content() -> None:
    assert read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb") == [(1, b"a"), (2, b"\xef\xbb\xbfb")]


def test_nothing_is_no_line() -> None:
    assert read() == read(b"") == read(b"", b"") == []


def test_a_line_that_is_too_long_is_dropped_and_the_rest_goes_on() -> None:
    long = b"x" * 1_000
    pieces = [b"a\n", *[long] * 70, b"tail\n", b"b"]
    assert read(*pieces) == [(1, b"a"), (2, None), (3, b"b")]
    assert read(b"x" * (LINE_BYTES + 1)) == [(1, None)]
    assert read(b"x" * LINE_BYTES) == [(1, b"x" * LINE_BYTES)]


@given(st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line)), st.integers())
def test_how_the_network_cuts_makes_no_difference(lines: list[bytes], seed: int) -> None:
    text, chance = b"\n".join(lines), random.Random(seed)
    cuts = sorted(chance.randrange(len(text) + 1) for _ in range(5))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(*pieces) == read(text)


def test_a_reader_holds_no_more_than_a_line() -> None:
    reader = LineReader()
    for _ in range(1_000):
        reader.feed(b"x" * 10_000)
    assert len(reader._rest) <= LINE_BYTES


def test_a_spool_gives_what_it_got() -> None:
    async def go() -> bytes:
        spool = Spool()

        async def write() -> None:
            for number in range(50):
                spool.add(str(number).encode() * 10_000)
                await asyncio.sleep(0)
            spool.end()

        async def slow_read() -> bytes:
            text = b""
            async for piece in spool.pieces():
                assert len(piece) <= PIECE_BYTES
                text += piece
                await asyncio.sleep(0.001)
            return text

        text, _ = await asyncio.gather(slow_read(), write())
        spool.close()
        return text

    assert asyncio.run(asyncio.wait_for(go(), 10)) == b"".join(str(n).encode() * 10_000 for n in range(50))


def test_an_empty_spool_ends() -> None:
    async def go() -> list[bytes]:
        spool = Spool()
        spool.end()
        pieces = [piece async for piece in spool.pieces()]
        spool.close()
        return pieces

    assert asyncio.run(go()) == []
