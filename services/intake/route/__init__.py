"""Standard for most, integral for the few: signals, the rules that weigh them, the flag, and how well it foretold what happened."""
