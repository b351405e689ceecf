"""Events become balances: what the projector does, and the redrive of events that it could not apply."""
