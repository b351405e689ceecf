"""The operator: all that was recorded, to be held against the balances or to build them anew."""
