"""Asks ClickHouse over its HTTP interface, as any data team does, with queries of its own."""

from collections.abc import Iterator

import httpx

from services.audit.unreachable import Unreachable


class ClickHouse:
    """A ClickHouse at `url` (the gateway or a server). Raises `Unreachable` where it gives no answer."""

    def __init__(self, url: str, database: str, http: httpx.Client) -> None:
        self._url, self._database, self._http = url, database, http

    def rows(self, query: str) -> Iterator[list[str]]:
        """The rows of a query as text, tab separated on the way; `{database}` in it is filled in."""
        text = query.format(database=self._database) + " FORMAT TSV"
        try:
            answer = self._http.post(self._url, content=text.encode())
        except httpx.HTTPError as wrong:
            raise Unreachable(f"ClickHouse at {self._url} does not answer: {type(wrong).__name__}") from wrong
        if not answer.is_success:
            code = answer.headers.get("X-ClickHouse-Exception-Code", "none")
            raise Unreachable(f"ClickHouse refused a question of the audit: HTTP {answer.status_code}, code {code}")
        return (line.split("\t") for line in answer.text.splitlines())
