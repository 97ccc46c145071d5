"""Personal data and free text: sealed with a key per person, so that destroying the key erases the person."""
