"""Entries service: records and reverses entries; owns the outbox and its relay."""
