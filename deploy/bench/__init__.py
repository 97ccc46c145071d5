"""How fast and how large the backbone is, measured beside its peers in one run."""
