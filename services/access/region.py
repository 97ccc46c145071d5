"""The municipalities that the region works for; a token that names another one is not of this house."""

from typing import Final

REGION: Final = frozenset({"GM0361", "GM0373", "GM0383", "GM1980", "GM0399", "GM0450"})
"""Alkmaar, Bergen (NH), Castricum, Dijk en Waard, Heiloo, Uitgeest: CBS codes of the six (design.md 1)."""
