"""The chain over each merchant's entries: sealed beside publishing, read by merchants, verified by the operator."""
