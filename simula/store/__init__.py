"""Artifacts, rows, ratings and benchmarks: the only place where results are kept."""
