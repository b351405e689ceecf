"""Prometheus metrics of this process, and what each means."""
