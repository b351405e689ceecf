"""Sends requests at a given pace and measures the answers: for `fluxo bench`, and for the project's own benchmarks."""
