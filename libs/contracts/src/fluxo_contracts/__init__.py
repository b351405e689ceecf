"""What the services agree on: event types, envelope, stream names."""
