"""Simulated histories: the real code of the house, single-threaded under a seeded scheduler, among faults that each seed draws."""
