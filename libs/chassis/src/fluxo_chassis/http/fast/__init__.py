"""Ways past the framework: direct routes for every request to a service's API, a fast path for ready answers."""
