"""A rehearsal: a synthetic region goes through an energy allowance run, from intake to bank statement, on the real chain."""
