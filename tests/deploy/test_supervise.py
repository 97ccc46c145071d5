"""Parts of the backbone start together, are watched, and never outlive each other."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from services.child import Child, Part, PartFailed
from services.ports import Port, PortTaken, free_port, require_free
from services.readiness import answers, says
from services.supervise import StopRequested, Supervisor
from services.web.health import health

STAYS = "import time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
CRASHES = "import sys; print('disk is full'); sys.exit(7)"


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    def make(name: str, code: str, **rest: object) -> Part:
        log = tmp_path / f"{name}.log"
        ready = rest.pop("ready", lambda: log.exists() and "up" in log.read_text(encoding="utf-8"))
        return Part(name, (sys.executable, "-c", code), {}, log, ready, **rest)  # type: ignore[arg-type]  # chosen per test

    return make


def supervise(*parts: Part, then: Callable[[Supervisor], object] = lambda _up: None) -> None:
    with Supervisor() as up:
        for each in parts:
            up.start(each)
        then(up)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds: Callable[[], bool], limit_s: float = 10) -> None:
    limit = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < limit, "did not happen in time"
        time.sleep(0.02)


def test_parts_stop_in_reverse_order(part: Callable[..., Part]) -> None:
    said: list[str] = []
    with Supervisor(report=said.append) as up:
        up.start(part("kafka", STAYS))
        up.start(part("intake", STAYS), part("benefits", STAYS))
    assert said[3:] == ["stopping benefits", "stopping intake", "stopping kafka"]


def test_a_part_that_was_stopped_is_not_missed_and_may_start_again(part: Callable[..., Part]) -> None:
    said: list[str] = []
    with Supervisor(report=said.append) as up:
        up.start(part("kafka", STAYS), part("intake", STAYS))
        before = up.pids["intake"]
        up.stop("intake")
        up.check()
        up.start(part("intake", STAYS))
        assert up.pids["intake"] != before
    assert said[2:] == ["stopping intake", "starting intake", "stopping intake", "stopping kafka"]


def test_nothing_starts_when_a_port_is_taken(part: Callable[..., Part]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as third:
        port, next_port = other.getsockname()[1], third.getsockname()[1]
        needed = [Port(port, "BACKBONE_INTAKE_PORT"), Port(free_port(), "BACKBONE_KAFKA"), Port(next_port, "BACKBONE_VIEWS_PORT")]
        with pytest.raises(PortTaken) as refusal, Supervisor(needed) as up:
            up.start(part("intake", STAYS))
    assert str(refusal.value).splitlines() == [
        f"port {port} (BACKBONE_INTAKE_PORT) is taken; stop what listens there or set BACKBONE_INTAKE_PORT",
        f"port {next_port} (BACKBONE_VIEWS_PORT) is taken; stop what listens there or set BACKBONE_VIEWS_PORT",
    ]


def test_a_port_left_in_time_wait_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _address = server.accept()
        accepted.close()
        client.close()
    require_free([Port(port, "BACKBONE_INTAKE_PORT")])


def test_a_crash_while_starting_stops_the_rest_and_names_the_part(part: Callable[..., Part]) -> None:
    kafka = part("kafka", f"import os; print(os.getpid(), flush=True); {STAYS}")
    with pytest.raises(PartFailed) as failure:
        supervise(kafka, part("intake", CRASHES))
    assert "intake ended by itself with exit code 7" in str(failure.value)
    assert str(failure.value).endswith("disk is full")
    assert not alive(int(kafka.log.read_text(encoding="utf-8").split()[0]))


def test_a_part_that_ends_while_watched_is_reported_even_with_exit_code_0(part: Callable[..., Part]) -> None:
    ending = part("intake", "import time; print('up', flush=True); time.sleep(0.3)")
    with pytest.raises(PartFailed, match="intake ended by itself with exit code 0"):
        supervise(part("kafka", STAYS), ending, then=Supervisor.watch)


def test_a_part_killed_from_outside_is_reported_with_the_signal(part: Callable[..., Part]) -> None:
    killed = part("intake", "import os, time; print('up', flush=True); time.sleep(0.3); os.kill(os.getpid(), 9)")
    with pytest.raises(PartFailed, match="ended by itself with signal SIGKILL"):
        supervise(killed, then=Supervisor.watch)


def test_work_that_fails_because_a_part_crashed_reports_the_crash(part: Callable[..., Part]) -> None:
    def work(up: Supervisor) -> None:
        wait_until(lambda: not alive(up.pids["intake"]))
        raise ConnectionError("intake does not answer")

    ending = part("intake", "import time; print('up', flush=True); time.sleep(0.2); raise SystemExit('no space left')")
    with pytest.raises(PartFailed, match="no space left") as failure:
        supervise(ending, then=work)
    assert isinstance(failure.value.__cause__, ConnectionError)


def test_a_part_that_never_becomes_ready_is_given_up(part: Callable[..., Part]) -> None:
    with pytest.raises(PartFailed, match=r"intake was not ready within 0.3 s(.|\n)*"):
        supervise(part("intake", STAYS, ready=lambda: False, ready_limit_s=0.3))


def test_a_part_that_is_being_restored_keeps_nobody_waiting_and_is_told_of_when_it_is_ready(part: Callable[..., Part]) -> None:
    said: list[str] = []

    def ready() -> bool:
        return any("the others run" in line for line in said)

    with Supervisor(report=said.append) as up:
        up.start(part("benefits", STAYS, ready=ready, restoring=lambda: "7 facts so far", ready_limit_s=0.0), part("sink", STAYS))
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        up.watch()

    assert said[2] == "benefits is being restored and goes on with that; the others run: 7 facts so far"
    assert said[3] == "benefits is restored and ready"


def test_a_service_out_of_a_backup_says_so_at_its_readiness() -> None:
    app, port = FastAPI(), free_port()
    says_so = says(f"http://127.0.0.1:{port}/readyz", "restoration")
    health(app, "benefits", {"relay": lambda: "waits", "restoration": lambda: "reading back: 7 facts so far; patience"})
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        assert says_so() == "reading back: 7 facts so far; patience"
    finally:
        server.should_exit = True
        thread.join(10)
    assert says_so() == ""


def test_only_what_this_start_wrote_is_shown(part: Callable[..., Part]) -> None:
    crashing = part("intake", CRASHES)
    crashing.log.write_text("yesterday's trouble\n", encoding="utf-8")
    with pytest.raises(PartFailed) as failure:
        supervise(crashing)
    assert "yesterday" not in str(failure.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_the_watch_and_every_part(part: Callable[..., Part], number: signal.Signals) -> None:
    with Supervisor() as up:
        up.start(part("intake", STAYS))
        pid = up.pids["intake"]
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
        up.watch()
    assert not alive(pid)


def test_a_stop_signal_during_other_work_ends_it_too(part: Callable[..., Part]) -> None:
    pids: list[int] = []

    def work(up: Supervisor) -> None:
        pids.append(up.pids["intake"])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    with pytest.raises(StopRequested) as stop:
        supervise(part("intake", STAYS), then=work)
    assert (stop.value.code, alive(pids[0])) == (143, False)


def test_a_part_deaf_to_sigterm_is_killed_after_the_limit(part: Callable[..., Part]) -> None:
    child = Child(part("intake", DEAF))
    child.wait_ready()
    began = time.monotonic()
    assert child.stop(limit_s=0.3) == -signal.SIGKILL
    assert 0.3 <= time.monotonic() - began < 5


def test_a_second_stop_signal_does_not_wait_for_a_deaf_part(part: Callable[..., Part]) -> None:
    began = time.monotonic()
    with Supervisor() as up:
        up.start(part("intake", DEAF))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGTERM)).start()
        up.watch()
    assert time.monotonic() - began < 10


def test_what_a_part_started_itself_is_stopped_with_it(part: Callable[..., Part], tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    code = f"""
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", {DEAF!r}])
open({str(note)!r}, "w").write(str(grandchild.pid))
time.sleep(60)
"""
    child = Child(part("intake", code, ready=lambda: note.exists() and bool(note.read_text(encoding="utf-8"))))
    child.wait_ready()
    child.stop(limit_s=5)
    wait_until(lambda: not alive(int(note.read_text(encoding="utf-8"))))


def test_no_part_outlives_a_supervisor_killed_with_sigkill(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from services.child import Part
from services.supervise import Supervisor
log = Path({str(tmp_path / "intake.log")!r})
with Supervisor() as up:
    up.start(Part("intake", (sys.executable, "-c", {DEAF!r}), {{}}, log, lambda: "up" in log.read_text()))
    print(up.pids["intake"], flush=True)
    up.watch()
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root) as supervisor:
        assert supervisor.stdout
        pid = int(supervisor.stdout.readline())
        supervisor.kill()
    wait_until(lambda: not alive(pid))


def test_a_part_is_not_started_from_a_thread_that_would_end_before_it(part: Callable[..., Part]) -> None:
    refused: list[RuntimeError] = []

    def start() -> None:
        try:
            Child(part("intake", STAYS))
        except RuntimeError as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(10)
    assert "main thread" in str(refused[0])


def test_readiness_by_http_is_status_200_and_nothing_else(part: Callable[..., Part], tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "readyz").write_text("ok", encoding="utf-8")
    serve = f"""
import http.server, os
os.chdir({str(tmp_path)!r})
http.server.test(http.server.SimpleHTTPRequestHandler, port={port}, bind="127.0.0.1")
"""
    assert not answers(f"http://127.0.0.1:{port}/readyz")()
    with Supervisor() as up:
        up.start(part("intake", serve, ready=answers(f"http://127.0.0.1:{port}/readyz")))
        assert not answers(f"http://127.0.0.1:{port}/missing")()


def test_the_signal_handlers_of_the_caller_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Supervisor():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_supervisor_under_nohup_stays_up_when_the_terminal_closes(part: Callable[..., Part]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        supervise(part("intake", STAYS), then=lambda _up: os.kill(os.getpid(), signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)
