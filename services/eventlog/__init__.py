"""The record: each service's own log of facts, and the one way in and out of it."""
