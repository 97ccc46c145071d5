"""An issuer as a process of its own, that is told by a file how to behave: well, broken, mute, or byte by byte."""

import http.server
import sys
import time
from pathlib import Path

FOLDER = Path(sys.argv[1])
DISCOVERY = "/.well-known/openid-configuration"


class Page(http.server.BaseHTTPRequestHandler):
    """The pages of the issuer, as `behaviour` in its folder says."""

    def do_GET(self) -> None:
        match (FOLDER / "behaviour").read_text():
            case "mute":
                time.sleep(30)
            case "trickling":
                self._trickle()
            case "garbage":
                self._answer(b"\xff\x00<html>")
            case "broken":
                self.send_error(500)
            case "other":
                self._answer(b'{"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"}')
            case _:
                self._answer((FOLDER / ("discovery.json" if self.path == DISCOVERY else "jwks.json")).read_bytes())

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _trickle(self) -> None:
        """A header that takes seconds: each byte comes before anybody who waits for a byte gives up."""
        for _ in range(12):
            self.wfile.write(b"X")
            self.wfile.flush()
            time.sleep(0.2)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Page)
    server.daemon_threads = True
    print("open", flush=True)  # noqa: T201 - the test waits for it
    server.serve_forever()
