"""How the outside reaches the use cases: HTTP, the event stream, the command line."""
