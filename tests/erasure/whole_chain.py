"""A client is erased on the whole real chain, eleven years later: every byte is looked at before and after, and every figure stays.

`python -m tests.erasure chain [FOLDER]` starts a rehearsal, notes something about a client who was paid, stops, and starts again with
the clock eleven years further.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.broker import Broker
from deploy.rehearsal import chain as rehearsed
from services.access.caller import Role
from services.access.configured import development_issuer
from services.access.region import REGION
from services.contracts.topics import CONTACT_VIEW
from services.settings import Settings
from services.supervise import Supervisor
from tests.chain import ROOT, STOP_SECONDS, Chain, environment

LATER_DAYS = 4_100
NOTE = "Mevrouw Plantenga belt nooit op dinsdag, schuld bij de buren"
ERASE_SECONDS = 240.0
UP_SECONDS = 1_200.0
SERVICES = ("intake", "benefits", "handover")
FIGURES = (
    "SELECT count(), sum(amount_cents) FROM payments",
    "SELECT * FROM run_statement ORDER BY ALL",
    "SELECT * FROM run_payments ORDER BY ALL",
    "SELECT * FROM budgets_per_municipality ORDER BY ALL",
    "SELECT * FROM handovers_per_municipality_month ORDER BY ALL",
    (
        "SELECT count() FROM facts WHERE type NOT LIKE '%erasure%' AND type NOT LIKE '%client-erased%' AND type NOT LIKE '%age-band%'"
        " AND type NOT LIKE '%household-noted%'"
    ),
)
PAID = (
    "SELECT client FROM facts WHERE type LIKE '%payment-paid%' AND client IN (SELECT client FROM facts WHERE type LIKE"
    " '%application-received%') AND client NOT IN (SELECT client FROM facts WHERE type LIKE '%payment-returned%' OR type LIKE"
    " '%baton-offered%') GROUP BY client HAVING count() = 1 ORDER BY client LIMIT 1"
)


@dataclass
class Site:
    """A chain that is up, and what is looked for in its files."""

    settings: Settings
    around: dict[str, str]
    say: Callable[[str], object]
    seconds: dict[str, float] = field(default_factory=dict)

    def http(self, port: str, role: Role) -> httpx.Client:
        token = development_issuer(self.settings).token("s-chain", [role], sorted(REGION))
        url = f"http://127.0.0.1:{getattr(self.settings, f'{port}_port')}"
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)

    def asked(self, query: str) -> str:
        url = f"http://127.0.0.1:{self.settings.clickhouse_port}/"
        answer = httpx.get(url, params={"query": f"{query} FORMAT TSV"}, trust_env=False, timeout=60)
        return answer.raise_for_status().text

    def figures(self) -> list[str]:
        return [self.asked(query) for query in FIGURES]

    def backbone(self, *argv: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "services.cli", *argv]
        ended = subprocess.run(command, env=self.around, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
        text = ended.stdout + ended.stderr
        self.say(f"$ backbone {' '.join(argv)}\n{text.rstrip()}\n-> exit {ended.returncode}")
        return ended.returncode, text


def sealed(data: Path, client: str) -> dict[str, list[bytes]]:
    """Every ciphertext of a client and the key that opens it, per service, as they lie in the databases."""
    found: dict[str, list[bytes]] = {}
    for service in SERVICES:
        log, keys = (sqlite3.connect(f"file:{data / service / name}?mode=ro", uri=True) for name in ("log.sqlite", "keys.sqlite"))
        with closing(log), closing(keys):
            owned = log.execute("SELECT value FROM beside WHERE kind = 'vault-owner' AND key = ?", (client,)).fetchone()
            key_id, *refs = [""] if owned is None else owned[0].decode().split("\n")
            rows = [log.execute("SELECT value FROM beside WHERE kind = 'vault' AND key = ?", (ref,)).fetchone()[0] for ref in refs]
            secrets = [secret for (secret,) in keys.execute("SELECT secret FROM keys WHERE key_id = ?", (key_id,))]
            found[service] = [*(row.split(b"\n", 3)[3] for row in rows), *secrets]
    return found


def places(data: Path, values: Sequence[bytes]) -> list[str]:
    """The files outside the bank folder in which any of these bytes stands."""
    pattern, found = re.compile(b"|".join(map(re.escape, sorted(set(values))))), []
    for path in sorted(data.rglob("*")):
        place = path.relative_to(data)
        if path.is_file() and place.parts[0] != "bank" and path.stat().st_blocks and pattern.search(path.read_bytes()):
            found.append(str(place))
    return found


def planted(outside: Path) -> list[bytes]:
    """Every BSN, name, account number and note of the region, and our own note."""
    (file,) = outside.glob("region/*.planted")
    return [value.encode() for value in (*file.read_text(encoding="utf-8").splitlines(), NOTE) if len(value) > 7]


@contextmanager
def first_life(data: Path, around: dict[str, str], households: int) -> Iterator[Chain]:
    """The rehearsal, from nothing."""
    argv = [sys.executable, "-m", "deploy.rehearsal", "--households", str(households), "--data", str(data)]
    printed = data.with_name("printed")
    with printed.open("wb") as output:
        process = subprocess.Popen(argv, cwd=ROOT, env=around, stdout=output, stderr=subprocess.STDOUT)
    chain = Chain(around, printed, process)
    try:
        _until_up(chain)
        yield chain
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


@contextmanager
def later_life(data: Path, around: dict[str, str], say: Callable[[str], object]) -> Iterator[Site]:
    """The same folder, eleven years later."""
    kept = data / "rehearsal.json"
    offset = json.loads(kept.read_text())["clock_offset_days"] + LATER_DAYS
    kept.write_text(json.dumps({"clock_offset_days": offset}))
    own = {**around, "BACKBONE_DATA": str(data), "BACKBONE_CLOCK_OFFSET_DAYS": str(offset), "BACKBONE_DEBTOR_IBAN": "NL44RABO0123456789"}
    settings = Settings.read(own)
    broker = Broker(data, settings.kafka_port, setting="BACKBONE_KAFKA_PORT")
    with Supervisor(needed=rehearsed.needed(settings), report=lambda _line: None) as up:
        rehearsed.start(up, settings, own, broker)
        yield Site(settings, own, say)


def _until_up(chain: Chain) -> None:
    limit = time.monotonic() + UP_SECONDS
    while "up: Ctrl-C to stop" not in chain.printed:
        assert chain.process.poll() is None, chain.printed
        assert time.monotonic() < limit, chain.printed
        time.sleep(1)


def notes(site: Site, client: str) -> None:
    """Somebody notes what was said."""
    body = {"at": "2024-03-04T08:00:00Z", "channel": "telephone", "direction": "from-client", "subject": "debts", "note": NOTE}
    with site.http("handover", "caseworker") as http:
        answer = http.post(f"/v1/clients/{client}/contacts", json=body, headers={"Idempotency-Key": "plant"})
    assert answer.status_code == 201, answer.text


def before(site: Site, data: Path) -> tuple[str, list[bytes], list[str]]:
    """The client, what is sealed of them, and every figure; nothing of the region lies anywhere in clear."""
    client = site.asked(PAID).strip()
    assert client, "nobody of the region was paid on an application"
    notes(site, client)
    code, text = site.backbone("erase", client)
    assert code == 1, text
    assert "retention-term-runs" in text
    of_client = sealed(data, client)
    assert all(len(found) > 1 for found in of_client.values()), "a value and a key in each service"
    values = [value for each in of_client.values() for value in each]
    site.say(f"in clear, of everybody: {places(data, planted(data.with_name(f'{data.name}-outside')))}")
    site.say(f"sealed, of {client}: {places(data, values)}")
    return client, values, site.figures()


def gone(site: Site, client: str) -> dict[str, Any]:
    """What everybody gets to hear of the client."""
    answers: dict[str, Any] = {}
    for name, (port, role, path) in {
        "contact view": ("views", "caseworker", f"/v1/clients/{client}"),
        "payouts": ("views", "auditor", f"/v1/clients/{client}/payouts"),
        "baton": ("handover", "caseworker", f"/v1/clients/{client}/baton"),
        "contacts": ("handover", "caseworker", f"/v1/clients/{client}/contacts"),
    }.items():
        with site.http(port, role) as http:  # type: ignore[arg-type]  # roles are literals
            answers[name] = http.get(path).status_code
    return answers


def tombstone(site: Site, client: str) -> bool:
    """Whether the last record of the client on the published topic says nothing."""
    from kafka import KafkaConsumer  # noqa: PLC0415 - only here

    consumer = KafkaConsumer(CONTACT_VIEW, bootstrap_servers=site.settings.kafka, auto_offset_reset="earliest", consumer_timeout_ms=4_000)
    last: dict[bytes, bytes | None] = {record.key: record.value for record in consumer}
    consumer.close()
    return client.encode() in last and last[client.encode()] is None


def until_erased(site: Site, client: str) -> None:
    """The clock finds by itself that the terms are over."""
    limit = time.monotonic() + ERASE_SECONDS
    with site.http("intake", "auditor") as http:
        while (state := http.get(f"/v1/clients/{client}/erasure").json()["state"]) != "erased":
            assert time.monotonic() < limit, state
            time.sleep(1)


def after(site: Site, data: Path, client: str, values: list[bytes], figures: list[str]) -> list[str]:
    """What is wrong, eleven years later."""
    until_erased(site, client)
    site.backbone("erase", client)
    answers, left = gone(site, client), places(data, values)
    site.say(f"answers: {answers}; tombstone on {CONTACT_VIEW}: {tombstone(site, client)}; bytes of the client: {left}")
    erased = site.asked("SELECT count() FROM facts WHERE type = 'nl.sociaaldomein.intake.client-erased.v1'").strip()
    code, _verdict = site.backbone("verify")
    checks = [site.backbone("rebuild", view, "--check")[0] for view in ("contact-view", "payout-status")]
    clear = places(data, planted(data.with_name(f"{data.name}-outside")))
    changed = [query for query, one, two in zip(FIGURES, figures, site.figures(), strict=True) if one != two]
    site.say(f"{erased} clients were erased; in clear: {clear}; figures that changed: {changed}")
    wrong = {
        "answers": set(answers.values()) != {410},
        "tombstone": not tombstone(site, client),
        "bytes left": bool(left),
        "in clear": bool(clear),
        "verify": code != 0,
        "rebuild": any(checks),
        "figures": bool(changed),
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]


def run(folder: Path, households: int, say: Callable[[str], object]) -> int:
    """0 where nothing is wrong."""
    data = folder / "data"
    around = environment(data)
    folder.mkdir(parents=True, exist_ok=True)
    with first_life(data, around, households) as chain:
        site = Site(chain.settings, {**around, "BACKBONE_CLOCK_OFFSET_DAYS": _offset(data)}, say)
        client, values, figures = before(site, data)
        site.backbone("export", client, "--out", str(folder / "export"))
    with later_life(data, around, say) as later:
        wrong = after(later, data, client, values, figures)
    say(f"wrong: {wrong or 'nothing'}")
    return 1 if wrong else 0


def _offset(data: Path) -> str:
    return str(json.loads((data / "rehearsal.json").read_text())["clock_offset_days"])


def main(argv: Sequence[str]) -> int:
    """In the folder that is named, or one that goes away."""
    households = int(os.environ.get("HOUSEHOLDS", "60"))
    if argv:
        return run(Path(argv[0]).resolve(), households, lambda line: print(line, flush=True))  # noqa: T201 - speaks to a person
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), households, lambda line: print(line, flush=True))  # noqa: T201 - as above
