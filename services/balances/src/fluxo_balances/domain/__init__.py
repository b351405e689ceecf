"""What a day's balance is. Standard library only."""
