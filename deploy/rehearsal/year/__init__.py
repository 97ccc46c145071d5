"""A year of months for a synthetic region, with changes, returns and corrections, on the real chain (`./deploy/year`)."""
