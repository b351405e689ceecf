"""All balances are made anew from the entries, while everything goes on."""
