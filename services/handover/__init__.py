"""Handover: which team holds a client, and who of it is the contact person."""
