"""A glass that is broken in handover opens intake and the contact view over Kafka, closes them again, and holds before `verify`."""

import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.access.caller import Role
from services.access.configured import development_issuer
from services.access.region import REGION
from services.audit.finding import Finding
from services.audit.sources import Sources
from services.audit.verify import verify
from tests.chain import Chain

pytestmark = pytest.mark.timeout(400)
ARRIVE_SECONDS = 30.0
EMERGENCY = {"reason": "danger-to-life", "note": "ligt op straat"}


@dataclass
class Stranger:
    """A caseworker who works for another municipality than the client's."""

    chain: Chain
    client: str
    municipality: str
    role: Role = "caseworker"
    actor: str = "s-stranger"

    def door(self, port: str) -> httpx.Client:
        token = development_issuer(self.chain.settings).token(self.actor, [self.role], [self.municipality])
        url = f"http://127.0.0.1:{getattr(self.chain.settings, port)}"
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)

    def reads(self) -> tuple[int, int]:
        """What the contact view and the needs in intake are answered with."""
        with self.door("views_port") as views, self.door("intake_port") as intake:
            view, needs = views.get(f"/v1/clients/{self.client}"), intake.get(f"/v1/clients/{self.client}/needs")
            return view.status_code, needs.status_code

    def asks(self, path: str, body: dict[str, Any]) -> None:
        with self.door("handover_port") as door:
            answer = door.post(f"/v1/clients/{self.client}/break-glass{path}", json=body, headers={"Idempotency-Key": "glass"})
            assert answer.status_code == 201, answer.text

    def until(self, wanted: tuple[int, int]) -> None:
        limit = time.monotonic() + ARRIVE_SECONDS
        while (found := self.reads()) != wanted:
            assert time.monotonic() < limit, found
            time.sleep(0.2)


@pytest.fixture
def stranger(chain: Chain) -> Stranger:
    url = f"http://127.0.0.1:{chain.settings.clickhouse_port}/"
    query = "SELECT client FROM contact_persons ORDER BY client DESC LIMIT 1 FORMAT TSV"
    client = httpx.get(url, params={"query": query}, trust_env=False, timeout=30).raise_for_status().text.strip()
    # Who moved lives in one municipality, and may still be held in another.
    return next(each for code in sorted(REGION) if (each := Stranger(chain, client, code)).reads() == (403, 403))


def privacy(chain: Chain) -> Finding:
    """What `verify` says of I12."""
    token = development_issuer(chain.settings).token("s-audit", ["auditor", "operator"], sorted(REGION))
    return next(finding for finding in verify(Sources.of(chain.settings, token)) if finding.invariant == "I12")


def test_a_broken_glass_opens_every_reading_until_it_is_withdrawn_and_verify_holds(stranger: Stranger) -> None:
    assert stranger.reads() == (403, 403)

    stranger.asks("", EMERGENCY)
    stranger.until((200, 200))
    stranger.asks("/1/withdrawals", {})
    stranger.until((403, 403))

    finding = privacy(stranger.chain)
    assert finding.holds, finding.detail
