"""What a person reads and types: sentences, amounts and dates of their language."""
