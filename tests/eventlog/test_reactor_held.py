import pytest

from services.contracts.codec import headers_of, published
from services.eventlog.memory import MemoryLog
from services.eventlog.reactor import Incoming, Reactor, held
from tests.contracts.examples import EXAMPLES, recorded


@pytest.mark.parametrize("key", [b"p-1", b"", b"a\nb", b"\n", b"\xff\x00"])
def test_a_key_of_any_content_stays_held_over_a_restart(key: bytes) -> None:
    log, record = MemoryLog("handover", published()), recorded(EXAMPLES[0])
    Reactor(log, published(), lambda _: []).batch([Incoming("intake.events", 0, 1, key, [], b"?")])

    Reactor(log, published(), lambda _: []).batch([Incoming("intake.events", 0, 2, key, headers_of(record, "urn:x:intake"), record.data)])

    behind = "not-an-event" if key == b"\xff\x00" else "behind-a-held-record"
    assert [reason for _, reason in held(log)] == ["not-an-event", behind]
