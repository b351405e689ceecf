"""The ports' implementations: PostgreSQL holds the read model, Redis carries events and ready answers."""
