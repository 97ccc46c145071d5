"""Over HTTP it is seen whether a process is ready for work, and what one of its checks says where it is not."""

from collections.abc import Callable

import httpx

PROBE_SECONDS = 2.0


def answers(url: str) -> Callable[[], bool]:
    """Readiness by HTTP: true once GET `url` (a part's `/readyz`) gives 200."""

    def ready() -> bool:
        try:
            return httpx.get(url, timeout=PROBE_SECONDS, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    return ready


def says(url: str, check: str) -> Callable[[], str]:
    """What a check that fails says at GET `url` (a part's `/readyz`); an empty text where it does not fail, or nobody answers."""

    def sentence() -> str:
        try:
            told = httpx.get(url, timeout=PROBE_SECONDS, trust_env=False).json()
        except (httpx.TransportError, ValueError):
            return ""
        detail = str(told.get("detail", "")) if isinstance(told, dict) else ""
        return detail.partition(f"{check}: ")[2]

    return sentence
