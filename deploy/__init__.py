"""Everything that sets the backbone up on one machine, starts it and checks it."""
