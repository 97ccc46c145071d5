"""The recovery claims of each client as the log knows them, the oldest first."""

from collections import defaultdict

from services.benefits.monthly.recovery import RECOVERY, STREAMS, Claim
from services.eventlog.log import EventLog


def claims(log: EventLog) -> dict[str, list[Claim]]:
    """Every claim by client, also one of which nothing is open any more: one pass over the streams of claims."""
    by_client: dict[str, list[Claim]] = defaultdict(list)
    for _, facts in log.histories(STREAMS):
        claim = RECOVERY.fold(facts)
        if isinstance(claim, Claim):
            by_client[claim.opened.client].append(claim)
    for each in by_client.values():
        each.sort(key=lambda claim: (claim.opened.opened_on, claim.opened.claim_ref))
    return by_client
