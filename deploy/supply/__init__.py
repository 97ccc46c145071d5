"""What this product is made of: which packages and jars, under which licences, with which known faults, and without secrets."""
