"""Mutants of money and ledger code: made and tried by mutmut, counted and explained here."""
