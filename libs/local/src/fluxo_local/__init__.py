"""The whole system on one machine: embedded servers, topology, supervision. `fluxo up`, tests and benchmarks use it."""
