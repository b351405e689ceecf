"""One supervisor keeps every process of the topology running."""
