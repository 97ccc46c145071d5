"""One side of a comparison each, as a program of its own; the last line that it prints is its result as JSON."""
