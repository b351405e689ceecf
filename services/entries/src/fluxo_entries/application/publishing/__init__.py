"""The relay: what was recorded goes to the stream, and nothing is lost on the way."""
