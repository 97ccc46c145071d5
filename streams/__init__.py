"""The views that staff applications read, folded from what the three services tell."""
