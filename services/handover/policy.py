"""Who takes a client: chosen from the team directory, the same for the same client, and evenly over many."""

from collections.abc import Collection
from hashlib import sha256


def chosen_for(client: str, candidates: Collection[str]) -> str:
    """One of the candidates by rendezvous hashing, so that a joiner or leaver changes nothing for the clients of others."""
    return max(candidates, key=lambda candidate: sha256(f"{client}|{candidate}".encode()).digest())
