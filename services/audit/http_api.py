"""Asks the services and the views over HTTP what they answer to people, with a token of an auditor and operator."""

import ssl
from functools import cache
from typing import Any

import httpx

from services.audit.unreachable import Unreachable

ANSWER_SECONDS = 15.0
NOTHING = (httpx.codes.NOT_FOUND, httpx.codes.GONE)
"""Never there, or erased."""


def client() -> httpx.Client:
    """One client for a whole audit: making one costs more than many questions. Proxies of the environment are not asked."""
    return httpx.Client(timeout=ANSWER_SECONDS, trust_env=False, verify=_trust())


PURPOSE = "examine-lawfulness"
"""What the audit reads care and youth data for; without it views leave them out."""


@cache
def _trust() -> ssl.SSLContext:
    """The certificates of this machine, read once."""
    return ssl.create_default_context()


class Api:
    """One service at `url`. Raises `Unreachable` for every answer that is neither there, nor 404, nor 410."""

    def __init__(self, name: str, url: str, token: str, http: httpx.Client) -> None:
        self._name, self._url, self._http = name, url, http
        self._headers = {"Authorization": f"Bearer {token}", "Processing-Purpose": PURPOSE} if token else {}

    def _get(self, path: str) -> httpx.Response:
        try:
            answer = self._http.get(self._url + path, headers=self._headers)
        except httpx.HTTPError as wrong:
            raise Unreachable(f"{self._name} does not answer: {type(wrong).__name__}") from wrong
        if answer.status_code not in (httpx.codes.OK, *NOTHING):
            raise Unreachable(f"{self._name} answers {answer.status_code} to the audit")
        return answer

    def json(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path, None where there is none."""
        answer = self._get(path)
        if answer.status_code in NOTHING:
            return None
        try:
            return answer.json()
        except ValueError as wrong:
            raise Unreachable(f"{self._name} answers the audit without JSON") from wrong

    def gauge(self, name: str) -> float:
        """The sum of a metric without or over its labels; raises `Unreachable` where it is not told."""
        lines = (line for line in self._get("/metrics").text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
        values = [float(line.rpartition(" ")[2]) for line in lines]
        if not values:
            raise Unreachable(f"{self._name} does not tell {name}")
        return sum(values)
