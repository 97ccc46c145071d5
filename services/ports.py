"""Ports on loopback: which one is free, and a sentence for each that is taken."""

import errno
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LOOPBACK: Final = "127.0.0.1"

_OWN_PORTS: Final = range(20_000, 32_000)
"""Below those that Linux gives to outgoing connections; one of these could take a port between the choice and its use."""

_PORTS_TRIED: Final = 100


class PortTaken(RuntimeError):
    """At least one port that a part needs is in use; the text has a line per port with the setting that moves it."""


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port on loopback and the setting that moves it, such as `BACKBONE_INTAKE_PORT`."""

    number: int
    setting: str


def free_port() -> int:
    """A port on loopback that nothing listens on at this moment, and that the system gives to no outgoing connection.

    Raises `PortTaken` when none is found.
    """
    for _ in range(_PORTS_TRIED):
        number = _OWN_PORTS.start + secrets.randbelow(len(_OWN_PORTS))
        if not _complaint(Port(number, "")):
            return number
    raise PortTaken(f"no port from {_OWN_PORTS.start} to {_OWN_PORTS.stop - 1} is free")


def require_free(ports: Iterable[Port]) -> None:
    """Raise PortTaken when any of the ports cannot be listened on."""
    complaints = [complaint for port in ports if (complaint := _complaint(port))]
    if complaints:
        raise PortTaken("\n".join(complaints))


def _complaint(port: Port) -> str:
    try:
        socket.create_server((LOOPBACK, port.number)).close()
    except OSError as failure:
        if failure.errno == errno.EADDRINUSE:
            return f"port {port.number} ({port.setting}) is taken; stop what listens there or set {port.setting}"
        return f"port {port.number} ({port.setting}) cannot be used: {failure.strerror}; set {port.setting}"
    return ""
