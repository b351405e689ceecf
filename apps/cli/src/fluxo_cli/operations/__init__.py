"""What an operator runs against both databases, and the processes that do it."""
