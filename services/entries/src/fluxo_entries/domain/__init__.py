"""What an entry is and what may be done with it. Standard library only."""
