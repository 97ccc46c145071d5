"""The model of what services may answer: once a command was answered, every repeat gets that answer, and nothing else ever comes."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx

AGAIN_SECONDS = 0.15
PATIENCE_SECONDS = 120.0
REPEATED_EVERY = 4
BROKEN = (httpx.codes.SERVICE_UNAVAILABLE,)
UNKNOWN = "unavailable"
BY_CONTENT = "/v1/bank-answers"
"""Known by its content and not by a key: the first answer says accepted, a repeat unchanged."""


@dataclass
class Ledger:
    """What was answered to each command; `recorded`: positions by port of the service; `wrong`: answers that were not allowed."""

    answers: dict[str, str] = field(default_factory=dict)
    recorded: dict[int, set[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    retried: int = 0
    repeated: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, port: int | None, command: str, answer: str, told: dict[str, Any]) -> None:
        """Compare with the first answer, or keep it as that."""
        with self._lock:
            first = self.answers.setdefault(command, answer)
            if first != answer:
                self.wrong.append(f"{command}: first {first[:300]}, then {answer[:300]}")
            if told.get("outcome") == "accepted" and told.get("position"):
                self.recorded.setdefault(port or 0, set()).add(told["position"])

    def not_allowed(self, sentence: str) -> None:
        """Something that no fault excuses."""
        with self._lock:
            self.wrong.append(sentence)


class Persistent(httpx.BaseTransport):
    """Sends a request again until it is answered, under the same key, and repeats some that were; the ledger judges all answers."""

    def __init__(self, ledger: Ledger, timeout_seconds: float = 8.0) -> None:
        self._ledger, self._inner = ledger, httpx.HTTPTransport()
        self._timeout = httpx.Timeout(timeout_seconds).as_dict()
        self._count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The definite answer; raises `httpx.ReadTimeout` after two minutes without one."""
        request.read()
        request.extensions = {**request.extensions, "timeout": self._timeout}
        answer = self._definite(request)
        self._judge(request, answer)
        self._count += 1
        if request.method == "POST" and self._count % REPEATED_EVERY == 0:
            self._ledger.repeated += 1
            self._judge(request, self._definite(request))
        return answer

    def _definite(self, request: httpx.Request) -> httpx.Response:
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit:
            answer = self._once(request)
            if answer is not None:
                return answer
            self._ledger.retried += 1
            time.sleep(AGAIN_SECONDS)
        raise httpx.ReadTimeout(f"{request.method} {request.url.path} was not answered within {PATIENCE_SECONDS:.0f} s", request=request)

    def _once(self, request: httpx.Request) -> httpx.Response | None:
        try:
            raw = self._inner.handle_request(request)
            with closing(raw):
                content = b"".join(raw.iter_raw())
        except httpx.TransportError:
            return None
        answer = httpx.Response(raw.status_code, headers=raw.headers, content=content, request=request)
        if answer.status_code in BROKEN or (_is_bulk(request) and not _whole(request, answer)):
            return None
        return answer

    def _judge(self, request: httpx.Request, answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            self._ledger.not_allowed(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:300]}")
        if request.method != "POST":
            return
        for command, content, told in _told(request, answer):
            self._ledger.answered(request.url.port, command, content, told)

    def close(self) -> None:
        """Give the connections up."""
        self._inner.close()


def _is_bulk(request: httpx.Request) -> bool:
    return request.url.path.endswith("/_bulk")


def _whole(request: httpx.Request, answer: httpx.Response) -> bool:
    """Whether every line was answered definitely; a stream that broke off ends early."""
    if not answer.is_success:
        return True
    told = [json.loads(line) for line in answer.content.splitlines() if line.endswith(b"}")]
    return len(told) == len(request.content.splitlines()) and all(line["outcome"] != UNKNOWN for line in told)


def _told(request: httpx.Request, answer: httpx.Response) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Command, answer as text, and answer as values, of each command of a request."""
    path = request.url.path
    if _is_bulk(request) and answer.is_success:
        for sent, line in zip(request.content.splitlines(), answer.content.splitlines(), strict=True):
            told = json.loads(line)
            named = {name: value for name, value in told.items() if name != "line"}
            yield f"{path} {told['id'] or _digest(sent)}", json.dumps(named, sort_keys=True), told
    elif path == BY_CONTENT:
        yield f"{path} {_digest(request.content)}", str(answer.status_code), {}
    else:
        is_json = "json" in answer.headers.get("content-type", "")
        told = answer.json() if is_json else {}
        # The instance of a problem names one answer, so that operations find it; everything else must be the same.
        named = {name: value for name, value in told.items() if name != "instance"}
        content = json.dumps(named, sort_keys=True) if is_json else _digest(answer.content)
        status = "ok" if answer.is_success else str(answer.status_code)
        yield f"{path} {request.headers.get('idempotency-key', '')}", f"{status} {content}", told


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
