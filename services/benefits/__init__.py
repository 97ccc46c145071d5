"""Benefits decides what households are owed and sees that the money arrives, once and on time."""
