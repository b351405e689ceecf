"""What implements the ports: PostgreSQL, Redis, and the events' form."""
