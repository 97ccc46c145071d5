"""The monthly benefit: its norms and amounts, the decisions on it, what is recovered, and each month's entitlements."""
