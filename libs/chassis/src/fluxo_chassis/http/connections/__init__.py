"""How many connections a process holds, how long it waits for what they owe, and how large a head may be."""
