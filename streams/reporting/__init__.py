"""Data teams read every fact and its figures in ClickHouse, with the positions that each figure rests on."""
