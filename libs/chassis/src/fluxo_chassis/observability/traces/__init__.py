"""W3C trace context, and what was done for a trace."""
