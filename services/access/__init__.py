"""Who may do what: tokens, roles, the municipalities a caller works for, and the record of who read whom."""
